/** Log replication, in the order of the paper: section 5.3, Figures 2 and 7. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  broadcast,
  c,
  command,
  config,
  configWith,
  conflictAt,
  d,
  deliver,
  disk,
  elected,
  entriesAfter,
  entriesOf,
  from,
  matchedTo,
  noop,
  persisted,
  refused,
  sent,
  sentNow,
  SET_ELECTION,
  SET_HEARTBEAT,
  started,
  timeout,
} from "../conformance/raft-scenario.ts";
import { entryAt, lastIndex, slice } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { raft } from "./index.ts";
import { leaderOf } from "./state.ts";
import type { RaftDurable, RaftState } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

const termsOf = ({ log }: RaftDurable): readonly number[] =>
  slice(log, log.before + 1, lastIndex(log)).map(({ term }) => term);

const STALE: RaftMessageBody = { type: "appendEntriesReply", round: 0, result: { type: "staleTerm" } };

/** What the leader knows of `node`. */
function progress(state: RaftState, node: string): unknown {
  return leaderOf(state)?.progress.find((of) => of.node === node);
}

describe("a broadcast", () => {
  test("is refused by a follower, which names the leader that it knows", () => {
    const state = started();
    expect(after(state, broadcast("x"))).toEqual({ state, effects: [refused(broadcast("x"), "notLeader", null)] });
    const following = after(state, from(b, 1, entriesAfter(0, 0, []))).state;
    expect(after(following, broadcast("x")).effects).toEqual([refused(broadcast("x"), "notLeader", b)]);
  });

  test("is appended, and sent at once to the followers that are known to keep up", () => {
    const leader = after(elected(disk([])), from(b, 1, matchedTo(1))).state;
    const { state, effects } = after(leader, broadcast("x", "y"));
    expect(effects).toEqual([sentNow(b, 1, entriesAfter(1, 1, [command(1, "x"), command(1, "y")], 1))]);
    expect(termsOf(state.durable)).toEqual([1, 1, 1]);
  });

  test("of no commands changes nothing", () => {
    const leader = elected(disk([]));
    expect(after(leader, broadcast()).state).toBe(leader);
  });

  test("is refused as a whole if too much would be uncommitted", () => {
    const limited = configWith({ uncommittedMax: 3 });
    const leader = elected(disk([]), limited);
    const two = afterIn(limited, leader, broadcast("x", "y")).state;
    expect(lastIndex(two.durable.log)).toBe(3);
    expect(afterIn(limited, two, broadcast("z"))).toEqual({
      state: two,
      effects: [refused(broadcast("z"), "tooManyUncommitted", a)],
    });
    const room = afterIn(limited, two, from(b, 1, matchedTo(1)), broadcast("z")).state;
    expect(lastIndex(room.durable.log)).toBe(4);
    const committed = afterIn(limited, leader, from(b, 1, matchedTo(1)), broadcast(1, 2, 3, 4)).state;
    expect(lastIndex(committed.durable.log)).toBe(5);
  });
});

describe("AppendEntries RPC", () => {
  test("1. of an earlier term is answered with the term", () => {
    const state = started(disk(entriesOf([1, 3])));
    const step = after(state, from(b, 2, entriesAfter(0, 0, [noop(2)])));
    expect(step).toEqual({ state, effects: [sent(b, 3, STALE)] });
  });

  test("makes a follower of whoever gets it, and begins the election timer anew", () => {
    const { state, effects } = after(started(), from(b, 2, entriesAfter(0, 0, [])));
    expect(state.durable.term).toBe(2);
    expect(state.volatile.role).toEqual({ type: "follower", leader: b, incoming: null });
    expect(effects).toEqual([SET_ELECTION, sent(b, 2, matchedTo(0))]);
  });

  test("changes nothing at a leader of the same term: there is none other", () => {
    const leader = elected(disk([]));
    expect(after(leader, from(b, 1, entriesAfter(0, 0, [noop(1)])))).toEqual({ state: leader, effects: [] });
  });

  test("2. is refused where the log has no such entry before, and the answer says where it may", () => {
    const state = started(disk(entriesOf([1, 1, 4])));
    const [missing] = after(state, from(b, 6, entriesAfter(6, 5, [noop(6)]))).effects.slice(-1);
    expect(missing).toEqual(sent(b, 6, conflictAt(6, 3, 4)));
    const [other] = after(state, from(b, 6, entriesAfter(3, 3, [noop(6)]))).effects.slice(-1);
    expect(other).toEqual(sent(b, 6, conflictAt(3, 2, 1)));
  });

  test("3., 4. deletes what conflicts and all that follows, and appends what is new", () => {
    const { state, effects } = after(
      started(disk(entriesOf([1, 1, 2, 2]))),
      from(b, 3, entriesAfter(1, 1, [command(1, "2@1"), command(3, "n")])),
    );
    expect(termsOf(state.durable)).toEqual([1, 1, 3]);
    expect(entryAt(state.durable.log, 3)).toEqual(command(3, "n"));
    expect(effects).toEqual([SET_ELECTION, sent(b, 3, matchedTo(3))]);
  });

  test("3. deletes nothing that matches, however old the message", () => {
    const { state } = after(started(), from(b, 1, entriesAfter(0, 0, entriesOf([1, 1, 1]))));
    const old = after(state, from(b, 1, entriesAfter(0, 0, entriesOf([1]))));
    expect(old.state).toBe(state);
    expect(old.effects).toEqual([SET_ELECTION, sent(b, 1, matchedTo(1))]);
  });

  test("5. commits as far as the leader has, but only what this message has verified", () => {
    const uncommitted = started(disk(entriesOf([1, 1, 1])));
    const heartbeat = after(uncommitted, from(b, 2, entriesAfter(1, 1, [], 3)));
    expect(heartbeat.state.volatile.commitIndex).toBe(1);
    expect(heartbeat.effects).toEqual([SET_ELECTION, deliver(1, "1@1"), sent(b, 2, matchedTo(1))]);
    const more = after(heartbeat.state, from(b, 2, entriesAfter(3, 1, [], 2)));
    expect(more.effects).toEqual([SET_ELECTION, deliver(2, "2@1"), sent(b, 2, matchedTo(3))]);
  });

  test("5. never takes a commit back", () => {
    const { state } = after(started(), from(b, 1, entriesAfter(0, 0, entriesOf([1, 1]), 2)));
    const old = after(state, from(b, 1, entriesAfter(2, 1, [], 1)));
    expect(old.state).toBe(state);
  });

  test("from before the commit index is answered with the commit index: the leader has all that is committed", () => {
    const { state } = after(started(), from(b, 1, entriesAfter(0, 0, entriesOf([1, 1]), 2)));
    const old = after(state, from(b, 1, entriesAfter(0, 0, entriesOf([1]), 1)));
    expect(old.effects).toEqual([SET_ELECTION, sent(b, 1, matchedTo(2))]);
  });

  test("that contradicts what is committed is dropped, its term and all", () => {
    const { state } = after(started(), from(b, 3, entriesAfter(0, 0, entriesOf([1, 1]), 2)));
    expect(after(state, from(c, 9, entriesAfter(2, 5, [noop(9)]))).state).toBe(state);
  });
});

describe("Figure 7: a leader of term 8 makes the followers' logs like its own", () => {
  const LEADER = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];

  test.each([
    ["a", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ["b", [1, 1, 1, 4]],
    ["c", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ["d", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ["e", [1, 1, 1, 4, 4, 4, 4]],
    ["f", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])("follower %s", (_name, terms) => {
    const followerConfig = configWith({ self: b });
    let leader = elected(disk(entriesOf(LEADER), { term: 7 }), config, c);
    let follower = started(disk(entriesOf(terms)), followerConfig);
    let conflicts = 0;
    let effects = after(leader, timeout("heartbeat")).effects;
    for (let rounds = 0; rounds < 10; rounds++) {
      const toFollower = effects.find((effect) => effect.type === "send" && effect.to === b);
      if (toFollower?.type !== "send") break;
      const received = { type: "receive", from: a, message: toFollower.message } as const;
      const answered = afterIn(followerConfig, follower, received);
      const reply = answered.effects.find((effect) => effect.type === "send");
      if (reply?.type !== "send" || reply.message.type !== "appendEntriesReply") throw new Error("no answer");
      if (reply.message.result.type === "conflict") conflicts++;
      follower = answered.state;
      ({ state: leader, effects } = after(leader, { type: "receive", from: b, message: reply.message }));
    }
    expect(termsOf(follower.durable)).toEqual([...LEADER, 8]);
    expect(progress(leader, b)).toMatchObject({ type: "replicate", match: 11 });
    // Whole terms are passed over: at most one refusal for each term that the logs do not share.
    expect(conflicts).toBeLessThanOrEqual(2);
  });
});

describe("the leader's flow", () => {
  const flow = configWith({ entriesPerMessageMax: 2, inflightMax: 2 });
  const fresh = elected(disk(entriesOf([1, 1, 1, 1])), flow);

  test("probes with one message at a time", () => {
    expect(progress(fresh, c)).toEqual({
      node: c,
      match: 0,
      round: 0,
      isActive: true,
      type: "probe",
      next: 5,
      isPaused: true,
    });
    expect(afterIn(flow, fresh, broadcast("x")).effects).toEqual([]);
  });

  test("goes back at once to where the logs may agree, and is not led astray by an answer that comes twice", () => {
    const back = afterIn(flow, fresh, from(b, 2, conflictAt(4, 1, 1)));
    expect(back.effects).toEqual([sentNow(b, 2, entriesAfter(1, 1, entriesOf([1, 1], 1)))]);
    expect(afterIn(flow, back.state, from(b, 2, conflictAt(4, 0, 0))).state).toBe(back.state);
  });

  test("sends ahead of the answers once the logs agree, a batch in each message, as many messages as may be open", () => {
    const { state, effects } = afterIn(flow, fresh, from(b, 2, conflictAt(4, 0, 0)), from(b, 2, matchedTo(0)));
    expect(effects).toEqual([
      sentNow(b, 2, entriesAfter(0, 0, entriesOf([1, 1]))),
      sentNow(b, 2, entriesAfter(2, 1, entriesOf([1, 1], 2))),
    ]);
    expect(progress(state, b)).toMatchObject({ type: "replicate", match: 0, next: 5, inflight: [2, 4] });
    const answered = afterIn(flow, state, from(b, 2, matchedTo(2)));
    expect(answered.effects).toEqual([sentNow(b, 2, entriesAfter(4, 1, [noop(2)]))]);
    expect(progress(answered.state, b)).toMatchObject({ match: 2, next: 6, inflight: [4, 5] });
  });

  test("begins to probe again where an answer shows that something was lost", () => {
    const { state } = afterIn(flow, fresh, from(b, 2, conflictAt(4, 0, 0)), from(b, 2, matchedTo(0)));
    const lost = afterIn(flow, state, from(b, 2, conflictAt(4, 2, 1)));
    expect(lost.effects).toEqual([sentNow(b, 2, entriesAfter(2, 1, entriesOf([1, 1], 2)))]);
    expect(progress(lost.state, b)).toMatchObject({ type: "probe", next: 3, isPaused: true });
  });

  test("asks once more, and no more, of who says in vain that the logs may agree further on, as no follower does", () => {
    const again = afterIn(flow, fresh, from(b, 2, conflictAt(4, 4, 1_000)));
    expect(again.effects).toEqual([sentNow(b, 2, entriesAfter(4, 1, [noop(2)]))]);
    expect(again.state).toBe(fresh);
    expect(afterIn(flow, fresh, from(b, 2, conflictAt(4, 5, 1_000)))).toEqual({ state: fresh, effects: [] });
  });

  test("never takes a match back", () => {
    const { state } = afterIn(flow, fresh, from(b, 2, matchedTo(5)));
    expect(afterIn(flow, state, from(b, 2, matchedTo(3))).state).toBe(state);
    expect(afterIn(flow, state, from(b, 2, conflictAt(5, 0, 0))).state).toBe(state);
  });

  test.each([
    ["of what was never sent", b, 2, matchedTo(9)],
    ["of a round that was never begun", b, 2, matchedTo(5, 1)],
    ["of an earlier term", b, 1, matchedTo(5)],
    ["of a stranger", d, 2, matchedTo(5)],
  ])("drops the answer %s", (_which, node, term, body) => {
    expect(afterIn(flow, fresh, from(node, term, body)).state).toBe(fresh);
  });

  test("a heartbeat says what log it expects, and goes to all", () => {
    const { effects } = afterIn(flow, fresh, timeout("heartbeat"));
    const heartbeat = entriesAfter(4, 1, []);
    expect(effects).toEqual([sentNow(b, 2, heartbeat), sentNow(c, 2, heartbeat), SET_HEARTBEAT]);
  });

  test("an answer of a higher term ends it", () => {
    const { state } = afterIn(flow, fresh, from(b, 5, STALE));
    expect(state.volatile.role).toEqual({ type: "follower", leader: null, incoming: null });
  });
});

describe("committing", () => {
  test("delivers what a majority holds, and tells the followers at once", () => {
    const leader = after(elected(disk([])), from(b, 1, matchedTo(1)), broadcast("x", "y")).state;
    const { state, effects } = after(leader, from(b, 1, matchedTo(3)));
    expect(effects).toEqual([deliver(2, "x"), deliver(3, "y"), sentNow(b, 1, entriesAfter(3, 1, [], 3))]);
    expect(state.volatile.commitIndex).toBe(3);
    expect(after(state, from(c, 1, matchedTo(3))).effects).toEqual([sentNow(c, 1, entriesAfter(3, 1, [], 3))].slice(1));
  });

  test("counts the leader once its disk has the entry, and not before", () => {
    const leader = elected(disk([]));
    const { state } = raft.step(config, leader, broadcast("x"));
    const answered = raft.step(config, state, from(b, 1, matchedTo(2)));
    expect(answered.state.volatile.commitIndex).toBe(1);
    expect(raft.step(config, answered.state, persisted(state)).effects[0]).toEqual(deliver(2, "x"));
  });

  test("needs no leader's disk where the others are a majority", () => {
    const leader = elected(disk([]));
    const { state } = raft.step(config, leader, broadcast("x"));
    const one = raft.step(config, state, from(b, 1, matchedTo(2))).state;
    expect(raft.step(config, one, from(c, 1, matchedTo(2))).effects[0]).toEqual(deliver(2, "x"));
  });

  test("does not count what a disk held of an earlier term: it may have been replaced in memory since", () => {
    // The disk lags: it is told to write three entries of term 1 while memory already has others in their place.
    const old = disk(entriesOf([1, 1, 1]));
    const leader = elected(disk(entriesOf([1]), { term: 1 }));
    const longer = raft.step(config, leader, broadcast("x")).state;
    expect(lastIndex(longer.durable.log)).toBe(3);
    const answered = raft.step(config, longer, from(b, 2, matchedTo(3))).state;
    expect(raft.step(config, answered, { type: "persisted", durable: old }).state).toBe(answered);
  });

  test("does not wait for learners, nor count them", () => {
    const withLearner = configWith({ voters: [a, b, c], learners: [d] });
    const leader = elected(disk([]), withLearner);
    expect(afterIn(withLearner, leader, from(d, 1, matchedTo(1))).state.volatile.commitIndex).toBe(0);
    expect(afterIn(withLearner, leader, from(b, 1, matchedTo(1))).state.volatile.commitIndex).toBe(1);
  });
});

describe("Figure 8: entries of earlier terms are not committed by counting", () => {
  // (c) of the figure: S1 leads term 4, with an entry of term 2 on a majority, and one of term 4 on its own disk alone.
  const s1 = elected(disk(entriesOf([1, 2]), { term: 3 }));

  test("a majority that holds the entry of term 2 commits nothing", () => {
    const { state } = after(s1, from(b, 4, matchedTo(2)), from(c, 4, matchedTo(2)));
    expect(state.volatile.commitIndex).toBe(0);
  });

  test("a majority that holds the entry of term 4 commits both (e)", () => {
    const { effects } = after(s1, from(b, 4, matchedTo(3)));
    expect(effects.slice(0, 2)).toEqual([deliver(1, "1@1"), deliver(2, "2@2")]);
  });

  test("until then the entry of term 2 can be replaced (d)", () => {
    const s2 = started(disk(entriesOf([1, 2])), configWith({ self: b }));
    const overwritten = afterIn(configWith({ self: b }), s2, from(c, 5, entriesAfter(1, 1, entriesOf([3], 1))));
    expect(termsOf(overwritten.state.durable)).toEqual([1, 3]);
  });
});

/** `value` with every look at a slot of its arrays counted. */
function counting(value: Plain, count: () => void): Plain {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, field, receiver): unknown {
      count();
      const part: unknown = Reflect.get(target, field, receiver);
      return typeof part === "object" ? counting(part as Plain, count) : part;
    },
  });
}

/** How often a leader with that many entries looks into its log, to append an entry, to send and to commit it. */
function looks(entries: number): number {
  const roomy = configWith({ uncommittedMax: 2_000_000 });
  const terms = Array.from({ length: entries }, (_, at) => (at < entries / 2 ? 1 : 2));
  const leader = elected(disk(entriesOf(terms)), roomy);
  let count = 0;
  const log = counting(leader.durable.log, () => count++) as RaftDurable["log"];
  const state = { durable: { ...leader.durable, log }, volatile: { ...leader.volatile, commitIndex: entries } };
  const last = entries + 2;
  const inputs = [broadcast("x"), from(b, 3, conflictAt(entries, entries - 3, 1)), from(b, 3, matchedTo(last))];
  const step = afterIn(roomy, state, ...inputs);
  expect(step.state.volatile.commitIndex).toBe(last);
  return count;
}

test("a step on a log of a million entries looks at little more of it than one on a log of a thousand", () => {
  expect(looks(1_000_000)).toBeLessThan(4 * looks(1_000));
});
