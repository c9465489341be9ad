import type { NodeId, Plain } from "@quorate/core";
import type { TlsIdentity } from "../security/tls.ts";

/** Where to listen for other members. */
export type PeerAddress = { readonly host: string; readonly port: number };

/** As pino has it. */
export type PeerLog = {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
};

export type PeerLimits = {
  /** Bytes of one frame. */
  readonly frameMax: number;
  /** Bytes that wait for a peer: what would make it more is dropped. */
  readonly queueMax: number;
  /** Connections from others, those that have not said who they are included. */
  readonly connectionsMax: number;
  /** Questions of one connection that are not answered yet. */
  readonly asksMax: number;
  readonly handshakeMs: number;
  readonly pingMs: number;
  /** A peer that says nothing for so long is taken for gone. */
  readonly silenceMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
};

export const peerLimits: PeerLimits = {
  frameMax: 64 * 1024 * 1024,
  queueMax: 128 * 1024 * 1024,
  connectionsMax: 1_024,
  asksMax: 1_024,
  handshakeMs: 5_000,
  pingMs: 1_000,
  silenceMs: 5_000,
  backoffMinMs: 20,
  backoffMaxMs: 1_000,
};

export type PeersOptions = {
  readonly self: NodeId;
  readonly clusterId: string;
  readonly listen: readonly PeerAddress[];
  /** Null for plain text. */
  readonly tls: TlsIdentity | null;
  /** A message of a member: plain data, and nothing more is known of it. */
  onMessage(from: NodeId, message: Plain): void;
  /** A question of a member, or of one that wants to become one. What is thrown is the answer as well. */
  onAsk(from: NodeId | null, question: Plain): Promise<Plain>;
  onPeerChange(peer: NodeId, isConnected: boolean): void;
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
  /** The time that the latest ping took. */
  readonly rttMs: number | null;
};

export type Peers = {
  /** Where it listens. */
  readonly addresses: readonly PeerAddress[];
  /** From now on there is such a peer, at the first of these addresses that answers: `http://host:port` or `https://...`. */
  setPeer(peer: NodeId, urls: readonly string[]): void;
  removePeer(peer: NodeId): void;
  /** False if it was dropped, because there is no such peer, or no room. A message may be lost later all the same. */
  send(to: NodeId, message: Plain): boolean;
  /** @throws PeerError (by rejection) */
  ask(to: NodeId, question: Plain, timeoutMs: number): Promise<Plain>;
  status(): readonly PeerStatus[];
  close(): Promise<void>;
};

/**
 * Why there is no answer.
 *
 * - unsent: the question has not left
 * - refused: the other side says why it gives no answer
 * - lost: the time is over, or the connection is gone; whether the question was understood, nobody knows
 */
export class PeerError extends Error {
  readonly fault: "unsent" | "refused" | "lost";

  constructor(fault: PeerError["fault"], message: string) {
    super(message);
    this.name = "PeerError";
    this.fault = fault;
  }
}
