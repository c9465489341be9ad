/** Random runs of whole clusters, far beyond what can be searched exhaustively. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryAction, arbitrarySchedule, Cluster, perform } from "../conformance/index.ts";
import type { Action, Member } from "../conformance/index.ts";
import { paxosMembers } from "../conformance/paxos.ts";
import type { Protocol } from "../protocol.ts";
import type { QuorumSystem } from "../quorum/quorum.ts";
import { paxos } from "./index.ts";
import type { Paxos, Propose } from "./index.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const MAJORITIES = paxosMembers(NAMES);
const FLEXIBLE = paxosMembers(NAMES, {
  phase1: { type: "threshold", size: 4 },
  phase2: { type: "threshold", size: 2 },
});

const requests: fc.Arbitrary<Propose> = fc.record({
  type: fc.constant("propose" as const),
  value: fc.constantFrom("u", "v", "w", "x", "y", "z"),
});
const schedules = arbitrarySchedule(arbitraryAction<Paxos>(requests), 400);

function run(protocol: Protocol<Paxos>, members: readonly Member<Paxos>[], schedule: readonly Action<Paxos>[]) {
  const cluster = new Cluster(protocol, members);
  for (const action of schedule) perform(cluster, action);
  return cluster;
}

/**
 * The properties of consensus that hold at all times, on everything that was ever decided by anyone.
 *
 * @throws Error naming the one that does not hold
 */
function demandSafety({ outputs }: Cluster<Paxos>, schedule: readonly Action<Paxos>[]): void {
  const [first] = outputs;
  const proposed = schedule.flatMap((action) => (action.type === "request" ? [action.request.value] : []));
  const lives = outputs.map(({ node, life }) => `${node} ${life}`);
  if (outputs.some(({ output }) => output.value !== first?.output.value)) throw new Error("agreement does not hold");
  if (outputs.some(({ output }) => !proposed.includes(output.value))) throw new Error("validity does not hold");
  if (new Set(lives).size < lives.length) throw new Error("integrity does not hold");
}

function hasDecided({ nodes }: Cluster<Paxos>, id: string): boolean {
  return nodes.some((node) => node.id === id && node.life?.memory.volatile.learner.phase === "decided");
}

/** How often a lone proposer may have to retry: once to be told the highest ballot, once above it, and one to spare. */
const RETRIES_MAX = 3;

/**
 * From now on every message arrives, every node runs, and one proposer at a time retries: the condition for progress of
 * "Paxos Made Simple", section 2.4. Nodes that missed the decision propose in turn, and so learn it.
 *
 * @throws Error if a node does not decide
 */
function demandProgress(cluster: Cluster<Paxos>, value: string): void {
  cluster.settle();
  for (const { id } of cluster.nodes) {
    cluster.input(id, { type: "request", request: { type: "propose", value } });
    cluster.settle();
    for (let retries = 0; !hasDecided(cluster, id); retries++) {
      if (retries === RETRIES_MAX) throw new Error(`${id} does not decide`);
      cluster.input(id, { type: "timeout", timer: "retry" });
      cluster.settle();
    }
  }
}

describe.each([
  ["majorities of five", MAJORITIES],
  ["quorums of four and of two, of five", FLEXIBLE],
])("with %s, under loss, duplication, reordering, crashes and lagging disks", (_quorums, members) => {
  test("agreement, validity and integrity hold", () => {
    const property = fc.property(schedules, (schedule) => demandSafety(run(paxos, members, schedule), schedule));
    fc.assert(property, { numRuns: 1_000, includeErrorInReport: true });
  });

  test("every node decides once the faults end and one proposer at a time retries", () => {
    const property = fc.property(schedules, fc.constantFrom("u", "late"), (schedule, value) => {
      const cluster = run(paxos, members, schedule);
      demandProgress(cluster, value);
      demandSafety(cluster, [...schedule, { type: "request", which: 0, request: { type: "propose", value } }]);
    });
    fc.assert(property, { numRuns: 500, includeErrorInReport: true });
  });
});

describe("the runs are worth something", () => {
  const sample = fc.sample(schedules, { seed: 1998, numRuns: 200 });

  test("many decide before the faults end, each value in some run, and some nodes learn it in several lives", () => {
    const outputs = sample.map((schedule) => run(paxos, MAJORITIES, schedule).outputs);
    expect(outputs.filter(({ length }) => length > 0).length).toBeGreaterThan(80);
    expect(new Set(outputs.flatMap(([first]) => (first === undefined ? [] : [first.output.value]))).size).toBe(6);
    expect(outputs.some((run) => new Set(run.map(({ node }) => node)).size < run.length)).toBe(true);
  });

  /** Quorums that `paxosConfig` refuses. */
  const tooSmall: QuorumSystem = { phase1: { type: "threshold", size: 2 }, phase2: { type: "threshold", size: 3 } };
  const parted = MAJORITIES.map(({ id, config }) => ({ id, config: { ...config, quorums: tooSmall } }));

  const faulty: readonly (readonly [string, Protocol<Paxos>, readonly Member<Paxos>[]])[] = [
    [
      "forgets what it promised and accepted",
      { ...paxos, start: (config) => paxos.start(config, paxos.initial(config)) },
      MAJORITIES,
    ],
    [
      "uses a ballot again after a restart",
      { ...paxos, start: (config, durable) => paxos.start(config, { ...durable, lastTried: null }) },
      paxosMembers(["a", "b", "c"]),
    ],
    [
      "does not wait for the disk",
      {
        ...paxos,
        step(config, before, input) {
          const { state, effects } = paxos.step(config, before, input);
          return {
            state,
            effects: effects.map((effect) => (effect.type === "send" ? { ...effect, after: "now" } : effect)),
          };
        },
      },
      MAJORITIES,
    ],
    ["has quorums that need not meet", paxos, parted],
  ];

  test.each(faulty)("a protocol that %s is found out", (_fault, protocol, members) => {
    const property = fc.property(schedules, (schedule) => demandSafety(run(protocol, members, schedule), schedule));
    const found = fc.check(property, { seed: 1998, numRuns: 20_000, endOnFailure: true });
    expect(String(found.errorInstance)).toBe("Error: agreement does not hold");
  });
});
