import fc from "fast-check";
import { describe, test } from "vitest";
import { conformance } from "../conformance/index.ts";
import type { Subject } from "../conformance/index.ts";
import { encode } from "../conformance/codec.ts";
import { journal } from "../conformance/journal.ts";
import type { Journal } from "../conformance/journal.ts";
import { raftSubject } from "../conformance/raft.ts";
import { singleNode } from "../conformance/single-node.ts";
import type { SingleNode } from "../conformance/single-node.ts";
import { nodeId } from "../protocol.ts";
import type { Raft, RaftRequest } from "../raft/index.ts";
import type { RequestBeyond } from "../total-order/index.ts";
import { replicated, sessions } from "./index.ts";
import type { Replicated, StateMachine, WithSessions } from "./index.ts";

const self = nodeId("a");
const clusters = fc.constant([{ id: self, config: { self } }]);
const messages = () => fc.constant({ type: "hello" } as const);

const write = fc.record({ type: fc.constant("write" as const), word: fc.constantFrom("x", "y", "") });
const number = fc.nat(6);
const command: fc.Arbitrary<WithSessions<Journal>["command"]> = fc.oneof(
  fc.record({ type: fc.constant("register" as const), client: fc.constantFrom("ada", "bob") }),
  fc
    .record({ session: number, sequence: number, acknowledged: number, command: write })
    .map((fields) => ({ type: "invoke" as const, ...fields })),
);

function requests<C>(commands: fc.Arbitrary<C>) {
  const query = fc.record({ type: fc.constant("word" as const), at: fc.nat(3) });
  return fc.oneof(
    fc.record({ type: fc.constant("broadcast" as const), commands: fc.array(commands, { maxLength: 3 }) }),
    fc.record({ type: fc.constant("read" as const), id: fc.nat(), query }),
    fc.constant({ type: "snapshot" } as const),
  );
}

const replica: Subject<Replicated<SingleNode, Journal>> = {
  protocol: replicated(singleNode, journal),
  clusters,
  requests: () => requests(write),
  messages,
};
const replicaWithSessions: Subject<Replicated<SingleNode, WithSessions<Journal>>> = {
  protocol: replicated(singleNode, sessions(journal, { sessionsMax: 2 })),
  clusters,
  requests: () => requests(command),
  messages,
};

/** Messages of Raft bring snapshots of all kinds, and this journal can read them all. */
const indulgent: StateMachine<Journal> = { ...journal, fromChunks: (chunks) => chunks.map(encode) };
const raftReplica: Subject<Replicated<Raft, Journal>> = {
  protocol: replicated(raftSubject.protocol, indulgent),
  clusters: raftSubject.clusters.map((members) => members.map(({ id, config }) => ({ id, config }))),
  requests: (nodes) => fc.oneof(requests(write), raftSubject.requests(nodes).filter(isBeyond)),
  messages: (nodes) => raftSubject.messages(nodes),
};

function isBeyond(request: RaftRequest): request is RequestBeyond<Raft> {
  return request.type === "changeMembership" || request.type === "transferLeadership";
}

/** How far runs get is up to the protocol: a single node has no messages to show, and Raft's own suite shows its. */
function applicable<C extends { readonly name: string }>(checks: readonly C[]): readonly C[] {
  return checks.filter(({ name }) => name !== "reach");
}

describe("a replicated state machine keeps the laws of protocols", () => {
  for (const { name, says, check } of applicable(conformance(replica))) test(`${name}: ${says}`, () => check());
});

describe("a replicated state machine behind sessions keeps the laws of protocols", () => {
  const checks = applicable(conformance(replicaWithSessions));
  for (const { name, says, check } of checks) test(`${name}: ${says}`, () => check());
});

describe("a state machine replicated by Raft keeps the laws of protocols", () => {
  for (const { name, says, check } of applicable(conformance(raftReplica))) test(`${name}: ${says}`, () => check());
});
