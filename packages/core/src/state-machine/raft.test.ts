/** A state machine replicated by Raft: clients whose leader fails, and who send their commands again. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../conformance/codec.ts";
import { arbitraryAction, arbitrarySchedule, Cluster, perform } from "../conformance/index.ts";
import type { Action } from "../conformance/index.ts";
import { journal } from "../conformance/journal.ts";
import type { Journal } from "../conformance/journal.ts";
import { raftMembers } from "../conformance/raft.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import { raft } from "../raft/index.ts";
import type { Raft } from "../raft/index.ts";
import { replicated, sessions } from "./index.ts";
import type { MachineSignature, Replicated, WithSessions } from "./index.ts";

type Service = Replicated<Raft, WithSessions<Journal>>;
type Command = WithSessions<Journal>["command"];

const [a, b, c] = ["a", "b", "c"].map(nodeId) as [NodeId, NodeId, NodeId];
const members = raftMembers(["a", "b", "c"]).map(({ id, config }) => ({ id, config }));
const machine = sessions(journal, { sessionsMax: 2 });
const service: Protocol<Service> = replicated(raft, machine);

const register: Command = { type: "register", client: "ada" };

function write(sequence: number, word: string, session = SESSION): Command {
  return { type: "invoke", session, sequence, acknowledged: 0, command: { type: "write", word } };
}

/** The session that ada opens first: the first entry of Raft's log is the leader's no-op. */
const SESSION = 2;

/** Three nodes, of which `a` has been elected, with ada's session open. */
function started(protocol: Protocol<Service> = service): Cluster<Service> {
  const cluster = new Cluster<Service>(protocol, members);
  elect(cluster, a);
  ask(cluster, a, register);
  cluster.settle();
  return cluster;
}

function elect(cluster: Cluster<Service>, node: NodeId): void {
  cluster.settle();
  cluster.input(node, { type: "timeout", timer: "election" });
  cluster.settle();
}

function ask(cluster: Cluster<Service>, node: NodeId, ...commands: readonly Command[]): void {
  cluster.input(node, { type: "request", request: { type: "broadcast", commands } });
}

function volatileOf<M extends MachineSignature>(cluster: Cluster<Replicated<Raft, M>>, node: NodeId) {
  return cluster.nodes.find(({ id }) => id === node)?.life?.memory.volatile;
}

function wordsAt(cluster: Cluster<Service>, node: NodeId): readonly string[] | undefined {
  return volatileOf(cluster, node)?.state.machine;
}

/** The results of writes, in the order in which `node` gave them. */
function resultsAt(cluster: Cluster<Service>, node: NodeId): readonly number[] {
  return cluster.outputs.flatMap((said) =>
    said.node === node && said.output.type === "applied" && said.output.result.type === "returned"
      ? [said.output.result.result]
      : [],
  );
}

function loseAll(cluster: Cluster<Service>): void {
  for (const envelope of cluster.inFlight) cluster.remove(envelope);
}

describe("a command that is sent again after a failover", () => {
  test("is applied once if the old leader had it committed, and has the same result", () => {
    const cluster = started();
    ask(cluster, a, write(0, "x"));
    cluster.settle();
    cluster.crash(a);
    elect(cluster, b);
    ask(cluster, b, write(1, "y"), write(0, "x"));
    elect(cluster, b);
    for (const node of [a, b, c]) expect(wordsAt(cluster, node)).toEqual(["x", "y"]);
    expect(resultsAt(cluster, b)).toEqual([1, 2, 1]);
  });

  test("is applied once if the old leader had it on its own disk alone", () => {
    const cluster = started();
    ask(cluster, a, write(0, "x"));
    cluster.persist(a);
    loseAll(cluster);
    cluster.crash(a);
    elect(cluster, b);
    ask(cluster, b, write(0, "x"));
    elect(cluster, b);
    for (const node of [a, b, c]) expect(wordsAt(cluster, node)).toEqual(["x"]);
  });

  test("is applied once if the old leader had sent it to one other, which leads now", () => {
    const cluster = started();
    ask(cluster, a, write(0, "x"));
    for (const envelope of cluster.inFlight.filter(({ to }) => to === b)) cluster.deliver(envelope);
    loseAll(cluster);
    cluster.persist(b);
    cluster.crash(a);
    elect(cluster, b);
    ask(cluster, b, write(0, "x"));
    elect(cluster, b);
    for (const node of [a, b, c]) expect(wordsAt(cluster, node)).toEqual(["x"]);
    expect(resultsAt(cluster, b)).toEqual([1, 1]);
  });
});

describe("a follower", () => {
  test("refuses a command, and names the leader", () => {
    const cluster = started();
    ask(cluster, b, write(0, "x"));
    const request = { type: "broadcast", commands: [write(0, "x")] };
    expect(cluster.outputs.at(-1)).toMatchObject({
      node: b,
      output: { type: "refused", request, reason: "notLeader", leader: a },
    });
  });

  test("answers a query from what was applied before it was asked", () => {
    const cluster = started();
    ask(cluster, a, write(0, "x"));
    cluster.settle();
    const query = { type: "word", at: 0 } as const;
    cluster.input(b, { type: "request", request: { type: "read", id: 1, query } });
    cluster.settle();
    expect(cluster.outputs.at(-1)).toMatchObject({ node: b, output: { type: "answer", id: 1, answer: "x" } });
  });

  test("that was away gets a snapshot, sessions and all", () => {
    const cluster = started();
    cluster.crash(c);
    ask(cluster, a, write(0, "x"), write(1, "y"));
    for (let rounds = 0; rounds < 5; rounds++) {
      for (const id of [a, b]) cluster.persist(id);
      for (const envelope of cluster.inFlight) {
        cluster.remove(envelope);
        cluster.deliver(envelope);
      }
    }
    cluster.input(a, { type: "request", request: { type: "snapshot" } });
    for (let beats = 0; beats < 3; beats++) {
      cluster.settle();
      cluster.input(a, { type: "timeout", timer: "heartbeat" });
    }
    cluster.settle();
    expect(cluster.outputs.some(({ node, output }) => node === c && output.type === "restored")).toBe(true);
    expect(volatileOf(cluster, c)?.state).toEqual(volatileOf(cluster, a)?.state);
    expect(wordsAt(cluster, c)).toEqual(["x", "y"]);
  });
});

/** Few commands for few sessions, so that most of what is asked was asked before, of this node or of another. */
const commands: readonly Command[] = [
  register,
  ...[SESSION, SESSION + 1].flatMap((session) =>
    [0, 1, 2].map((sequence) => write(sequence, `${session}.${sequence}`, session)),
  ),
];
const broadcast = fc.record({
  type: fc.constant("broadcast" as const),
  commands: fc.array(fc.constantFrom(...commands), { minLength: 1, maxLength: 2 }),
});
const asking: fc.Arbitrary<Action<Service>> = fc.record({
  type: fc.constant("request" as const),
  which: fc.nat(2),
  request: broadcast,
});
const schedules = arbitrarySchedule(
  fc.oneof(
    { arbitrary: arbitraryAction<Service>(fc.constant({ type: "snapshot" })), weight: 12 },
    { arbitrary: asking, weight: 2 },
  ),
  200,
);

/** Runs `schedule` on nodes of which one leads and ada has two sessions, and lets them finish. */
function run(protocol: Protocol<Service>, schedule: readonly Action<Service>[]): Cluster<Service> {
  const cluster = started(protocol);
  ask(cluster, a, register);
  for (const action of schedule) perform(cluster, action);
  elect(cluster, b);
  return cluster;
}

/** @throws Error if two nodes differ in what they applied at an index, or if a node applied a command twice */
function demandOnce(cluster: Cluster<Service>): void {
  const byIndex = new Map<number, string>();
  for (const { output } of cluster.outputs) {
    if (output.type !== "applied") continue;
    const encoding = encode(output);
    if ((byIndex.get(output.index) ?? encoding) !== encoding) throw new Error("nodes differ");
    byIndex.set(output.index, encoding);
  }
  for (const node of [a, b, c]) {
    const words = wordsAt(cluster, node) ?? [];
    if (new Set(words).size < words.length) throw new Error("a command was applied twice");
  }
}

describe("under loss, duplication, crashes and lagging disks, with clients that ask everyone again and again", () => {
  test("no command is applied twice, and what is applied at an index is the same everywhere", () => {
    const property = fc.property(schedules, (schedule) => demandOnce(run(service, schedule)));
    fc.assert(property, { numRuns: 300, includeErrorInReport: true });
  });

  test("a machine whose sessions forget what they applied is found out", () => {
    const forgetful: typeof machine = {
      ...machine,
      apply(before, command, index) {
        const { state, result } = machine.apply(before, command, index);
        const forgotten = state.sessions.map((session) => ({ ...session, results: [] }));
        return { state: { ...state, sessions: forgotten }, result };
      },
    };
    const protocol: Protocol<Service> = replicated(raft, forgetful);
    const property = fc.property(schedules, (schedule) => demandOnce(run(protocol, schedule)));
    const found = fc.check(property, { seed: 42, numRuns: 300, endOnFailure: true });
    expect(String(found.errorInstance)).toBe("Error: a command was applied twice");
  });

  test("a snapshot that leaves the sessions out is found out", () => {
    const half: typeof machine = {
      ...machine,
      toChunks: ({ machine: words }) => machine.toChunks({ sessions: [], machine: words }),
    };
    const protocol: Protocol<Service> = replicated(raft, half);
    const property = fc.property(schedules, (schedule) => demandOnce(run(protocol, schedule)));
    const found = fc.check(property, { seed: 42, numRuns: 2_000, endOnFailure: true });
    expect(String(found.errorInstance)).toBe("Error: nodes differ");
  });
});
