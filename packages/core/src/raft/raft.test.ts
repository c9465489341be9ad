/** The node as a whole: its configuration, and messages that no node sends. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  b,
  c,
  change,
  command,
  configuration,
  d,
  disk,
  elected,
  entriesAfter,
  entriesOf,
  from,
  matchedTo,
  noop,
  started,
} from "../conformance/raft-scenario.ts";
import { raftConfig } from "./index.ts";
import type { RaftConfiguration, RaftOptions } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

describe("raftConfig", () => {
  test("turns on only what it is asked for", () => {
    expect(raftConfig({ self: a, voters: [c, a, b] })).toEqual({
      self: a,
      cluster: "",
      bootstrap: configuration([a, b, c]),
      preVote: false,
      checkQuorum: null,
      reads: { type: "index" },
      entriesPerMessageMax: 256,
      inflightMax: 64,
      uncommittedMax: 4096,
    });
    expect(raftConfig({ self: d }).bootstrap).toEqual(configuration([]));
  });

  const lease = (leaseTicks: number, driftTicks: number, electionTicks: number): Partial<RaftOptions> => ({
    reads: { type: "lease", leaseTicks, driftTicks },
    checkQuorum: { electionTicks },
  });

  test("takes a lease that ends before the promises that it rests on", () => {
    expect(raftConfig({ self: a, voters: [a], ...lease(8, 1, 10) }).reads).toEqual({ type: "lease", leaseTicks: 8 });
  });

  test.each([
    ["Node a is named twice among the voters and learners.", { voters: [a, a] }],
    ["Node b is named twice among the voters and learners.", { voters: [a, b], learners: [b] }],
    ["There are learners, but no voters.", { voters: [], learners: [b] }],
    ["inflightMax is 0, and has to be a safe integer of at least 1.", { inflightMax: 0 }],
    ["entriesPerMessageMax is 1.5, and has to be a safe integer of at least 1.", { entriesPerMessageMax: 1.5 }],
    ["uncommittedMax is -1, and has to be a safe integer of at least 1.", { uncommittedMax: -1 }],
    ["electionTicks is 0, and has to be a safe integer of at least 1.", { checkQuorum: { electionTicks: 0 } }],
    ["leaseTicks is 0, and has to be a safe integer of at least 1.", lease(0, 1, 10)],
    ["driftTicks is -1, and has to be a safe integer of at least 0.", lease(1, -1, 10)],
    ["A lease of 9 ticks, with a drift of 1, has to end before an election of 10.", lease(9, 1, 10)],
    [
      "Leases need checkQuorum: followers have to keep their leader.",
      { reads: { type: "lease", leaseTicks: 1, driftTicks: 0 } },
    ],
  ] as const)("refuses: %s", (message, options) => {
    expect(() => raftConfig({ self: a, voters: [a, b], ...options })).toThrow(new RangeError(message));
  });
});

describe("a message that no node sends changes nothing", () => {
  const append = (prevLogIndex: number, prevLogTerm: number, ...entries: Parameters<typeof entriesAfter>[2]) =>
    entriesAfter(prevLogIndex, prevLogTerm, entries);
  const ask = (lastLogIndex: number, lastLogTerm: number): RaftMessageBody => ({
    type: "requestVote",
    lastLogIndex,
    lastLogTerm,
    transfer: true,
  });
  const install = (
    lastIncludedIndex: number,
    lastIncludedTerm: number,
    of: RaftConfiguration | null = null,
  ): RaftMessageBody => ({
    type: "installSnapshot",
    lastIncludedIndex,
    lastIncludedTerm,
    configuration: of,
    chunk: 0,
    data: "s",
    done: true,
  });

  const messages: readonly (readonly [string, number, RaftMessageBody])[] = [
    ["a term of 0", 0, append(0, 0)],
    ["a negative term", -1, ask(0, 0)],
    ["a term that is no integer", 1.5, ask(0, 0)],
    ["a term beyond counting", 2 ** 52 + 1, { type: "timeoutNow" }],
    ["a log whose last term is above the candidate's", 5, ask(3, 6)],
    ["an empty log with a term", 5, ask(0, 1)],
    ["a log of no term", 5, ask(1, 0)],
    ["a prevote with a negative index", 5, { type: "preVote", lastLogIndex: -1, lastLogTerm: 1 }],
    ["a prevote's answer beyond counting", 2 ** 53 - 1, { type: "preVoteReply", voteGranted: false }],
    ["entries before the first one", 5, append(-1, 0)],
    ["entries after one of a later term", 5, append(1, 6)],
    ["entries after nothing, with a term", 5, append(0, 1, noop(1))],
    ["entries of a term above the leader's", 5, append(0, 0, noop(6))],
    ["entries of terms that decrease", 5, append(0, 0, noop(3), noop(2))],
    ["entries of a term before the one before them", 5, append(2, 3, noop(2))],
    ["a negative commit index", 5, entriesAfter(0, 0, [], -1)],
    ["a negative round", 5, entriesAfter(0, 0, [], 0, -1)],
    ["a configuration without voters", 5, append(0, 0, change(1, configuration([])))],
    ["a configuration out of order", 5, append(0, 0, change(1, configuration([b, a])))],
    ["a configuration with a voter that learns", 5, append(0, 0, change(1, configuration([a], { learners: [a] })))],
    [
      "a configuration with a next learner that is not outgoing",
      5,
      append(0, 0, change(1, configuration([a], { learnersNext: [b] }))),
    ],
    ["a snapshot of nothing", 5, install(0, 0)],
    ["a snapshot of a later term", 5, install(3, 6)],
    ["a snapshot of no configuration", 5, install(3, 1, configuration([]))],
    ["an answer with a negative index", 1, matchedTo(-1)],
    ["an answer with a negative round", 1, matchedTo(1, -1)],
    [
      "an answer that wants a negative chunk",
      1,
      { type: "installSnapshotReply", lastIncludedIndex: 1, result: { type: "wanted", chunk: -1 } },
    ],
    ["a read index beyond counting", 1, { type: "readIndexReply", id: "r", index: 2 ** 53 }],
  ];
  const states = [started(disk(entriesOf([1]))), elected(disk([]))] as const;

  test.each(messages)("%s", (_what, term, body) => {
    for (const state of states) {
      const step = after(state, from(b, term, body));
      expect(step).toEqual({ state, effects: [] });
      expect(step.state).toBe(state);
    }
  });

  test("an answer of a stranger's, whatever its term", () => {
    const [, leader] = states;
    for (const body of [matchedTo(1), { type: "requestVoteReply", voteGranted: false } as const]) {
      expect(after(leader, from(d, 9, body)).state).toBe(leader);
    }
  });

  test("but a stranger that asks may be a new member, and is answered", () => {
    const [follower] = states;
    expect(after(follower, from(d, 2, append(0, 0, command(1, "x")))).state.volatile.role).toMatchObject({ leader: d });
    expect(after(follower, from(d, 2, ask(1, 1))).state.durable.votedFor).toBe(d);
  });
});
