import { expect, test } from "vitest";
import type { MemberStatus } from "../server/backend.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics, PeerFigures } from "./metrics.ts";

const status: MemberStatus = {
  version: "1.2.3",
  dbSize: 2048,
  dbSizeInUse: 1024,
  leader: "a",
  raftTerm: 3,
  raftIndex: 12,
  raftAppliedIndex: 10,
  isLearner: false,
  errors: [],
};
const peer: PeerFigures = {
  peer: "b",
  isConnected: true,
  queuedBytes: 5,
  droppedMessages: 6,
  sentBytes: 70,
  receivedBytes: 80,
  rttMs: 2,
};

function metrics(detail: "basic" | "extensive" = "basic"): Metrics {
  return createMetrics({ version: "1.2.3", quotaBytes: 1000, detail });
}

/** The lines of a scrape that begin with one of `names`. */
async function lines({ registry }: Metrics, ...names: readonly string[]): Promise<readonly string[]> {
  const text = await registry.metrics();
  return text.split("\n").filter((line) => names.some((name) => line.startsWith(name)));
}

test("what a member is, is looked at when it is asked for", async () => {
  const made = metrics();
  let now = status;
  const watches = () => ({ streams: 1, watchers: 3, slow: 2 });
  const store = () => ({ keys: 4, revision: 9, compacted: 2 });
  made.watch({
    memberId: "a",
    status: () => now,
    pending: () => 7,
    lastIndex: () => 13,
    store,
    peers: () => [],
    watches,
  });
  expect(
    await lines(made, "etcd_server_has", "etcd_server_is", "etcd_server_proposals", "quorate_term", "quorate_last"),
  ).toEqual([
    "etcd_server_proposals_failed_total 0",
    "etcd_server_has_leader 1",
    "etcd_server_is_leader 1",
    "etcd_server_is_learner 0",
    "etcd_server_proposals_applied_total 10",
    "etcd_server_proposals_committed_total 12",
    "quorate_term 3",
    "etcd_server_proposals_pending 7",
    "quorate_last_index 13",
  ]);
  expect(await lines(made, "etcd_mvcc", "etcd_debugging", "etcd_server_id", "etcd_server_quota")).toEqual([
    "etcd_server_quota_backend_bytes 1000",
    "etcd_mvcc_db_total_size_in_bytes 2048",
    "etcd_mvcc_db_total_size_in_use_in_bytes 1024",
    "etcd_debugging_mvcc_watch_stream_total 1",
    "etcd_debugging_mvcc_watcher_total 3",
    "etcd_debugging_mvcc_slow_watcher_total 2",
    "etcd_debugging_mvcc_keys_total 4",
    "etcd_debugging_mvcc_current_revision 9",
    "etcd_debugging_mvcc_compact_revision 2",
    'etcd_server_id{server_id="a"} 1',
  ]);
  now = { ...status, leader: null, isLearner: true };
  expect(await lines(made, "etcd_server_has", "etcd_server_is")).toEqual([
    "etcd_server_has_leader 0",
    "etcd_server_is_leader 0",
    "etcd_server_is_learner 1",
  ]);
});

test("peers' counts are those of the moment, and not summed up by asking", async () => {
  const made = metrics();
  let peers: readonly PeerFigures[] = [peer];
  made.watch({
    memberId: "a",
    status: () => status,
    pending: () => 0,
    lastIndex: () => 0,
    store: () => ({ keys: 0, revision: 1, compacted: 0 }),
    peers: () => peers,
    watches: () => ({ streams: 0, watchers: 0, slow: 0 }),
  });
  const names = ["etcd_network_peer", "etcd_network_known", "etcd_network_active", "quorate_peer"];
  const expected = [
    'etcd_network_peer_sent_bytes_total{To="b"} 70',
    'etcd_network_peer_received_bytes_total{From="b"} 80',
    'quorate_peer_dropped_messages_total{To="b"} 6',
    'quorate_peer_queued_bytes{To="b"} 5',
    'quorate_peer_round_trip_time_seconds{To="b"} 0.002',
    'etcd_network_known_peers{Local="a",Remote="b"} 1',
    'etcd_network_active_peers{Local="a",Remote="b"} 1',
  ];
  expect(await lines(made, ...names)).toEqual(expected);
  expect(await lines(made, ...names)).toEqual(expected);
  peers = [{ ...peer, isConnected: false, rttMs: null }];
  expect(await lines(made, "quorate_peer_round", "etcd_network_active")).toEqual([
    'etcd_network_active_peers{Local="a",Remote="b"} 0',
  ]);
});

test("a leader counts when it is new, and its absence does not", async () => {
  const made = metrics();
  for (const leader of ["a", null, "a", "b"]) made.member.onLeader(leader, 1);
  expect(await lines(made, "etcd_server_leader_changes")).toEqual(["etcd_server_leader_changes_seen_total 2"]);
});

test("what a member tells is counted", async () => {
  const made = metrics();
  made.member.onApplied(1, { type: "compact", revision: 1 });
  made.member.onApplied(2, { type: "compact", revision: 2 });
  made.member.onProposal("ok", { type: "compact", revision: 1 });
  made.member.onProposal("failed", { type: "compact", revision: 1 });
  made.member.onPause(1500);
  made.member.onHung(true);
  made.member.onFlush(3);
  made.member.onSlowApply();
  made.member.onReadFailed();
  made.api.onReceived(5);
  made.api.onReceived(6);
  made.api.onSent(7);
  expect(await lines(made, "etcd_server_slow", "etcd_server_read", "etcd_network_client")).toEqual([
    "etcd_server_slow_apply_total 1",
    "etcd_server_read_indexes_failed_total 1",
    "etcd_network_client_grpc_received_bytes_total 11",
    "etcd_network_client_grpc_sent_bytes_total 7",
  ]);
  expect(
    await lines(made, "quorate_commands", "etcd_server_proposals_failed", "quorate_pause", "quorate_disk"),
  ).toEqual([
    'quorate_commands_applied_total{type="compact"} 2',
    "etcd_server_proposals_failed_total 1",
    "quorate_pauses_total 1",
    "quorate_pause_seconds_total 1.5",
    "quorate_disk_hung 1",
  ]);
  expect(await lines(made, 'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.00')).toEqual([
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 0',
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 0',
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 1',
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.008"} 1',
  ]);
});

test("calls go by the names of Go's gRPC; how long they took, only where that is wanted", async () => {
  for (const detail of ["basic", "extensive"] as const) {
    const made = metrics(detail);
    made.api.onCall("KV", "Put", "OK", 0.002);
    made.api.onCall("KV", "Range", "OUT_OF_RANGE", 0.3);
    made.api.onCall("Watch", "Watch", "CANCELLED", 60);
    const of = (type: string, service: string, method: string, code: string) =>
      `grpc_server_handled_total{grpc_type="${type}",grpc_service="etcdserverpb.${service}",grpc_method="${method}",grpc_code="${code}"} 1`;
    expect(await lines(made, "grpc_server_handled")).toEqual([
      of("unary", "KV", "Put", "OK"),
      of("unary", "KV", "Range", "OutOfRange"),
      of("bidi_stream", "Watch", "Watch", "Canceled"),
    ]);
    expect(await lines(made, "grpc_server_handling_seconds_count")).toHaveLength(detail === "basic" ? 0 : 3);
  }
});

test("the process is measured too", async () => {
  expect(await lines(metrics(), "process_resident_memory_bytes", "quorate_build_info")).toHaveLength(2);
});
