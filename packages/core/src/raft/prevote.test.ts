/** Prevote: dissertation, section 9.6. */

import { describe, expect, test } from "vitest";
import {
  a,
  afterIn,
  b,
  c,
  configWith,
  d,
  disk,
  entriesAfter,
  entriesOf,
  from,
  sent,
  SET_ELECTION,
  started,
  timeout,
} from "../conformance/raft-scenario.ts";
import type { RaftMessageBody } from "./messages.ts";

const config = configWith({ preVote: true });
const preVote = (lastLogIndex: number, lastLogTerm: number): RaftMessageBody => ({
  type: "preVote",
  lastLogIndex,
  lastLogTerm,
});
const preVoted = (voteGranted: boolean): RaftMessageBody => ({ type: "preVoteReply", voteGranted });
const fresh = started(disk(entriesOf([1, 2])), config);

describe("the election timer", () => {
  test("asks, and promises nothing", () => {
    const { state, effects } = afterIn(config, fresh, timeout("election"));
    expect(effects).toEqual([sent(b, 2, preVote(2, 2)), sent(c, 2, preVote(2, 2)), SET_ELECTION]);
    expect(state.durable).toBe(fresh.durable);
    expect(state.volatile.role).toEqual({ type: "preCandidate", granted: [a] });
    expect(afterIn(config, state, timeout("election"))).toEqual({ state, effects });
  });

  test("of a lone voter begins the campaign", () => {
    const alone = configWith({ preVote: true, voters: [a] });
    expect(afterIn(alone, started(disk([]), alone), timeout("election")).state.volatile.role.type).toBe("leader");
  });
});

describe("a question", () => {
  test("is granted to an up-to-date log, in the term of the question, and changes nothing", () => {
    const step = afterIn(config, fresh, from(b, 7, preVote(2, 2)));
    expect(step).toEqual({ state: fresh, effects: [sent(b, 7, preVoted(true))] });
    expect(step.state).toBe(fresh);
  });

  test("is not granted to a log that is behind", () => {
    expect(afterIn(config, fresh, from(b, 7, preVote(1, 2)))).toEqual({ state: fresh, effects: [] });
  });

  test("from an earlier term is answered with the term, so that the asker catches up", () => {
    expect(afterIn(config, fresh, from(b, 1, preVote(9, 1))).effects).toEqual([sent(b, 2, preVoted(false))]);
    const asker = afterIn(config, started(disk(entriesOf([1, 1])), config), timeout("election"));
    const { state } = afterIn(config, asker.state, from(b, 2, preVoted(false)));
    expect(state.durable.term).toBe(2);
    expect(state.volatile.role).toEqual({ type: "follower", leader: null, incoming: null });
  });

  test("is not granted while a leader is followed, until the election timer gives it up", () => {
    const following = afterIn(config, fresh, from(c, 2, entriesAfter(2, 2, []))).state;
    expect(afterIn(config, following, from(b, 2, preVote(2, 2)))).toEqual({ state: following, effects: [] });
    const left = afterIn(config, following, timeout("election")).state;
    expect(afterIn(config, left, from(b, 2, preVote(2, 2))).effects).toEqual([sent(b, 2, preVoted(true))]);
  });

  test("is granted where time is counted when a leader was not heard for an election's time, though it is still followed", () => {
    const counting = configWith({ preVote: true, checkQuorum: { electionTicks: 2 } });
    const following = afterIn(counting, fresh, from(c, 2, entriesAfter(2, 2, []))).state;
    const ticked = afterIn(counting, following, timeout("tick")).state;
    expect(afterIn(counting, ticked, from(b, 2, preVote(2, 2)))).toEqual({ state: ticked, effects: [] });
    const silent = afterIn(counting, ticked, timeout("tick")).state;
    expect(silent.volatile.role).toMatchObject({ type: "follower", leader: c });
    expect(afterIn(counting, silent, from(b, 2, preVote(2, 2))).effects).toEqual([sent(b, 2, preVoted(true))]);
  });

  test("is not granted by a leader", () => {
    const alone = configWith({ preVote: true, voters: [a] });
    const leader = afterIn(alone, started(disk([]), alone), timeout("election")).state;
    expect(afterIn(alone, leader, from(b, 1, preVote(9, 1)))).toEqual({ state: leader, effects: [] });
  });
});

describe("a node that asks", () => {
  const asking = afterIn(config, fresh, timeout("election")).state;

  test("campaigns with a majority", () => {
    const { state } = afterIn(config, asking, from(b, 2, preVoted(true)));
    expect(state.durable).toMatchObject({ term: 3, votedFor: a });
    expect(state.volatile.role).toEqual({ type: "candidate", granted: [a] });
  });

  test.each([
    ["a denial", b, 2, false],
    ["a stranger's grant", d, 2, true],
    ["a grant of an earlier question", b, 1, true],
  ])("does not count %s", (_which, node, term, granted) => {
    expect(afterIn(config, asking, from(node, term, preVoted(granted))).state).toBe(asking);
  });

  test("counts a voter once", () => {
    const four = configWith({ preVote: true, voters: [a, b, c, d] });
    const one = afterIn(four, fresh, timeout("election"), from(b, 2, preVoted(true))).state;
    expect(one.volatile.role).toEqual({ type: "preCandidate", granted: [a, b] });
    expect(afterIn(four, one, from(b, 2, preVoted(true))).state).toBe(one);
  });

  test("stops when it hears from a leader", () => {
    const { state } = afterIn(config, asking, from(b, 2, entriesAfter(2, 2, [])), from(c, 2, preVoted(true)));
    expect(state.volatile.role).toMatchObject({ type: "follower", leader: b });
  });
});
