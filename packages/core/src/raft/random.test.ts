/**
 * Random runs of five nodes, and two that may join, far beyond what can be searched exhaustively: messages are lost,
 * doubled, late and out of order, links are cut, nodes crash, disks lag, members and leaders change, logs are compacted.
 *
 * `safety.test.ts` has the short runs, in which each step is drawn by itself, and asks for progress after the faults.
 *
 * A failure prints a seed, and a short schedule that fails in the same way. `QUORATE_RANDOM_SEED=7` sees it again, and
 * `QUORATE_RANDOM_RUNS=1000` makes that many runs of each kind of cluster.
 */

import { env } from "node:process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Member } from "../conformance/cluster.ts";
import { raftMembers } from "../conformance/raft.ts";
import type { RaftClusterOptions } from "../conformance/raft.ts";
import { schedules } from "../conformance/raft-happenings.ts";
import type { Happening } from "../conformance/raft-happenings.ts";
import { RaftSimulation } from "../conformance/raft-simulation.ts";
import { shorten } from "../conformance/shorten.ts";
import { truncateAfter } from "../log/index.ts";
import type { Protocol } from "../protocol.ts";
import { raft } from "./index.ts";
import type { Raft, RaftInput, RaftState, RaftStep } from "./types.ts";

const RUNS = Number(env["QUORATE_RANDOM_RUNS"] ?? 10);
const SEED = env["QUORATE_RANDOM_SEED"];
const LENGTH_MAX = 1000;

const SMALL: RaftClusterOptions = { entriesPerMessageMax: 3, inflightMax: 3, uncommittedMax: 30 };
const CHECKED: RaftClusterOptions = { ...SMALL, preVote: true, checkQuorum: { electionTicks: 3 } };
/** Without prevote, since elections then come as early as they may. */
const LEASED: RaftClusterOptions = {
  ...CHECKED,
  preVote: false,
  reads: { type: "lease", leaseTicks: 2, driftTicks: 0 },
};

/** All runs begin with it, since everything else comes after. Where leases are on, it takes time until anyone is elected. */
const FIRST_ELECTION: readonly Happening[] = [
  ...Array.from({ length: 3 }, () => ({ type: "fire", timer: "tick", which: 0, count: 1 }) as const),
  { type: "fire", timer: "election", which: 0, count: 1 },
  { type: "flow", count: 40, shuffle: 0, bounce: 0 },
];

/** Five nodes, and two that may join. */
function seven(options: RaftClusterOptions): readonly Member<Raft>[] {
  return raftMembers(["a", "b", "c", "d", "e"], options, [], ["f", "g"]);
}

function schedule(cluster: readonly Member<Raft>[]): fc.Arbitrary<readonly Happening[]> {
  return schedules(
    cluster.map(({ id }) => id),
    LENGTH_MAX,
  );
}

function simulate(
  protocol: Protocol<Raft>,
  cluster: readonly Member<Raft>[],
  happenings: readonly Happening[],
): RaftSimulation {
  const simulation = new RaftSimulation(protocol, cluster);
  for (const happening of [...FIRST_ELECTION, ...happenings]) simulation.act(happening);
  return simulation;
}

/** Which property a schedule breaks, and how; null if it breaks none. */
function failureOf(
  protocol: Protocol<Raft>,
  cluster: readonly Member<Raft>[],
  happenings: readonly Happening[],
): string | null {
  try {
    simulate(protocol, cluster, happenings);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** @throws Error with a seed, the property that does not hold, and a short schedule that shows it */
function demandNoFailure(cluster: readonly Member<Raft>[], run: (happenings: readonly Happening[]) => void): void {
  const property = fc.property(schedule(cluster), run);
  const seeded = SEED === undefined ? {} : { seed: Number(SEED) };
  const { failed, seed, counterexample } = fc.check(property, { numRuns: RUNS, endOnFailure: true, ...seeded });
  if (!failed) return;
  const [happenings = []] = counterexample ?? [];
  const failure = failureOf(raft, cluster, happenings);
  const short = shorten(happenings, (list) => nameOf(failureOf(raft, cluster, list)) === nameOf(failure));
  throw new Error(`${failureOf(raft, cluster, short)} Seed ${seed}, ${short.length} steps: ${JSON.stringify(short)}`);
}

/** The name of the property, without the particulars. */
function nameOf(failure: string | null): string | null {
  return failure?.split(/[:;]/).slice(0, 2).join() ?? null;
}

/** Few nodes contend more. */
const three = raftMembers(["a", "b", "c"], SMALL);

const clusters: readonly (readonly [string, readonly Member<Raft>[]])[] = [
  ["five nodes", seven({})],
  ["five nodes with small limits", seven(SMALL)],
  ["three nodes with small limits", three],
  ["five nodes with prevote and check quorum", seven(CHECKED)],
  ["five nodes with leases", seven(LEASED)],
];

describe.each(clusters)("%s", (_name, cluster) => {
  test("keep the properties", () => {
    demandNoFailure(cluster, (happenings) => {
      simulate(raft, cluster, happenings);
    });
  });

  test("get somewhere", () => {
    const seen = new Map<string, number>();
    const see = (sight: string, count: number) => seen.set(sight, (seen.get(sight) ?? 0) + count);
    for (const happenings of fc.sample(schedule(cluster), { seed: 2014, numRuns: SAMPLE })) {
      const { sights, properties } = simulate(raft, cluster, happenings);
      for (const [sight, count] of sights) see(sight, count);
      see("entries", properties.commitIndex);
    }
    const missed = Object.entries(REACHED).filter(([sight, count]) => (seen.get(sight) ?? 0) < count * SAMPLE);
    expect(missed.map(([sight]) => `${sight}: ${seen.get(sight) ?? 0}`)).toEqual([]);
  });
});

/** How many runs of a seed are looked at for where they get: the same ones each time, or it would fail by bad luck. */
const SAMPLE = 15;

/** What they have to get to, and how often in a run on average: less than they do, and far more than never. */
const REACHED: Readonly<Record<string, number>> = {
  elections: 2,
  entries: 30,
  deliver: 100,
  "leaders that stepped down": 0.3,
  configurations: 2,
  "joint configurations": 0.5,
  "snapshots installed": 0.3,
  readable: 3,
  timeoutNow: 0.5,
  starts: 20,
  truncations: 0.05,
};

/** Raft with a fault in what goes into its steps, or comes out. */
function faulty(
  into: (input: RaftInput, state: RaftState) => RaftInput,
  outOf: (step: RaftStep, input: RaftInput, state: RaftState) => RaftStep = (step) => step,
): Protocol<Raft> {
  return { ...raft, step: (config, state, input) => outOf(raft.step(config, state, into(input, state)), input, state) };
}

const asItIs = (input: RaftInput): RaftInput => input;

/** One fault for each property. The bugs of implementations are mutants of the specs; these show that the properties look. */
const faults: readonly (readonly [string, Protocol<Raft>])[] = [
  ["electionSafety", { ...raft, start: (config, durable) => raft.start(config, { ...durable, votedFor: null }) }],
  [
    "leaderCompleteness",
    faulty((input) => {
      if (input.type !== "receive" || input.message.type !== "requestVote") return input;
      return { ...input, message: { ...input.message, lastLogIndex: 2 ** 40, lastLogTerm: input.message.term } };
    }),
  ],
  [
    "leaderAppendOnly",
    faulty(asItIs, (step, input) => {
      const { durable, volatile } = step.state;
      if (input.type !== "timeout" || volatile.role.type !== "leader") return step;
      const log = truncateAfter(durable.log, Math.max(volatile.commitIndex, durable.log.before));
      return { ...step, state: { durable: { ...durable, log }, volatile } };
    }),
  ],
  [
    "logMatching",
    faulty((input) => {
      if (input.type !== "receive" || input.message.type !== "appendEntries") return input;
      const entries = input.message.entries.map((entry) => ({ ...entry, type: "command", command: 0 }) as const);
      return { ...input, message: { ...input.message, entries } };
    }),
  ],
  [
    "committedIsDurable",
    faulty((input) => {
      if (input.type !== "receive" || input.message.type !== "appendEntries") return input;
      return { ...input, message: { ...input.message, leaderCommit: 2 ** 40 } };
    }),
  ],
  [
    "stateMachineSafety",
    faulty((input) => {
      if (input.type !== "receive" || input.message.type !== "installSnapshot" || input.message.done) return input;
      return { ...input, message: { ...input.message, data: 0 } };
    }),
  ],
  [
    "monotonicity",
    faulty(asItIs, (step, input) => {
      if (input.type !== "timeout" || step.state.volatile.commitIndex < 5) return step;
      return { ...step, state: { ...step.state, volatile: { ...step.state.volatile, commitIndex: 4 } } };
    }),
  ],
  [
    "linearizableReads",
    faulty(asItIs, (step, input, state) => {
      const isRead = input.type === "request" && input.request.type === "read";
      if (!isRead || state.volatile.role.type !== "leader") return step;
      const index = state.volatile.commitIndex;
      return { state, effects: [{ type: "output", output: { type: "readable", id: input.request.id, index } }] };
    }),
  ],
];

test.each(faults)("%s is seen not to hold where it does not", (property, protocol) => {
  const run = fc.property(schedule(three), (happenings) => {
    simulate(protocol, three, happenings);
  });
  const { failed, errorInstance } = fc.check(run, { seed: 2014, numRuns: 200, endOnFailure: true });
  expect(failed).toBe(true);
  expect(String(errorInstance)).toContain(`${property} does not hold`);
});
