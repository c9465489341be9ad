/** Leadership transfer: dissertation, section 3.10. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  broadcast,
  c,
  CLEAR_HEARTBEAT,
  CLEAR_TRANSFER,
  configWith,
  d,
  disk,
  elected,
  entriesAfter,
  from,
  matchedTo,
  refused,
  request,
  sent,
  SET_ELECTION,
  SET_TRANSFER,
  started,
  timeout,
} from "../conformance/raft-scenario.ts";
import type { NodeId } from "../protocol.ts";
import { leaderOf } from "./state.ts";
import type { RaftInput } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

const transfer = (to: NodeId): RaftInput => request({ type: "transferLeadership", to });
const TIMEOUT_NOW: RaftMessageBody = { type: "timeoutNow" };
const config = configWith({ learners: [d] });
const leader = afterIn(config, elected(disk([]), config), from(b, 1, matchedTo(1))).state;

describe("the leader", () => {
  test("asks a target that has its whole log to campaign", () => {
    const { state, effects } = afterIn(config, leader, transfer(b));
    expect(effects).toEqual([SET_TRANSFER, sent(b, 1, TIMEOUT_NOW)]);
    expect(leaderOf(state)?.transfer).toBe(b);
  });

  test("waits for another one to catch up", () => {
    const waiting = afterIn(config, leader, transfer(c));
    expect(waiting.effects).toEqual([SET_TRANSFER]);
    expect(afterIn(config, waiting.state, from(c, 1, matchedTo(0))).effects).not.toContainEqual(
      sent(c, 1, TIMEOUT_NOW),
    );
    expect(afterIn(config, waiting.state, from(c, 1, matchedTo(1))).effects).toContainEqual(sent(c, 1, TIMEOUT_NOW));
    expect(afterIn(config, waiting.state, from(b, 1, matchedTo(1))).effects).not.toContainEqual(
      sent(b, 1, TIMEOUT_NOW),
    );
  });

  test("asks again, as the message may be lost, whenever the target answers", () => {
    const asked = afterIn(config, leader, transfer(b)).state;
    expect(afterIn(config, asked, from(b, 1, matchedTo(1))).effects).toEqual([sent(b, 1, TIMEOUT_NOW)]);
  });

  test("takes no commands meanwhile, and goes on when the timer gives the transfer up", () => {
    const asked = afterIn(config, leader, transfer(b)).state;
    expect(afterIn(config, asked, broadcast("x")).effects).toEqual([refused(broadcast("x"), "transferring", a)]);
    const { state, effects } = afterIn(config, asked, timeout("transfer"));
    expect([state, effects]).toEqual([leader, []]);
    expect(afterIn(config, state, broadcast("x")).effects).toHaveLength(1);
  });

  test("stops the timer when it steps down", () => {
    const asked = afterIn(config, leader, transfer(b)).state;
    const { effects } = afterIn(config, asked, from(b, 2, entriesAfter(0, 0, [])));
    expect(effects.slice(0, 3)).toEqual([CLEAR_HEARTBEAT, CLEAR_TRANSFER, SET_ELECTION]);
  });

  test.each([
    ["to itself", transfer(a), "targetIsLeader"],
    ["to a learner", transfer(d), "targetNotVoter"],
    ["to a stranger", transfer(configWith({ self: "z" as NodeId, voters: [] }).self), "targetNotVoter"],
  ] as const)("refuses to transfer %s", (_to, asked, reason) => {
    expect(afterIn(config, leader, asked)).toEqual({ state: leader, effects: [refused(asked, reason, a)] });
  });

  test("refuses a second transfer, and a follower any", () => {
    const asked = afterIn(config, leader, transfer(b)).state;
    expect(afterIn(config, asked, transfer(c)).effects).toEqual([refused(transfer(c), "transferring", a)]);
    expect(after(started(), transfer(b)).effects).toEqual([refused(transfer(b), "notLeader", null)]);
  });
});

describe("the target", () => {
  const preVoting = configWith({ preVote: true, checkQuorum: { electionTicks: 3 } });
  const following = afterIn(preVoting, started(disk([]), preVoting), from(b, 1, entriesAfter(0, 0, []))).state;

  test("campaigns at once, without asking first, and says that it was asked to", () => {
    const { state, effects } = afterIn(preVoting, following, from(b, 1, TIMEOUT_NOW));
    const body = { type: "requestVote", lastLogIndex: 0, lastLogTerm: 0, transfer: true } as const;
    expect(effects).toEqual([sent(b, 2, body), sent(c, 2, body), SET_ELECTION]);
    expect(state.volatile.role.type).toBe("candidate");
  });

  test("does not in a later term, as a candidate, or without a vote", () => {
    const later = afterIn(preVoting, following, from(c, 2, entriesAfter(0, 0, []))).state;
    expect(afterIn(preVoting, later, from(b, 1, TIMEOUT_NOW)).state).toBe(later);
    const candidate = after(started(), timeout("election")).state;
    expect(after(candidate, from(b, 1, TIMEOUT_NOW)).state).toBe(candidate);
    const learner = configWith({ self: d, learners: [d] });
    const learning = afterIn(learner, started(disk([]), learner), from(b, 1, entriesAfter(0, 0, []))).state;
    expect(afterIn(learner, learning, from(b, 1, TIMEOUT_NOW)).state).toBe(learning);
  });
});
