/** Ticks: dissertation, sections 4.2.3, 6.2 and 6.4.1. Leaders check their quorum, followers keep their leader, leases. */

import { describe, expect, test } from "vitest";
import {
  afterIn,
  b,
  c,
  CLEAR_HEARTBEAT,
  configWith,
  disk,
  elected,
  entriesAfter,
  from,
  matchedTo,
  output,
  request,
  sent,
  sentNow,
  SET_ELECTION,
  SET_TICK,
  started,
  timeout,
  vote,
} from "../conformance/raft-scenario.ts";
import { raft } from "./index.ts";
import { leaderOf } from "./state.ts";
import type { RaftInput, RaftState } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

const TICK = timeout("tick");
const HEARTBEAT = timeout("heartbeat");
const checked = configWith({ checkQuorum: { electionTicks: 3 } });
const requestVote = (transfer: boolean): RaftMessageBody => ({
  type: "requestVote",
  lastLogIndex: 9,
  lastLogTerm: 1,
  transfer,
});
const read: RaftInput = request({ type: "read", id: "r" });
const readable = (index: number) => output({ type: "readable", id: "r", index });

describe("a follower that checks", () => {
  const following = afterIn(checked, started(disk([]), checked), from(b, 1, entriesAfter(0, 0, []))).state;

  test("counts its ticks from when it heard from a leader, and no further than it must", () => {
    expect(raft.start(checked, disk([])).effects).toEqual([SET_ELECTION, SET_TICK]);
    const quiet = (ticks: number) =>
      afterIn(checked, following, ...Array.from({ length: ticks }, () => TICK)).state.volatile.quietTicks;
    expect([0, 1, 2, 3, 4].map(quiet)).toEqual([0, 1, 2, 3, 3]);
    const saturated = afterIn(checked, following, TICK, TICK, TICK).state;
    const again = afterIn(checked, saturated, TICK);
    expect(again).toEqual({ state: saturated, effects: [SET_TICK] });
    expect(again.state).toBe(saturated);
  });

  test("does not help to elect another leader, and does not take its term, for as long as an election", () => {
    const two = afterIn(checked, following, TICK, TICK).state;
    expect(afterIn(checked, two, from(c, 5, requestVote(false)))).toEqual({ state: two, effects: [] });
    expect(afterIn(checked, two, from(c, 1, { type: "preVote", lastLogIndex: 9, lastLogTerm: 1 })).effects).toEqual([]);
    const three = afterIn(checked, two, TICK).state;
    expect(afterIn(checked, three, from(c, 5, requestVote(false))).effects[0]).toEqual(sent(c, 5, vote(true)));
  });

  test("does where the leader has asked for it", () => {
    expect(afterIn(checked, following, from(c, 5, requestVote(true))).effects[0]).toEqual(sent(c, 5, vote(true)));
  });

  test("does not campaign either", () => {
    const early = afterIn(checked, following, timeout("election"));
    expect(early).toEqual({ state: following, effects: [SET_ELECTION] });
    const late = afterIn(checked, following, TICK, TICK, TICK, timeout("election")).state;
    expect(late.volatile.role.type).toBe("candidate");
  });

  test("begins a life free to vote, unless it may have acknowledged a lease in the last one", () => {
    expect(started(disk([]), checked).volatile.quietTicks).toBe(3);
    const leased = configWith({
      checkQuorum: { electionTicks: 3 },
      reads: { type: "lease", leaseTicks: 2, driftTicks: 0 },
    });
    expect(started(disk([]), leased).volatile.quietTicks).toBe(0);
  });
});

describe("a leader that checks", () => {
  const leader = elected(disk([]), checked);

  test("does not help to elect another one", () => {
    expect(afterIn(checked, leader, from(c, 5, requestVote(false)))).toEqual({ state: leader, effects: [] });
  });

  test("steps down if it has not heard from a quorum for as long as an election", () => {
    const two = afterIn(checked, leader, TICK, TICK).state;
    const { state, effects } = afterIn(checked, two, TICK);
    expect(state.volatile.role).toEqual({ type: "follower", leader: null, incoming: null });
    expect(effects).toEqual([CLEAR_HEARTBEAT, SET_ELECTION, SET_TICK]);
    expect(state.durable).toBe(leader.durable);
  });

  test("goes on if it has, and counts anew", () => {
    const heard = afterIn(checked, leader, TICK, from(b, 1, matchedTo(1)), TICK, TICK).state;
    expect(leaderOf(heard)).toMatchObject({ ticks: 0 });
    expect(leaderOf(heard)?.progress.map(({ isActive }) => isActive)).toEqual([false, false]);
    expect(afterIn(checked, heard, TICK, TICK, TICK).state.volatile.role.type).toBe("follower");
  });
});

test("where nobody checks, ticks and quiet mean nothing", () => {
  const plain = configWith();
  const state = started(disk([]), plain);
  expect(afterIn(plain, state, TICK).state).toBe(state);
  expect(state.volatile.quietTicks).toBe(0);
  expect(leaderOf(elected(disk([]), plain))).toMatchObject({ ticks: 0, lease: null });
});

describe("leases", () => {
  const leased = configWith({
    checkQuorum: { electionTicks: 6 },
    reads: { type: "lease", leaseTicks: 4, driftTicks: 1 },
  });
  const ticks = (count: number) => Array.from({ length: count }, () => TICK);
  // A node begins such a life as if it had just heard from a leader.
  const candidate = afterIn(leased, started(disk([]), leased), ...ticks(6), timeout("election")).state;
  const leader = afterIn(leased, candidate, from(b, 1, vote(true)), from(b, 1, matchedTo(1))).state;
  const leaseOf = (state: RaftState) => leaderOf(state)?.lease;

  test("begin with a heartbeat that a quorum acknowledges", () => {
    const asked = afterIn(leased, leader, HEARTBEAT);
    expect(asked.effects[0]).toEqual(sentNow(b, 1, entriesAfter(1, 1, [], 1, 1)));
    expect(leaseOf(asked.state)).toEqual({ left: 0, measuring: { round: 1, age: 0 } });
    const { state } = afterIn(leased, asked.state, from(c, 1, matchedTo(1, 1)));
    expect(leaseOf(state)).toEqual({ left: 4, measuring: null });
    expect(afterIn(leased, state, read)).toEqual({ state, effects: [readable(1)] });
  });

  test("count from when the round was first sent, though it is sent again", () => {
    const { state } = afterIn(leased, leader, HEARTBEAT, TICK, HEARTBEAT, TICK, from(b, 1, matchedTo(1, 1)));
    expect(leaseOf(state)).toEqual({ left: 2, measuring: null });
  });

  test("end: then reads ask a quorum", () => {
    const { state } = afterIn(leased, leader, HEARTBEAT, from(b, 1, matchedTo(1, 1)), ...ticks(3));
    expect(leaseOf(state)).toEqual({ left: 1, measuring: null });
    const ended = afterIn(leased, state, TICK).state;
    expect(afterIn(leased, ended, read).effects).toEqual([
      sentNow(b, 1, entriesAfter(1, 1, [], 1, 2)),
      sentNow(c, 1, entriesAfter(0, 0, [], 1, 2)),
    ]);
  });

  test("are not renewed by a round that is too old", () => {
    const { state } = afterIn(leased, leader, HEARTBEAT, ...ticks(4), from(b, 1, matchedTo(1, 1)));
    expect(leaseOf(state)).toEqual({ left: 0, measuring: null });
  });

  test("are renewed one round at a time", () => {
    const { state } = afterIn(leased, leader, HEARTBEAT, from(b, 1, matchedTo(1, 1)), TICK, HEARTBEAT);
    expect(leaseOf(state)).toEqual({ left: 3, measuring: { round: 2, age: 0 } });
    expect(leaseOf(afterIn(leased, state, TICK, from(b, 1, matchedTo(1, 1))).state)).toMatchObject({ left: 2 });
    expect(leaseOf(afterIn(leased, state, TICK, from(b, 1, matchedTo(1, 2))).state)).toEqual({
      left: 3,
      measuring: null,
    });
  });

  test("serve nothing before an entry of the own term is committed", () => {
    const elect = afterIn(leased, candidate, from(b, 1, vote(true))).state;
    // The answer to a heartbeat says that the logs agree before the no-op, and acknowledges the round.
    const { state } = afterIn(leased, elect, HEARTBEAT, from(b, 1, matchedTo(0, 1)));
    expect(leaseOf(state)).toMatchObject({ left: 4 });
    expect(afterIn(leased, state, read).effects).toEqual([]);
  });

  test("are over once the target of a transfer has been asked: its votes regard none", () => {
    const holding = afterIn(leased, leader, HEARTBEAT, from(b, 1, matchedTo(1, 1))).state;
    const transfer = request({ type: "transferLeadership", to: b });
    const { state } = afterIn(leased, holding, transfer);
    expect(leaseOf(state)).toBe(null);
    expect(afterIn(leased, state, read).effects).not.toContainEqual(readable(1));
    // And stay so after the transfer was given up, since the target may still get the message.
    const later = afterIn(leased, state, timeout("transfer"), HEARTBEAT, from(b, 1, matchedTo(1, 1)), read);
    expect(later.effects).not.toContainEqual(readable(1));
  });

  test("are forgotten with leadership", () => {
    const holding = afterIn(leased, leader, HEARTBEAT, from(b, 1, matchedTo(1, 1))).state;
    expect(afterIn(leased, holding, from(c, 3, entriesAfter(0, 0, [])), read).effects).toEqual([
      sent(c, 3, { type: "readIndex", id: "r" }),
    ]);
  });
});
