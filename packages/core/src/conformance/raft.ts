/** Raft as a subject of the conformance suite: clusters, requests and messages of every kind. */

import fc from "fast-check";
import { emptyLog } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import { raft, raftConfig } from "../raft/index.ts";
import type { Raft, RaftConfiguration, RaftEntry, RaftMessage, RaftOptions, RaftRequest } from "../raft/index.ts";
import type { AppendEntriesReply, InstallSnapshotReply } from "../raft/messages.ts";
import type { Member } from "./cluster.ts";
import type { Subject } from "./conformance.ts";

/** What distinguishes one cluster from another. */
export type RaftClusterOptions = Omit<RaftOptions, "self" | "voters" | "learners">;

/** The members of a Raft cluster, each with its configuration. Those in `joining` begin knowing no configuration. */
export function raftMembers(
  voters: readonly string[],
  options: RaftClusterOptions = {},
  learners: readonly string[] = [],
  joining: readonly string[] = [],
): readonly Member<Raft>[] {
  const bootstrap = { voters: voters.map(nodeId), learners: learners.map(nodeId) };
  const founders = [...bootstrap.voters, ...bootstrap.learners].map((id) => ({
    id,
    config: raftConfig({ ...options, ...bootstrap, self: id }),
  }));
  return [...founders, ...joining.map(nodeId).map((id) => ({ id, config: raftConfig({ ...options, self: id }) }))];
}

/** Limits so low that short runs meet them. */
const LOW: RaftClusterOptions = { entriesPerMessageMax: 2, inflightMax: 2, uncommittedMax: 3 };
const CHECKED: RaftClusterOptions = { preVote: true, checkQuorum: { electionTicks: 2 } };
const LEASED: RaftClusterOptions = { ...CHECKED, reads: { type: "lease", leaseTicks: 1, driftTicks: 0 } };

/** Small clusters and large ones. In the small ones, short runs get further. */
const clusters: fc.Arbitrary<readonly Member<Raft>[]> = fc.oneof(
  fc.constant(raftMembers(["a"])),
  { arbitrary: fc.constant(raftMembers(["a"], LOW, ["b"])), weight: 4 },
  fc.constant(raftMembers(["a"], LEASED, ["b"], ["c"])),
  { arbitrary: fc.constant(raftMembers(["a", "b"], LOW)), weight: 5 },
  fc.constant(raftMembers(["a", "b", "c"])),
  // Not the order of the names.
  fc.constant(raftMembers(["c", "a", "b"], { ...LOW, preVote: true })),
  fc.constant(raftMembers(["a", "b", "c"], CHECKED)),
  fc.constant(raftMembers(["a", "b", "c"], { ...LOW, ...LEASED }, ["d"])),
  fc.constant(raftMembers(["a", "b"], LOW, ["c"], ["d"])),
  fc.constant(raftMembers(["a", "b", "c", "d", "e"])),
);

/**
 * Raft behind a transport that lets in no node but those that a cluster here may have: in Raft, anyone may be a new member.
 * A lone voter with learners begins with the disk of an earlier life, so that they have to be sent its snapshot.
 */
const behindTransport: Protocol<Raft> = {
  ...raft,
  initial(config) {
    const { voters, learners } = config.bootstrap;
    if (learners.length === 0 || voters.length > 1 || !voters.includes(config.self)) return raft.initial(config);
    const snapshot = { index: 2, term: 1, configuration: null, chunks: ["x", "y"] };
    return { term: 1, votedFor: config.self, log: emptyLog(snapshot.index), snapshot };
  },
  step(config, state, input) {
    const isStranger = input.type === "receive" && !["a", "b", "c", "d", "e"].includes(input.from);
    return isStranger ? { state, effects: [] } : raft.step(config, state, input);
  },
};

/** Commands and the like, a byte string among them, since those need care. */
const value: fc.Arbitrary<Plain> = fc.oneof(
  fc.constantFrom("x", "y", null),
  fc.nat(3),
  fc.array(fc.nat(255), { maxLength: 2 }).map((numbers) => Uint8Array.from(numbers)),
);
const chunks = fc.array(value, { maxLength: 3 });

/** Small numbers, and such as no node sends. */
const number = fc.oneof(
  { arbitrary: fc.nat(5), weight: 12 },
  { arbitrary: fc.constantFrom(-1, 2 ** 52, Number.MAX_SAFE_INTEGER), weight: 1 },
);

function requests(nodes: readonly NodeId[]): fc.Arbitrary<RaftRequest> {
  const broadcast = fc.record({
    type: fc.constant("broadcast" as const),
    commands: fc.array(value, { maxLength: 3 }),
  });
  const read = fc.record({ type: fc.constant("read" as const), id: value });
  return fc.oneof(
    { arbitrary: broadcast, weight: 4 },
    { arbitrary: read, weight: 4 },
    { arbitrary: fc.record({ type: fc.constant("compact" as const), index: number, chunks }), weight: 4 },
    {
      arbitrary: fc.record({
        type: fc.constant("changeMembership" as const),
        voters: fc.subarray([...nodes]),
        learners: fc.subarray([...nodes], { maxLength: 1 }),
      }),
      weight: 2,
    },
    {
      arbitrary: fc.record({ type: fc.constant("transferLeadership" as const), to: fc.constantFrom(...nodes) }),
      weight: 10,
    },
  );
}

/** Configurations of `nodes`, most of them such as may be: nobody sends to a node that its cluster does not have. */
function configurations(nodes: readonly NodeId[]): fc.Arbitrary<RaftConfiguration> {
  const list = fc.subarray([...nodes]);
  const impossible = fc.record({ voters: list, outgoing: list, learners: list, learnersNext: list });
  const simple = fc.subarray([...nodes], { minLength: Math.min(1, nodes.length) }).map((voters) => ({
    voters: [...voters].sort(),
    outgoing: [],
    learners: [],
    learnersNext: [],
  }));
  return fc.oneof({ arbitrary: simple, weight: 3 }, { arbitrary: impossible, weight: 1 });
}

function entries(nodes: readonly NodeId[]): fc.Arbitrary<RaftEntry> {
  return fc.oneof(
    fc.record({ type: fc.constant("noop" as const), term: number }),
    fc.record({ type: fc.constant("command" as const), term: number, command: value }),
    fc.record({ type: fc.constant("configuration" as const), term: number, configuration: configurations(nodes) }),
  );
}

/** Entries in an order that a log can have, more often than not. */
function batches(nodes: readonly NodeId[]): fc.Arbitrary<readonly RaftEntry[]> {
  const batch = fc.array(entries(nodes), { maxLength: 3 });
  return fc.oneof(
    batch,
    batch.map((list) => [...list].sort((a, b) => a.term - b.term)),
  );
}

const matched = fc.record({ type: fc.constant("matched" as const), matchIndex: number });
const staleTerm = fc.constant({ type: "staleTerm" as const });

const appendResult: fc.Arbitrary<AppendEntriesReply["result"]> = fc.oneof(
  matched,
  fc.record({ type: fc.constant("conflict" as const), prevLogIndex: number, index: number, term: number }),
  staleTerm,
);
const installResult: fc.Arbitrary<InstallSnapshotReply["result"]> = fc.oneof(
  matched,
  fc.record({ type: fc.constant("wanted" as const), chunk: number }),
  staleTerm,
);

/** The last of `nodes` is the stranger, whom no configuration may have. */
function messages(nodes: readonly NodeId[]): fc.Arbitrary<RaftMessage> {
  const members = nodes.slice(0, -1);
  const header = {
    cluster: fc.oneof({ arbitrary: fc.constant(""), weight: 12 }, { arbitrary: fc.constant("other"), weight: 1 }),
    term: number,
  };
  const lastEntry = { lastLogIndex: number, lastLogTerm: number };
  const voteGranted = fc.boolean();
  return fc.oneof(
    fc.record({ ...header, type: fc.constant("requestVote" as const), ...lastEntry, transfer: fc.boolean() }),
    fc.record({ ...header, type: fc.constant("requestVoteReply" as const), voteGranted }),
    fc.record({ ...header, type: fc.constant("preVote" as const), ...lastEntry }),
    fc.record({ ...header, type: fc.constant("preVoteReply" as const), voteGranted }),
    fc.record({
      ...header,
      type: fc.constant("appendEntries" as const),
      prevLogIndex: number,
      prevLogTerm: number,
      entries: batches(members),
      leaderCommit: number,
      round: number,
    }),
    fc.record({ ...header, type: fc.constant("appendEntriesReply" as const), round: number, result: appendResult }),
    fc.record({
      ...header,
      type: fc.constant("installSnapshot" as const),
      lastIncludedIndex: number,
      lastIncludedTerm: number,
      configuration: fc.option(configurations(members)),
      chunk: fc.oneof(fc.constant(0), number),
      data: value,
      done: fc.boolean(),
    }),
    fc.record({
      ...header,
      type: fc.constant("installSnapshotReply" as const),
      lastIncludedIndex: number,
      result: installResult,
    }),
    fc.record({ ...header, type: fc.constant("timeoutNow" as const) }),
    fc.record({ ...header, type: fc.constant("readIndex" as const), id: value }),
    fc.record({ ...header, type: fc.constant("readIndexReply" as const), id: value, index: number }),
  );
}

export const raftSubject: Subject<Raft> = {
  protocol: behindTransport,
  clusters,
  requests,
  messages,
};
