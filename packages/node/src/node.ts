/**
 * A node, put together: disk, transport, protocol in its shell, member, client API. The main flow of the package begins
 * here; `server/replication.ts` says how a write and a read go through.
 */

import { randomBytes } from "node:crypto";
import { nodeId } from "@quorate/core";
import type { Signature } from "@quorate/core";
import { openApi } from "./api/index.ts";
import type { Api, ApiMetrics, WatchFigures } from "./api/index.ts";
import type { NodeOptions } from "./config/options.ts";
import { addressOf, withPorts } from "./config/urls.ts";
import { askAt, Complaints, openPeers, peerLimits } from "./peers/index.ts";
import type { PeerAddress, PeerLog, Peers, PeerStatus } from "./peers/index.ts";
import { protocols } from "./protocols/index.ts";
import type { ProtocolSetup, Runnable } from "./protocols/index.ts";
import { watchTls } from "./security/renewal.ts";
import type { Renewal } from "./security/renewal.ts";
import { loadTls } from "./security/tls.ts";
import type { TlsFiles, TlsIdentity } from "./security/tls.ts";
import { endAll, endInTime } from "./ending.ts";
import { BootstrapError, newIdentity } from "./server/bootstrap.ts";
import { IdentityError, readIdentity, writeIdentity } from "./server/identity.ts";
import type { Identity } from "./server/identity.ts";
import { Member } from "./server/member.ts";
import type { MemberEvents } from "./server/member-options.ts";
import { ReplicatedStore } from "./server/replication.ts";
import { monotonicClock } from "./shell/clock.ts";
import { openStorage } from "./storage/index.ts";
import type { Storage } from "./storage/index.ts";
import { openSpans } from "./telemetry/spans.ts";
import type { Spans } from "./telemetry/spans.ts";
import { openTrace } from "./trace/index.ts";
import type { Trace } from "./trace/index.ts";
import { version } from "./version.ts";

/** Who is told what a node does. */
export type Telemetry = { readonly log: PeerLog; readonly member: MemberEvents; readonly api: ApiMetrics };

/** A node that runs. */
export type RunningNode = {
  readonly member: Member;
  readonly peers: () => readonly PeerStatus[];
  readonly watches: () => WatchFigures;
  readonly clientAddresses: readonly PeerAddress[];
  readonly peerAddresses: readonly PeerAddress[];
  /** Resolves, with the reason, when the node can't go on. It has stopped then. */
  readonly failed: Promise<Error>;
  /**
   * Hands leadership over, finishes what is under way, and closes everything. Resolves to `hung` where the disk does not
   * answer: then all but that is closed, and what was acknowledged is on the disk.
   */
  stop(): Promise<NodeEnd>;
  /** Whether the disk does not answer, also while the node stops. */
  isDiskHung(): boolean;
};

type NodeEnd = "stopped" | "hung";

/** How long a member waits for the others when it asks to join them. */
const JOIN_MS = 5_000;
/** Frames hold this much at most, and so do messages of the protocol. */
const COMMANDS_BYTES = peerLimits.frameMax / 2;
const COMMANDS_PER_MESSAGE_MAX = 256;
const PENDING_MAX = 20_000;
/** The snapshot's share of commands that stay in the log, for members that lack a few. */
const KEPT_SHARE = 0.05;
/** How long a node that ends waits for what is on its way to the disk, and from when on the disk is said to hang. */
const LAST_FLUSH_MS = 10_000;
const SLOW_FLUSH_MS = 1_000;
const SNAPSHOT_BYTES = 256 * 1024 * 1024;

/**
 * Starts a node.
 *
 * @throws BootstrapError, IdentityError, StorageError, TlsError or a listener's error (by rejection): nothing runs then
 */
export async function startNode(options: NodeOptions, telemetry: Telemetry): Promise<RunningNode> {
  const protocol = protocols.get(options.protocol);
  if (protocol === undefined) {
    throw new BootstrapError(`There is no protocol ${options.protocol}; there is ${[...protocols.keys()].join(", ")}.`);
  }
  return await protocol((runnable) => start(runnable, options, telemetry));
}

async function start<S extends Signature>(
  runnable: Runnable<S>,
  options: NodeOptions,
  telemetry: Telemetry,
): Promise<RunningNode> {
  const { log } = telemetry;
  const warn = (message: string): void => {
    log.warn({}, message);
  };
  const now = new Date();
  const clientTls = options.clientTls === null ? null : await loadTls(options.clientTls, now, warn);
  const peerTls = options.peerTls === null ? null : await loadTls(options.peerTls, now, warn);
  const known = readIdentity(options.dataDir);
  const identity =
    known ?? (await newIdentity(options, (urls, question) => askAt({ urls, tls: peerTls, log }, question, JOIN_MS)));
  demandProtocol(identity, options);
  const setup = setupOf(options, identity);
  const storage = await openStorage({
    directory: options.dataDir,
    identity: { clusterId: identity.clusterId, memberId: identity.memberId },
    layout: runnable.layout,
    sync: options.sync,
  });
  let trace: Trace<S> | null = null;
  try {
    const durable = await durableOf(runnable, setup, storage, known, options);
    if (known === null) writeIdentity(options.dataDir, identity);
    trace = options.traceFile === null ? null : await traceOf(runnable, setup, options.traceFile, telemetry);
    return await run({
      trace,
      runnable,
      options,
      telemetry,
      setup,
      identity,
      storage,
      durable,
      clientTls,
      peerTls,
      spans: openSpans(),
    });
  } catch (error) {
    await endAll(
      [
        ["closing the storage", () => storage.close()],
        ["closing the trace", async () => await trace?.close()],
      ],
      log,
    );
    throw error;
  }
}

function demandProtocol({ protocol }: Identity, options: NodeOptions): void {
  if (protocol === options.protocol) return;
  throw new IdentityError(`${options.dataDir} was made by --protocol ${protocol}, and not ${options.protocol}.`);
}

function setupOf(options: NodeOptions, identity: Identity): ProtocolSetup {
  const fitting = Math.floor(COMMANDS_BYTES / options.maxRequestBytes);
  return {
    self: nodeId(identity.memberId),
    cluster: identity.clusterId,
    voters: identity.bootstrap.map(nodeId),
    preVote: options.preVote,
    heartbeatMs: options.heartbeatMs,
    electionMs: options.electionMs,
    commandsPerMessageMax: Math.max(1, Math.min(COMMANDS_PER_MESSAGE_MAX, fitting)),
  };
}

/** What the disk holds. A member that has been one before must not begin with nothing: it may have promised something. */
async function durableOf<S extends Signature>(
  runnable: Runnable<S>,
  setup: ProtocolSetup,
  storage: Storage<S["durable"]>,
  known: Identity | null,
  { dataDir }: NodeOptions,
): Promise<S["durable"]> {
  if (storage.durable !== null) return storage.durable;
  if (known !== null) {
    throw new IdentityError(
      `${dataDir} belongs to the member ${known.memberId}, but its database is gone. A member that forgets what it has ` +
        `acknowledged can lose the cluster's data: remove this member, delete the directory, and add it as a new one.`,
    );
  }
  const initial = runnable.protocol.initial(runnable.config(setup));
  await storage.write(initial);
  return initial;
}

/** What the protocol is given and answers is written down, for `check trace`. */
function traceOf<S extends Signature>(
  runnable: Runnable<S>,
  setup: ProtocolSetup,
  file: string,
  { log }: Telemetry,
): Promise<Trace<S>> {
  return openTrace({
    file,
    protocol: runnable.protocol,
    config: runnable.config(setup),
    node: setup.self,
    cluster: setup.cluster,
    onError: (error) => {
      log.warn({ file, reason: error.message }, "the trace has ended early; the member goes on without");
    },
  });
}

type Given<S extends Signature> = {
  readonly trace: Trace<S> | null;
  readonly runnable: Runnable<S>;
  readonly options: NodeOptions;
  readonly telemetry: Telemetry;
  readonly setup: ProtocolSetup;
  readonly identity: Identity;
  readonly storage: Storage<S["durable"]>;
  readonly durable: S["durable"];
  readonly clientTls: TlsIdentity | null;
  readonly peerTls: TlsIdentity | null;
  readonly spans: Spans | null;
};

async function run<S extends Signature>(given: Given<S>): Promise<RunningNode> {
  const { options, telemetry, identity, storage, trace } = given;
  const { log } = telemetry;
  let announce: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    announce = resolve;
  });
  let member: Member | null = null;
  const peers = await openPeers({
    self: nodeId(identity.memberId),
    clusterId: identity.clusterId,
    listen: options.listenPeerUrls.map(addressOf),
    tls: given.peerTls,
    onMessage: (from, message) => member?.receive(from, message),
    onAsk: async (from, question) => {
      if (member === null) throw new Error("the member is starting");
      return await member.answer(from, question);
    },
    removedBy: (node) => member?.removedBy(node) ?? null,
    onRemoved: (by, applied) => member?.onToldRemoved(by, applied),
    onPeerChange: (peer, isConnected) => {
      log.info({ peer, isConnected }, isConnected ? "connected to a peer" : "lost the connection to a peer");
    },
    log,
  });
  let api: Api | null = null;
  /** Where clients reach this member, once that is known. */
  let clientUrls: readonly string[] | null = null;
  let renewals: readonly Renewal[] = [];
  let ending: Promise<NodeEnd> | null = null;
  /** When the node began to wait for its last flush, by `performance.now`. */
  let flushingSince: number | null = null;
  let isUp = false;
  /** Why the member can't go on, where that showed before everything was put together. */
  let broken: Error | null = null;
  const end = (error: Error | null): Promise<NodeEnd> => {
    for (const renewal of renewals) renewal.stop();
    const onFlush = (isFlushing: boolean): void => {
      flushingSince = isFlushing ? performance.now() : null;
    };
    ending ??= endNode({ error, member, api, peers, storage, trace, log, onFlush });
    return ending;
  };
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!isUp) {
      broken ??= reason;
      return;
    }
    void end(reason).then(() => {
      announce(reason);
    });
  };
  const complaints = new Complaints(log, "a connection from a client was ended");
  try {
    member = memberOf(given, peers, () => clientUrls, fail);
    api = await openApi({
      backend: member,
      listen: options.listenClientUrls.map(addressOf),
      tls: given.clientTls,
      limits: { ...options, leaseTtlMin: Math.ceil((1.5 * options.electionMs) / 1000) },
      metrics: telemetry.api,
      spans: given.spans,
      onFault: (path, err) => log.warn({ path, err }, "a client's call came to an error of this program"),
      onTurnedAway: (address, reason) => complaints.warn(address, {}, reason),
    });
    clientUrls = withPorts(options.advertiseClientUrls, api.addresses);
    renewals = renewalsOf(given, peers, api);
    demandWhole(broken);
    isUp = true;
  } catch (error) {
    await end(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  return {
    member,
    peers: () => peers.status(),
    watches: api.watches,
    clientAddresses: api.addresses,
    peerAddresses: peers.addresses,
    failed,
    stop: () => end(null),
    isDiskHung: () =>
      member?.isHung === true || (flushingSince !== null && performance.now() - flushingSince > SLOW_FLUSH_MS),
  };
}

/** Who connects from now on sees the certificates that have taken the place of those that the node began with. */
function renewalsOf<S extends Signature>(
  { options, telemetry: { log }, peerTls, clientTls }: Given<S>,
  peers: Peers,
  api: Api,
): readonly Renewal[] {
  const watch = (files: TlsFiles | null, inUse: TlsIdentity | null, onRenewed: (tls: TlsIdentity) => void) =>
    files === null || inUse === null ? [] : [watchTls({ files, inUse, log, onRenewed })];
  return [
    ...watch(options.peerTls, peerTls, (tls) => peers.setTls(tls)),
    ...watch(options.clientTls, clientTls, (tls) => api.setTls(tls)),
  ];
}

function memberOf<S extends Signature>(
  { trace, runnable, options, telemetry, setup, identity, storage, durable, spans }: Given<S>,
  peers: Peers,
  clientUrls: () => readonly string[] | null,
  onFailure: (error: unknown) => void,
): Member {
  const requestTimeoutMs = 5_000 + 2 * options.electionMs;
  return new Member({
    identity,
    name: options.name,
    clientUrls,
    token: options.token,
    version,
    peers,
    replicate: (listener, forward) =>
      new ReplicatedStore<S>({
        runnable,
        protocol: trace?.protocol ?? runnable.protocol,
        observer: trace?.observer() ?? null,
        setup,
        origin: `${identity.memberId}/${randomBytes(8).toString("hex")}`,
        durable,
        write: (state) => spans?.run("flush", {}, () => storage.write(state)) ?? storage.write(state),
        prepare: (chunks) => storage.prepare(chunks),
        send: (to, message) => void peers.send(to, message),
        forward,
        requestTimeoutMs,
        pendingMax: PENDING_MAX,
        compaction: { commands: options.snapshotCount, bytes: SNAPSHOT_BYTES, kept: KEPT_SHARE },
        clock: monotonicClock,
        random: Math.random,
        listener,
        spans,
      }),
    requestTimeoutMs,
    electionMs: options.electionMs,
    quotaBytes: options.quotaBytes,
    strictReconfiguration: options.strictReconfiguration,
    autoCompaction: options.autoCompaction,
    diskSize: () => storage.size(),
    clock: monotonicClock,
    events: telemetry.member,
    spans,
    onFailure,
  });
}

type Running = {
  readonly error: Error | null;
  readonly member: Member | null;
  readonly api: Api | null;
  readonly peers: Peers;
  readonly storage: { close(): Promise<void> };
  readonly trace: { close(): Promise<void> } | null;
  readonly log: PeerLog;
  /** The last flush begins or has come to its end. */
  readonly onFlush: (isFlushing: boolean) => void;
};

/** @throws the error that it is given */
function demandWhole(broken: Error | null): void {
  if (broken !== null) throw broken;
}

/** A node that stops of its own will hands leadership over first, so that clients need not wait for an election. */
async function endNode({ error, member, api, peers, storage, trace, log, onFlush }: Running): Promise<NodeEnd> {
  if (error !== null) log.warn({ reason: error.message }, "the node can't go on");
  await endAll(
    [
      ["handing leadership over", async () => (error === null ? await member?.retire() : undefined)],
      ["closing the client API", async () => await api?.close()],
      ["stopping the member", () => member?.stop()],
      ["closing the connections to peers", () => peers.close()],
    ],
    log,
  );
  onFlush(true);
  const closeFiles = () =>
    endAll(
      [
        ["closing the storage", () => storage.close()],
        ["closing the trace", async () => await trace?.close()],
      ],
      log,
    );
  const isInTime = await endInTime(closeFiles, LAST_FLUSH_MS);
  if (!isInTime) return "hung";
  onFlush(false);
  return "stopped";
}
