/** Compaction and snapshots: the paper, section 7; dissertation, chapter 5; Figure 13. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  broadcast,
  c,
  change,
  config,
  configuration,
  configWith,
  deliver,
  disk,
  elected,
  entriesAfter,
  entriesOf,
  from,
  matchedTo,
  output,
  refused,
  request,
  sent,
  sentNow,
  SET_ELECTION,
  SET_HEARTBEAT,
  snapshotAt,
  started,
  timeout,
} from "../conformance/raft-scenario.ts";
import type { Plain } from "../plain.ts";
import { lastIndex } from "../log/index.ts";
import { raft, currentConfiguration } from "./index.ts";
import { leaderOf } from "./state.ts";
import type { RaftInput, RaftSnapshot, RaftState } from "./index.ts";
import type { InstallSnapshotReply, RaftMessageBody } from "./messages.ts";

const compact = (index: number, chunks: readonly Plain[] = ["s1", "s2"]): RaftInput =>
  request({ type: "compact", index, chunks });
const restore = (index: number, chunks: readonly Plain[]) => output({ type: "restore", index, chunks });

function chunkOf(snapshot: RaftSnapshot, chunk: number): RaftMessageBody {
  return {
    type: "installSnapshot",
    lastIncludedIndex: snapshot.index,
    lastIncludedTerm: snapshot.term,
    configuration: snapshot.configuration,
    chunk,
    data: snapshot.chunks[chunk] ?? null,
    done: chunk === snapshot.chunks.length - 1,
  };
}

function installReply(lastIncludedIndex: number, result: InstallSnapshotReply["result"]): RaftMessageBody {
  return { type: "installSnapshotReply", lastIncludedIndex, result };
}
const wanted = (index: number, chunk: number) => installReply(index, { type: "wanted", chunk });
const installed = (index: number, matchIndex: number) => installReply(index, { type: "matched", matchIndex });

/** A follower that has delivered the first two of three entries. */
const follower = after(started(), from(b, 1, entriesAfter(0, 0, entriesOf([1, 1, 1]), 2))).state;

describe("compaction", () => {
  test("puts a snapshot in the place of the log's beginning", () => {
    const { state, effects } = after(follower, compact(2));
    expect(state).toEqual({ ...follower, durable: disk(entriesOf([1], 2), { snapshot: snapshotAt(2, 1) }) });
    expect(effects).toEqual([]);
  });

  test("keeps the configuration of then, and forgets those before", () => {
    const [first, second] = [configuration([a, b]), configuration([a, b, c])];
    const log = [change(1, first), ...entriesOf([1], 1), change(1, second)];
    const state = after(started(), from(b, 1, entriesAfter(0, 0, log, 3))).state;
    const compacted = after(state, compact(2)).state;
    expect(compacted.durable.snapshot?.configuration).toEqual(first);
    expect(compacted.volatile.configurations).toEqual([{ index: 3, configuration: second }]);
    const all = after(compacted, compact(3)).state;
    expect(all.volatile.configurations).toEqual([]);
    expect(currentConfiguration(config, all)).toEqual(second);
  });

  test("leaves it to those that know the first configuration what that is, where nothing has changed it", () => {
    const joined = configWith({ voters: [] });
    const state = afterIn(joined, started(disk([]), joined), from(b, 1, entriesAfter(0, 0, entriesOf([1]), 1))).state;
    const { snapshot } = afterIn(joined, state, compact(1, ["s"])).state.durable;
    expect(snapshot?.configuration).toBe(null);
    const founder = after(started(), from(b, 1, chunkOf(snapshotAt(1, 1, ["s"]), 0))).state;
    expect(currentConfiguration(config, founder)).toEqual(config.bootstrap);
  });

  test.each([
    ["beyond what has been delivered", 3, ["s"], "notDelivered"],
    ["at no index", 1.5, ["s"], "notDelivered"],
    ["below the first entry", 0, ["s"], "alreadyCompacted"],
    ["without a chunk", 1, [], "emptySnapshot"],
  ] as const)("%s is refused", (_where, index, chunks, reason) => {
    const asked = compact(index, chunks);
    expect(after(follower, asked)).toEqual({ state: follower, effects: [refused(asked, reason, b)] });
  });

  test("of what is compacted is refused", () => {
    const compacted = after(follower, compact(2)).state;
    expect(after(compacted, compact(2)).effects).toEqual([refused(compact(2), "alreadyCompacted", b)]);
    expect(after(compacted, compact(1)).effects).toEqual([refused(compact(1), "alreadyCompacted", b)]);
  });

  test("is what a restart begins with", () => {
    const { durable } = after(follower, compact(2)).state;
    const { state, effects } = raft.start(config, durable);
    expect(effects).toEqual([SET_ELECTION, restore(2, ["s1", "s2"])]);
    expect(state.volatile.commitIndex).toBe(2);
    expect(after(state, from(b, 1, entriesAfter(3, 1, [], 3))).effects).toContainEqual(deliver(3, "3@1"));
  });

  test("leaves the log's end as good as it was for elections and for entries", () => {
    const all = after(follower, from(b, 1, entriesAfter(3, 1, [], 3)), compact(3)).state;
    expect(after(all, timeout("election")).effects[0]).toMatchObject({ message: { lastLogIndex: 3, lastLogTerm: 1 } });
    const more = after(all, from(b, 1, entriesAfter(3, 1, entriesOf([1], 3))));
    expect(more.effects).toEqual([SET_ELECTION, sent(b, 1, matchedTo(4))]);
  });
});

describe("the leader", () => {
  const snapshot = snapshotAt(3, 1);
  /** Its log begins after index 3, and c lacks the entries before. */
  const leader = after(
    elected(disk(entriesOf([1, 1])), config),
    from(b, 2, matchedTo(3)),
    compact(3),
    from(b, 2, matchedTo(3)),
  ).state;
  const real = { ...snapshot, term: 2 };
  const lacking: RaftMessageBody = {
    type: "appendEntriesReply",
    round: 0,
    result: { type: "conflict", prevLogIndex: 2, index: 0, term: 0 },
  };

  test("sends a follower that lacks what the log has forgotten the snapshot, chunk by chunk", () => {
    const first = after(leader, from(c, 2, lacking));
    expect(first.effects).toEqual([sent(c, 2, chunkOf(real, 0))]);
    const second = after(first.state, from(c, 2, wanted(3, 1)));
    expect(second.effects).toEqual([sent(c, 2, chunkOf(real, 1))]);
    const rest = after(second.state, broadcast("x"), from(c, 2, installed(3, 3)));
    expect(rest.effects).toEqual([sentNow(c, 2, entriesAfter(3, 2, [{ type: "command", term: 2, command: "x" }], 3))]);
  });

  test("sends the chunk again that has not been answered, and is not hurried by an answer that comes twice", () => {
    const { state } = after(leader, from(c, 2, lacking), from(c, 2, wanted(3, 1)));
    expect(after(state, timeout("heartbeat")).effects).toEqual([
      sentNow(b, 2, entriesAfter(3, 2, [], 3)),
      sent(c, 2, chunkOf(real, 1)),
      SET_HEARTBEAT,
    ]);
    expect(after(state, from(c, 2, wanted(3, 1))).state).toBe(state);
    expect(after(state, from(c, 2, wanted(3, 0))).effects).toEqual([sent(c, 2, chunkOf(real, 0))]);
    expect(after(state, from(c, 2, wanted(2, 0))).state).toBe(state);
    expect(after(state, from(c, 2, wanted(3, 9))).state).toBe(state);
  });

  test("begins again with the first chunk of a newer snapshot", () => {
    const newer = after(
      leader,
      from(c, 2, lacking),
      from(c, 2, wanted(3, 1)),
      broadcast("x"),
      from(b, 2, matchedTo(4)),
      compact(4, ["t1"]),
      timeout("heartbeat"),
    );
    expect(newer.effects).toContainEqual(sent(c, 2, chunkOf({ ...real, index: 4, chunks: ["t1"] }, 0)));
  });

  test("sends its snapshot to a follower that has another entry where the snapshot ends", () => {
    const durable = disk(entriesOf([2], 2), { snapshot: snapshotAt(2, 2) });
    const compacted = elected(durable, config);
    const other = (prevLogIndex: number): RaftMessageBody => ({
      type: "appendEntriesReply",
      round: 0,
      result: { type: "conflict", prevLogIndex, index: 2, term: 1 },
    });
    expect(after(compacted, from(c, 3, other(3))).effects).toEqual([sent(c, 3, chunkOf(snapshotAt(2, 2), 0))]);
  });

  test("finds out by a heartbeat that a follower has fallen behind the log", () => {
    const lone = elected(disk(entriesOf([1, 1])), config);
    const compacted = after(lone, from(b, 2, matchedTo(3)), compact(3)).state;
    expect(leaderOf(compacted)?.progress[1]).toMatchObject({ type: "probe", next: 3 });
    expect(after(compacted, timeout("heartbeat")).effects[1]).toEqual(sent(c, 2, chunkOf(real, 0)));
  });
});

describe("InstallSnapshot RPC", () => {
  const snapshot = snapshotAt(5, 2);
  const empty = started();

  test("1. of an earlier term is answered with the term", () => {
    const later = started(disk(entriesOf([3])));
    const stale = installReply(5, { type: "staleTerm" });
    expect(after(later, from(b, 2, chunkOf(snapshot, 0)))).toEqual({ state: later, effects: [sent(b, 3, stale)] });
  });

  test("2. to 5. chunks are kept in order until the last one", () => {
    const first = after(empty, from(b, 3, chunkOf(snapshot, 0)));
    expect(first.effects).toEqual([SET_ELECTION, sent(b, 3, wanted(5, 1))]);
    expect(first.state.volatile.role).toEqual({
      type: "follower",
      leader: b,
      incoming: { index: 5, term: 2, chunks: ["s1"] },
    });
    const again = after(first.state, from(b, 3, chunkOf(snapshot, 0)));
    expect([again.state, again.effects]).toEqual([first.state, [SET_ELECTION, sent(b, 3, wanted(5, 1))]]);
    const late = after(empty, from(b, 3, chunkOf(snapshot, 1)));
    expect(late.effects).toEqual([SET_ELECTION, sent(b, 3, wanted(5, 0))]);
  });

  test("7., 8. the last one replaces the log and all that was delivered", () => {
    const behind = started(disk(entriesOf([1, 1])));
    const { state, effects } = after(behind, from(b, 3, chunkOf(snapshot, 0)), from(b, 3, chunkOf(snapshot, 1)));
    expect(effects).toEqual([SET_ELECTION, restore(5, ["s1", "s2"]), sent(b, 3, installed(5, 5))]);
    expect(state.durable).toEqual(disk([], { term: 3, snapshot }));
    expect(state.volatile).toEqual({
      commitIndex: 5,
      configurations: [],
      role: { type: "follower", leader: b, incoming: null },
      reads: [],
      quietTicks: 0,
    });
  });

  test("chunks of two leaders are not mixed: they may have cut their snapshots differently", () => {
    const first = after(empty, from(b, 3, chunkOf(snapshot, 0)));
    const other = after(first.state, from(c, 4, chunkOf(snapshot, 1)));
    expect(other.effects).toEqual([SET_ELECTION, sent(c, 4, wanted(5, 0))]);
  });

  test("6. where the log has the snapshot's last entry, it keeps what follows, and delivers what was not", () => {
    const { state, effects } = after(follower, from(b, 1, chunkOf(snapshotAt(3, 1), 0)));
    expect(effects).toEqual([SET_ELECTION, deliver(3, "3@1"), sent(b, 1, installed(3, 3))]);
    expect(state.durable).toBe(follower.durable);
    const longer = started(disk(entriesOf([1, 1, 1, 1])));
    const kept = after(longer, from(b, 1, chunkOf(snapshotAt(2, 1), 0)));
    expect(lastIndex(kept.state.durable.log)).toBe(4);
  });

  test("replaces a log that has another entry there, with what follows", () => {
    const diverged = started(disk(entriesOf([1, 1, 1])));
    const { state } = after(diverged, from(b, 3, chunkOf(snapshotAt(2, 2, ["s"]), 0)));
    expect(lastIndex(state.durable.log)).toBe(2);
  });

  test("of what has been delivered changes nothing, and is answered with what is committed", () => {
    const old = after(follower, from(b, 1, chunkOf(snapshotAt(1, 1), 0)));
    expect(old.effects).toEqual([SET_ELECTION, sent(b, 1, installed(1, 2))]);
    expect(old.state).toBe(follower);
  });

  test("brings a configuration along", () => {
    const next = configuration([a, b]);
    const { state } = after(empty, from(b, 3, chunkOf({ ...snapshot, configuration: next, chunks: ["s"] }, 0)));
    expect(currentConfiguration(config, state)).toEqual(next);
  });

  test("answers the reads that waited for it", () => {
    const waiting: RaftState = after(
      follower,
      from(b, 1, { type: "readIndexReply", id: "r", index: 4 }),
      from(b, 1, { type: "readIndexReply", id: "s", index: 6 }),
    ).state;
    const again = after(waiting, from(b, 1, chunkOf(snapshotAt(5, 1, ["s"]), 0)));
    expect(again.effects).toContainEqual(output({ type: "readable", id: "r", index: 4 }));
    expect(again.state.volatile.reads).toEqual([{ id: "s", index: 6 }]);
  });

  test("that contradicts what is committed, or comes to a leader of its term, is dropped", () => {
    const committed = after(started(), from(b, 3, entriesAfter(0, 0, entriesOf([3]), 1))).state;
    expect(after(committed, from(c, 9, chunkOf(snapshot, 0))).state).toBe(committed);
    const leader = elected(disk([]));
    expect(after(leader, from(b, 1, chunkOf(snapshotAt(2, 1), 0))).state).toBe(leader);
  });
});

test("a learner that joins a cluster with a compacted log gets the snapshot and what follows", () => {
  const alone = configWith({ voters: [a] });
  const durable = disk(entriesOf([1], 2), { snapshot: snapshotAt(2, 1) });
  const leader = afterIn(alone, started(durable, alone), timeout("election")).state;
  const asked = afterIn(alone, leader, request({ type: "changeMembership", voters: [a], learners: [b] })).state;
  const conflict: RaftMessageBody = {
    type: "appendEntriesReply",
    round: 0,
    result: { type: "conflict", prevLogIndex: 5, index: 0, term: 0 },
  };
  expect(afterIn(alone, asked, from(b, 2, conflict)).effects[0]).toMatchObject({
    message: { type: "installSnapshot" },
  });
});
