import type { NodeId, Plain } from "@quorate/core";
import type { TlsIdentity } from "../security/tls.ts";

/** Where to listen for other members. Port 0 lets the system choose one. */
export type PeerAddress = { readonly host: string; readonly port: number };

/** As pino has it. */
export type PeerLog = {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
};

export type PeerLimits = {
  /** Bytes of one frame, its head included. A message that is longer is not sent, and ends the connection it comes by. */
  readonly frameMax: number;
  /** The same where the other side is no member: it asks small questions. */
  readonly strangerFrameMax: number;
  /** From so many bytes on, a message goes over the second connection to its peer. */
  readonly bulkMin: number;
  /** Bytes that wait for a peer on one connection: what would make it more is dropped. */
  readonly queueMax: number;
  /** The same while the connection is being made. */
  readonly offlineQueueMax: number;
  /** Connections from others. */
  readonly connectionsMax: number;
  /** Those among them of which no member is known to be at the other end. */
  readonly strangersMax: number;
  /** Questions of one connection that are not answered yet. */
  readonly asksMax: number;
  /** From the connection to the end of the handshakes. */
  readonly handshakeMs: number;
  /** How long a connection lasts whose other end is no member. */
  readonly strangerMs: number;
  readonly pingMs: number;
  /** So many pings in a row without a word from the other side, and it is taken for gone. */
  readonly missedPingsMax: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
};

export const peerLimits: PeerLimits = {
  frameMax: 64 * 1024 * 1024,
  strangerFrameMax: 64 * 1024,
  bulkMin: 64 * 1024,
  queueMax: 64 * 1024 * 1024,
  offlineQueueMax: 1024 * 1024,
  connectionsMax: 1_024,
  strangersMax: 64,
  asksMax: 1_024,
  handshakeMs: 5_000,
  strangerMs: 60_000,
  pingMs: 1_000,
  missedPingsMax: 5,
  backoffMinMs: 50,
  backoffMaxMs: 2_000,
};

export type PeersOptions = {
  readonly self: NodeId;
  readonly clusterId: string;
  readonly listen: readonly PeerAddress[];
  /** What is shown to the other side, and whom to trust. Null for plain text, there and where it listens. */
  readonly tls: TlsIdentity | null;
  /** A message of a member: plain data, and nothing more is known of it. */
  onMessage(from: NodeId, message: Plain): void;
  /**
   * A question, with the member that asks it, or null if that is none. What the promise is rejected with reaches the asker
   * as a `PeerError` with the code `refused` and the same message.
   */
  onAsk(from: NodeId | null, question: Plain): Promise<Plain>;
  /** How many entries of the order are applied here, if by those `node` was removed from the cluster; null if it was not. */
  removedBy?(node: NodeId): number | null;
  /**
   * The member `by`, to which this one has connected, says that this one was removed by the first `applied` entries of the
   * order. With TLS its certificate is for the address at which `by` is known; without, whoever listens there can say so.
   */
  onRemoved?(by: NodeId, applied: number): void;
  onPeerChange?(peer: NodeId, isConnected: boolean): void;
  readonly log: PeerLog;
  readonly limits?: Partial<PeerLimits>;
};

export type PeerStatus = {
  readonly peer: NodeId;
  readonly isConnected: boolean;
  readonly queuedBytes: number;
  readonly droppedMessages: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** How long the latest ping took. Null before the first answer. */
  readonly rttMs: number | null;
};

export type Peers = {
  /** Where it listens, with the ports that the system chose. */
  readonly addresses: readonly PeerAddress[];
  /** Adds a peer, or changes its addresses: `http://host:port` or `https://host:port`, tried in turn. */
  setPeer(peer: NodeId, urls: readonly string[]): void;
  removePeer(peer: NodeId): void;
  /**
   * Queues a message, or drops it where there is no such peer or no room. What was queued may be lost all the same, and
   * messages may overtake one another. Never blocks, and never throws for what a peer does. Returns whether it was queued.
   *
   * @throws CodecError if the message is not plain data
   */
  send(to: NodeId, message: Plain): boolean;
  /** @throws PeerError (by rejection), or CodecError if the question is not plain data */
  ask(to: NodeId | { readonly urls: readonly string[] }, question: Plain, timeoutMs: number): Promise<Plain>;
  status(): readonly PeerStatus[];
  /** Connections made from now on use these certificates, which were renewed. It has to have some already. */
  setTls(tls: TlsIdentity): void;
  /** Resolves when all connections are gone and nothing listens any more. */
  close(): Promise<void>;
};

/**
 * Why there is no answer.
 *
 * - unreachable: no connection could be made; the question has not left
 * - noRoom: too much waits for this peer already; the question has not left
 * - tooLarge: the question is longer than a frame may be; it has not left
 * - unknownPeer: no address is known of such a peer
 * - clusterMismatch, wrongMember, notMember, removed, versionMismatch, notAllowed: the other side does not want to speak
 *   with this one, see `RefusalCode`; the question has not left
 * - refused: the other side understood the question, and says why there is no answer
 * - timeout: whether the question arrived, nobody knows
 * - closed: the connection broke; whether the question arrived, nobody knows
 * - stopped: these peers were closed, or the peer was removed
 */
export type PeerErrorCode =
  "unreachable" | "noRoom" | "tooLarge" | "unknownPeer" | "refused" | "timeout" | "closed" | "stopped" | RefusalCode;

/**
 * Why the listening side turns somebody away.
 *
 * - clusterMismatch: the two belong to different clusters
 * - wrongMember: the address belongs to another member than the one that was meant
 * - notMember: the one that connects is not known as a member here
 * - removed: the one that connects is known here to have been removed from the cluster, see `Removal`
 * - versionMismatch: the two don't speak the same version
 * - notAllowed: the certificate has not the name that is allowed here
 */
export type RefusalCode =
  "clusterMismatch" | "wrongMember" | "notMember" | "removed" | "versionMismatch" | "notAllowed";

/**
 * What a member is told that was removed while it was away: of which cluster it is no longer, and how many entries of the
 * order the one has applied who says so.
 */
export type Removal = { readonly clusterId: string; readonly member: NodeId; readonly applied: number };

export class PeerError extends Error {
  readonly code: PeerErrorCode;

  constructor(code: PeerErrorCode, message: string) {
    super(message);
    this.name = "PeerError";
    this.code = code;
  }
}
