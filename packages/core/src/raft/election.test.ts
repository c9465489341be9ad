/** Leader election, in the order of the paper: sections 5.1, 5.2 and 5.4.1, and Figure 2. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  c,
  CLEAR_ELECTION,
  CLEAR_HEARTBEAT,
  config,
  configWith,
  d,
  disk,
  elected,
  entriesAfter,
  entriesOf,
  from,
  message,
  noop,
  persisted,
  sent,
  sentNow,
  SET_ELECTION,
  SET_HEARTBEAT,
  started,
  timeout,
  vote,
} from "../conformance/raft-scenario.ts";
import { lastIndex } from "../log/index.ts";
import { raft } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

const requestVote = (lastLogIndex: number, lastLogTerm: number): RaftMessageBody => ({
  type: "requestVote",
  lastLogIndex,
  lastLogTerm,
  transfer: false,
});
const FOLLOWER = { type: "follower", leader: null, incoming: null };

describe("a node that starts", () => {
  test("is a follower of nobody, and waits", () => {
    expect(raft.start(config, raft.initial(config))).toEqual({
      state: {
        durable: disk([]),
        volatile: { commitIndex: 0, configurations: [], role: FOLLOWER, reads: [], quietTicks: 0 },
      },
      effects: [SET_ELECTION],
    });
  });

  test("is a follower too if it led when it crashed: it must not lead one term in two lives", () => {
    const { durable } = elected(disk([]));
    expect(durable).toMatchObject({ term: 1, votedFor: a });
    expect(started(durable).volatile.role).toEqual(FOLLOWER);
    expect(after(started(durable), from(b, 1, vote(true))).state.volatile.role).toEqual(FOLLOWER);
  });
});

describe("the election timer", () => {
  test("begins a new term, votes for itself, and asks all others once that is on disk", () => {
    const { state, effects } = after(started(disk(entriesOf([1, 2]))), timeout("election"));
    expect(state.durable).toMatchObject({ term: 3, votedFor: a });
    expect(effects).toEqual([sent(b, 3, requestVote(2, 2)), sent(c, 3, requestVote(2, 2)), SET_ELECTION]);
  });

  test("begins another term where nobody won the last one", () => {
    const { state } = after(started(), timeout("election"), from(b, 1, vote(false)), timeout("election"));
    expect(state.durable).toMatchObject({ term: 2, votedFor: a });
    expect(state.volatile.role).toEqual({ type: "candidate", granted: [a] });
  });

  test("only waits again at a node that has no vote", () => {
    const learner = configWith({ self: d, learners: [d] });
    const following = afterIn(learner, started(disk([]), learner), from(b, 1, entriesAfter(0, 0, []))).state;
    const { state, effects } = afterIn(learner, following, timeout("election"));
    expect(effects).toEqual([SET_ELECTION]);
    expect(state).toEqual({ ...following, volatile: { ...following.volatile, role: FOLLOWER } });
    const newcomer = configWith({ self: d, voters: [] });
    expect(afterIn(newcomer, started(disk([]), newcomer), timeout("election")).state.durable.term).toBe(0);
  });
});

describe("a candidate", () => {
  const candidate = after(started(), timeout("election")).state;

  test("has its own vote once its disk has it", () => {
    const { state } = raft.step(config, started(), timeout("election"));
    expect(state.volatile.role).toEqual({ type: "candidate", granted: [] });
    expect(raft.step(config, state, persisted(started())).state).toBe(state);
    expect(raft.step(config, state, persisted(state)).state.volatile.role).toEqual({ type: "candidate", granted: [a] });
  });

  test("of one voter leads once its disk has its vote, and not before", () => {
    const alone = configWith({ voters: [a] });
    const { state } = raft.step(alone, started(disk([]), alone), timeout("election"));
    expect(state.volatile.role.type).toBe("candidate");
    expect(raft.step(alone, state, persisted(state)).state.volatile.role.type).toBe("leader");
  });

  test("leads with a majority of votes, and begins with a no-op", () => {
    const { state, effects } = after(candidate, from(c, 1, vote(true)));
    const first = entriesAfter(0, 0, [noop(1)]);
    expect(effects).toEqual([CLEAR_ELECTION, SET_HEARTBEAT, sentNow(b, 1, first), sentNow(c, 1, first)]);
    expect(state.volatile.role).toMatchObject({ type: "leader", persisted: 1 });
    expect(lastIndex(state.durable.log)).toBe(1);
  });

  test.each([
    ["is denied", b, vote(false), 1],
    ["is of an earlier term", b, vote(true), 0],
    ["comes from no voter", d, vote(true), 1],
    ["is its own, and comes by message", a, vote(true), 1],
  ])("does not count a vote that %s", (_which, voter, body, term) => {
    const two = after(candidate, timeout("election"), timeout("election")).state;
    const step = after(two, from(voter, term + 2, body));
    expect(step).toEqual({ state: two, effects: [] });
    expect(step.state).toBe(two);
  });

  test("does not count a vote for its last term", () => {
    const again = after(candidate, timeout("election")).state;
    expect(after(again, from(b, 1, vote(true))).state).toBe(again);
  });

  test("counts a voter once", () => {
    const five = configWith({ voters: [a, b, c, d] });
    const one = afterIn(five, started(disk([]), five), timeout("election"), from(b, 1, vote(true))).state;
    expect(one.volatile.role).toEqual({ type: "candidate", granted: [a, b] });
    expect(afterIn(five, one, from(b, 1, vote(true))).state).toBe(one);
    expect(afterIn(five, one, from(c, 1, vote(true))).state.volatile.role.type).toBe("leader");
  });

  test("follows the leader of its term, and keeps its vote", () => {
    const { state } = after(candidate, from(b, 1, entriesAfter(0, 0, [])));
    expect(state.volatile.role).toEqual({ type: "follower", leader: b, incoming: null });
    expect(state.durable.votedFor).toBe(a);
  });

  test("becomes a follower in a higher term", () => {
    const { state, effects } = after(candidate, from(b, 4, vote(false)));
    expect(state.durable).toEqual({ ...candidate.durable, term: 4, votedFor: null });
    expect(state.volatile.role).toEqual(FOLLOWER);
    expect(effects).toEqual([]);
  });
});

describe("RequestVote RPC", () => {
  test("1. is denied below the own term, and the answer tells that term", () => {
    const state = started(disk(entriesOf([1, 3])));
    expect(after(state, from(b, 2, requestVote(9, 2)))).toEqual({ state, effects: [sent(b, 3, vote(false))] });
  });

  test("2. is granted in a higher term, once that is on disk", () => {
    const { state, effects } = after(started(), from(b, 5, requestVote(0, 0)));
    expect(state.durable).toEqual({ ...disk([]), term: 5, votedFor: b });
    expect(effects).toEqual([sent(b, 5, vote(true)), SET_ELECTION]);
  });

  test("2. is granted again to the same candidate, whose answer may be lost", () => {
    const { state } = after(started(), from(b, 5, requestVote(0, 0)));
    const again = after(state, from(b, 5, requestVote(0, 0)));
    expect(again).toEqual({ state, effects: [sent(b, 5, vote(true)), SET_ELECTION] });
    expect(again.state).toBe(state);
  });

  test("2. is not granted to another candidate of the term, nor after a restart, nor by a candidate", () => {
    const { state } = after(started(), from(b, 5, requestVote(0, 0)));
    expect(after(state, from(c, 5, requestVote(0, 0)))).toEqual({ state, effects: [] });
    const restarted = started(state.durable);
    expect(after(restarted, from(c, 5, requestVote(0, 0))).state).toBe(restarted);
    const candidate = after(started(), timeout("election")).state;
    expect(after(candidate, from(c, 1, requestVote(0, 0))).state).toBe(candidate);
  });

  test("2. is granted by a node that has no vote as far as it knows: it may have been promoted", () => {
    const learner = configWith({ self: d, learners: [d] });
    const { effects } = afterIn(learner, started(disk([]), learner), from(b, 1, requestVote(0, 0)));
    expect(effects).toEqual([sent(b, 1, vote(true)), SET_ELECTION]);
  });

  // The log of this node ends with an entry of index 3 and term 2.
  test.each([
    [3, 2, true, "the same last entry"],
    [4, 2, true, "a longer log of the same last term"],
    [1, 3, true, "a shorter log of a later last term"],
    [2, 2, false, "a shorter log of the same last term"],
    [9, 1, false, "a longer log of an earlier last term"],
  ])("2. of a candidate whose log ends at %i in term %i is granted: %s (%s)", (index, term, granted) => {
    const { state, effects } = after(started(disk(entriesOf([1, 1, 2]))), from(b, 6, requestVote(index, term)));
    expect(effects).toEqual(granted ? [sent(b, 6, vote(true)), SET_ELECTION] : []);
    expect(state.durable).toMatchObject({ term: 6, votedFor: granted ? b : null });
  });

  test("makes a leader of a lower term step down", () => {
    const leader = elected(disk([]));
    const { state, effects } = after(leader, from(b, 2, requestVote(9, 1)));
    expect(state.volatile.role).toEqual(FOLLOWER);
    expect(effects).toEqual([CLEAR_HEARTBEAT, SET_ELECTION, sent(b, 2, vote(true)), SET_ELECTION]);
  });
});

test("a leader's election timer, which does not run, changes nothing", () => {
  const leader = elected(disk([]));
  expect(after(leader, timeout("election"))).toEqual({ state: leader, effects: [] });
});

test("messages of another cluster change nothing", () => {
  const state = started();
  const foreign = { ...message(5, requestVote(0, 0)), cluster: "other" };
  expect(after(state, { type: "receive", from: b, message: foreign }).state).toBe(state);
});
