/**
 * What Prometheus sees of a member. Names are etcd's where they mean what they mean there
 * (etcd.io/docs/v3.4/op-guide/monitoring and metrics.go of its packages, github etcd-io/etcd); the rest are `quorate_...`.
 */

import { collectDefaultMetrics, Counter, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";
import type { MemberStatus } from "../server/backend.ts";
import type { ClientCommand, MemberId, StoreCommand } from "../store/types.ts";
import { goCodeName, grpcType } from "./grpc-names.ts";

/** What is known of the connection to another member. Counts only grow. */
export type PeerFigures = {
  readonly peer: MemberId;
  readonly isConnected: boolean;
  readonly queuedBytes: number;
  readonly droppedMessages: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** The time that the latest ping took. */
  readonly rttMs: number | null;
};

/** `compacted` is the revision before which nothing can be read any more. */
type WatchFigures = { readonly streams: number; readonly watchers: number; readonly slow: number };
type StoreFigures = { readonly keys: number; readonly revision: number; readonly compacted: number };

/** What is looked at when somebody asks for the metrics. */
type MetricsSource = {
  readonly memberId: MemberId;
  readonly status: () => MemberStatus;
  /** Commands of this member's clients that are on their way. */
  readonly pending: () => number;
  /** The last entry of the log, committed or not. */
  readonly lastIndex: () => number;
  readonly store: () => StoreFigures;
  readonly peers: () => readonly PeerFigures[];
  readonly watches: () => WatchFigures;
};

/** What a member tells while it runs. */
export type MemberMetrics = {
  onLeader(leader: MemberId | null, term: number): void;
  onApplied(index: number, command: StoreCommand): void;
  onProposal(outcome: "ok" | "failed", command: ClientCommand): void;
  onSlowApply(): void;
  onReadFailed(): void;
  onFlush(ms: number): void;
  onPause(ms: number): void;
  onHung(isHung: boolean): void;
  onStrange(): void;
  onSetback(): void;
};

/** `code` is a status of gRPC's by its name, such as `NOT_FOUND`. */
type CallMetrics = {
  onReceived(bytes: number): void;
  onSent(bytes: number): void;
  onCall(service: string, method: string, code: string, seconds: number): void;
};

export type Metrics = {
  readonly registry: Registry;
  readonly member: MemberMetrics;
  readonly api: CallMetrics;
  /** From now on the figures are `source`'s. Before that there are none of them. */
  watch(source: MetricsSource): void;
};

export type MetricsOptions = {
  readonly version: string;
  readonly quotaBytes: number;
  readonly detail: "basic" | "extensive";
};

export function createMetrics({ version, quotaBytes, detail }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "quorate_build_info",
    help: "Always 1: the version is in the labels.",
    labelNames: ["version", "node_version"],
    registers: [registry],
  }).set({ version, node_version: process.versions.node }, 1);
  gauge(
    registry,
    "etcd_server_quota_backend_bytes",
    "Size of the data from which on writes are refused, in bytes.",
  ).set(quotaBytes);
  return {
    registry,
    member: memberMetrics(registry),
    api: callMetrics(registry, detail),
    watch: (source) => {
      watchStatus(registry, source);
      watchPeers(registry, source);
    },
  };
}

function memberMetrics(registry: Registry): MemberMetrics {
  const leaderChanges = counter(
    registry,
    "etcd_server_leader_changes_seen_total",
    "Leaders that were new to this member.",
  );
  const applied = counter(registry, "quorate_commands_applied_total", "Commands applied to the store.", ["type"]);
  const failed = counter(
    registry,
    "etcd_server_proposals_failed_total",
    "Proposals of this member that came to nothing.",
  );
  const slowApplies = counter(
    registry,
    "etcd_server_slow_apply_total",
    "Commands that have taken longer than 100 ms to apply.",
  );
  const failedReads = counter(
    registry,
    "etcd_server_read_indexes_failed_total",
    "Linearizable reads that came to nothing.",
  );
  const flushes = new Histogram({
    name: "etcd_disk_wal_fsync_duration_seconds",
    help: "How long the disk took to make a batch of steps durable.",
    buckets: exponentialBuckets(0.001, 2, 14),
    registers: [registry],
  });
  const pauses = counter(registry, "quorate_pauses_total", "Times that this process stood still.");
  const paused = counter(registry, "quorate_pause_seconds_total", "How long this process stood still, in all.");
  const hung = gauge(registry, "quorate_disk_hung", "Whether the disk does not answer.");
  const strange = counter(registry, "quorate_strange_messages_total", "What no member that is right would send.");
  const setbacks = counter(registry, "quorate_setbacks_total", "What went wrong and is tried again.");
  let lastLeader: MemberId | null = null;
  const appliedOf = new Map<StoreCommand["type"], Counter.Internal>();
  return {
    onLeader(leader) {
      if (leader === null || leader === lastLeader) return;
      lastLeader = leader;
      leaderChanges.inc();
    },
    onApplied: (_, { type }) => {
      let series = appliedOf.get(type);
      if (series === undefined) appliedOf.set(type, (series = applied.labels({ type })));
      series.inc();
    },
    onProposal: (outcome) => {
      if (outcome === "failed") failed.inc();
    },
    onSlowApply: () => {
      slowApplies.inc();
    },
    onReadFailed: () => {
      failedReads.inc();
    },
    onFlush: (ms) => {
      flushes.observe(ms / 1000);
    },
    onPause: (ms) => {
      pauses.inc();
      paused.inc(ms / 1000);
    },
    onHung: (isHung) => {
      hung.set(isHung ? 1 : 0);
    },
    onStrange: () => {
      strange.inc();
    },
    onSetback: () => {
      setbacks.inc();
    },
  };
}

function callMetrics(registry: Registry, detail: MetricsOptions["detail"]): CallMetrics {
  const labelNames = ["grpc_type", "grpc_service", "grpc_method"] as const;
  const handled = counter(registry, "grpc_server_handled_total", "Calls that were answered.", [
    ...labelNames,
    "grpc_code",
  ]);
  const received = counter(
    registry,
    "etcd_network_client_grpc_received_bytes_total",
    "Bytes of the messages that clients have sent.",
  );
  const sent = counter(
    registry,
    "etcd_network_client_grpc_sent_bytes_total",
    "Bytes of the messages that clients were sent.",
  );
  const durations =
    detail === "basic"
      ? null
      : new Histogram({
          name: "grpc_server_handling_seconds",
          help: "How long calls took.",
          labelNames,
          buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
          registers: [registry],
        });
  /** By service, method and code: to find them by their labels would cost more than to count. */
  const known = new Map<
    string,
    { readonly handled: Counter.Internal; readonly durations: Histogram.Internal<string> | null }
  >();
  const knownOf = (service: string, method: string, code: string) => {
    const labels = {
      grpc_type: grpcType(service, method),
      grpc_service: `etcdserverpb.${service}`,
      grpc_method: method,
    };
    return {
      handled: handled.labels({ ...labels, grpc_code: goCodeName(code) }),
      durations: durations?.labels(labels) ?? null,
    };
  };
  return {
    onReceived: (bytes) => {
      received.inc(bytes);
    },
    onSent: (bytes) => {
      sent.inc(bytes);
    },
    onCall(service, method, code, seconds) {
      const key = `${service} ${method} ${code}`;
      let series = known.get(key);
      if (series === undefined) known.set(key, (series = knownOf(service, method, code)));
      series.handled.inc();
      series.durations?.observe(seconds);
    },
  };
}

function watchStatus(
  registry: Registry,
  { memberId, status, store, pending, lastIndex, watches }: MetricsSource,
): void {
  const figures: readonly (readonly [string, string, (status: MemberStatus) => number])[] = [
    ["etcd_server_has_leader", "Whether this member knows a leader.", ({ leader }) => Number(leader !== null)],
    ["etcd_server_is_leader", "Whether this member leads.", ({ leader }) => Number(leader === memberId)],
    ["etcd_server_is_learner", "Whether this member has no vote.", ({ isLearner }) => Number(isLearner)],
    [
      "etcd_server_proposals_applied_total",
      "Entries of the order that were applied here.",
      (of) => of.raftAppliedIndex,
    ],
    [
      "etcd_server_proposals_committed_total",
      "Entries of the order that are known here to be committed.",
      ({ raftIndex }) => raftIndex,
    ],
    ["etcd_mvcc_db_total_size_in_bytes", "Size of the data on the disk.", ({ dbSize }) => dbSize],
    [
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      "Size of that part of it which is in use.",
      ({ dbSizeInUse }) => dbSizeInUse,
    ],
    ["quorate_term", "The term, view, ballot or epoch.", ({ raftTerm }) => raftTerm],
  ];
  for (const [name, help, figure] of figures) looked(registry, name, help, () => figure(status()));
  looked(registry, "etcd_server_proposals_pending", "Commands of this member's clients on their way.", pending);
  looked(registry, "quorate_last_index", "The last entry of this member's log.", lastIndex);
  const watchFigures: readonly (readonly [string, string, (of: WatchFigures) => number])[] = [
    ["etcd_debugging_mvcc_watch_stream_total", "Streams of watches.", ({ streams }) => streams],
    ["etcd_debugging_mvcc_watcher_total", "Watchers.", ({ watchers }) => watchers],
    ["etcd_debugging_mvcc_slow_watcher_total", "Watchers that are not up to date.", ({ slow }) => slow],
  ];
  for (const [name, help, figure] of watchFigures) looked(registry, name, help, () => figure(watches()));
  looked(registry, "etcd_debugging_mvcc_keys_total", "Keys in the store.", () => store().keys);
  looked(registry, "etcd_debugging_mvcc_current_revision", "The store's revision.", () => store().revision);
  looked(registry, "etcd_debugging_mvcc_compact_revision", "The compacted revision.", () => store().compacted);
  const id = new Gauge({ name: "etcd_server_id", help: "Always 1.", labelNames: ["server_id"], registers: [registry] });
  id.set({ server_id: memberId }, 1);
}

/** A gauge that is looked at when somebody asks. */
function looked(registry: Registry, name: string, help: string, figure: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(figure());
    },
  });
}

function watchPeers(registry: Registry, { memberId, peers }: MetricsSource): void {
  const counts: readonly (readonly [string, string, string, (peer: PeerFigures) => number])[] = [
    ["etcd_network_peer_sent_bytes_total", "Bytes sent to another member.", "To", ({ sentBytes }) => sentBytes],
    ["etcd_network_peer_received_bytes_total", "Bytes from another member.", "From", (peer) => peer.receivedBytes],
    ["quorate_peer_dropped_messages_total", "Messages that found no room.", "To", (peer) => peer.droppedMessages],
  ];
  for (const [name, help, label, figure] of counts) {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const peer of peers()) this.inc({ [label]: peer.peer }, figure(peer));
      },
    });
  }
  const gauges: readonly (readonly [string, string, (peer: PeerFigures) => number | null])[] = [
    ["quorate_peer_queued_bytes", "Bytes that wait for another member.", ({ queuedBytes }) => queuedBytes],
    [
      "quorate_peer_round_trip_time_seconds",
      "How long the latest ping took.",
      ({ rttMs }) => (rttMs === null ? null : rttMs / 1000),
    ],
  ];
  for (const [name, help, figure] of gauges) {
    new Gauge({
      name,
      help,
      labelNames: ["To"],
      registers: [registry],
      collect() {
        this.reset();
        for (const peer of peers()) {
          const value = figure(peer);
          if (value !== null) this.set({ To: peer.peer }, value);
        }
      },
    });
  }
  new Gauge({
    name: "etcd_network_known_peers",
    help: "The other members.",
    labelNames: ["Local", "Remote"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { peer } of peers()) this.set({ Local: memberId, Remote: peer }, 1);
    },
  });
  new Gauge({
    name: "etcd_network_active_peers",
    help: "Whether there is a connection to another member.",
    labelNames: ["Local", "Remote"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { peer, isConnected } of peers()) this.set({ Local: memberId, Remote: peer }, Number(isConnected));
    },
  });
}

function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
): Counter<L> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

function gauge(registry: Registry, name: string, help: string): Gauge {
  return new Gauge({ name, help, registers: [registry] });
}
