/**
 * Random runs of whole clusters, one small step at a time: each message, write, crash and request is drawn by itself, in
 * clusters of one to five nodes. Beside safety it demands progress: once the faults end, every member delivers.
 *
 * `random.test.ts` has the long runs: whole rounds at a time, cut links, leases, and a fault for each property.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitrarySchedule } from "../conformance/index.ts";
import type { Cluster, Member, Persistence } from "../conformance/index.ts";
import { raftMembers } from "../conformance/raft.ts";
import { Watched } from "../conformance/raft-watched.ts";
import type { Happening } from "../conformance/raft-watched.ts";
import { lastIndex, slice } from "../log/index.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import { raft, currentConfiguration, membersOf } from "./index.ts";
import type { Raft, RaftRequest } from "./index.ts";

const RUNS_SAFETY = 200;
const RUNS_PROGRESS = 100;

const NAMES = ["a", "b", "c", "d", "e"];

function requests(changes: boolean): fc.Arbitrary<RaftRequest> {
  const broadcast: fc.Arbitrary<RaftRequest> = fc.record({
    type: fc.constant("broadcast" as const),
    commands: fc.array(fc.constantFrom("u", "v", "w", "x", "y", "z"), { minLength: 1, maxLength: 3 }),
  });
  const nodes = NAMES.map(nodeId);
  const change: fc.Arbitrary<RaftRequest> = fc
    .tuple(fc.subarray(nodes, { minLength: 1 }), fc.subarray(nodes, { maxLength: 1 }))
    .map(([voters, learners]) => ({
      type: "changeMembership",
      voters,
      learners: learners.filter((node) => !voters.includes(node)),
    }));
  return fc.oneof(
    { arbitrary: broadcast, weight: 6 },
    { arbitrary: fc.constant({ type: "read", id: 0 } as const), weight: 3 },
    { arbitrary: fc.constant({ type: "compact", index: 0, chunks: [] } as const), weight: 2 },
    {
      arbitrary: fc.record({ type: fc.constant("transferLeadership" as const), to: fc.constantFrom(...nodes) }),
      weight: 1,
    },
    { arbitrary: change, weight: changes ? 3 : 0 },
  );
}

/** How often each comes up. */
const WEIGHTS = { deliver: 60, persist: 15, flush: 10, start: 4, duplicate: 4, lose: 2, crash: 0.6 } as const;
const TIMERS = { election: 1.5, heartbeat: 3, tick: 3, transfer: 0.3 } as const;

function schedules(
  changes: boolean,
  length: number,
  often: Readonly<Record<keyof typeof WEIGHTS, number>> = WEIGHTS,
): fc.Arbitrary<readonly Happening[]> {
  const which = fc.nat(2 ** 20 - 1);
  const weighted = <T extends string>(weights: Readonly<Record<T, number>>) =>
    (Object.keys(weights) as T[]).map((name) => ({ name, weight: 10 * weights[name] }));
  return arbitrarySchedule(
    fc.oneof(
      ...weighted(often).map(({ name, weight }) => ({
        arbitrary: fc.record({ type: fc.constant(name), which }),
        weight,
      })),
      ...weighted(TIMERS).map(({ name, weight }) => ({
        arbitrary: fc.record({ type: fc.constant("timer" as const), timer: fc.constant(name), which }),
        weight,
      })),
      {
        arbitrary: fc.record({ type: fc.constant("request" as const), which, request: requests(changes) }),
        weight: 100,
      },
    ),
    length,
  );
}

function run(
  members: readonly Member<Raft>[],
  schedule: readonly Happening[],
  persistence: Persistence = "lagging",
  protocol: Protocol<Raft> = raft,
): Watched {
  const watched = new Watched(protocol, members, persistence);
  // Most runs are about what comes after the first election.
  if (schedule.length % 4 !== 0) {
    watched.fire(0, "election");
    settle(watched);
  }
  for (const action of schedule) watched.act(action);
  return watched;
}

const LOW = { entriesPerMessageMax: 2, inflightMax: 2, uncommittedMax: 6 };
const CHECKED = { preVote: true, checkQuorum: { electionTicks: 2 } };

const fixed: readonly (readonly [string, readonly Member<Raft>[]])[] = [
  ["three nodes", raftMembers(["a", "b", "c"])],
  ["three nodes with low limits and a learner", raftMembers(["a", "b", "c"], LOW, ["d"])],
  ["three nodes with prevote", raftMembers(["a", "b", "c"], { ...LOW, preVote: true })],
  ["five nodes that check their quorum", raftMembers(NAMES, { ...LOW, ...CHECKED })],
];
const changing: readonly (readonly [string, readonly Member<Raft>[]])[] = [
  ["three nodes and two that may join", raftMembers(["a", "b", "c"], LOW, [], ["d", "e"])],
  ["a lone node and four that may join", raftMembers(["a"], { ...LOW, preVote: true }, [], ["b", "c", "d", "e"])],
];

describe.each([
  ...fixed.map(([name, members]) => [name, members, false] as const),
  ...changing.map(([name, members]) => [name, members, true] as const),
])("%s, under loss, duplication, reordering, crashes and lagging disks", (_name, members, changes) => {
  test("the properties of Figure 3 hold, reads are linearizable, and snapshots are complete", () => {
    const property = fc.property(
      schedules(changes, 500),
      fc.constantFrom("synchronous", "lagging"),
      (schedule, how) => {
        run(members, schedule, how);
      },
    );
    fc.assert(property, { numRuns: RUNS_SAFETY, includeErrorInReport: true });
  });

  test("every member delivers a new command once the faults end", () => {
    const property = fc.property(schedules(changes, 300), (schedule) => demandProgress(run(members, schedule)));
    fc.assert(property, { numRuns: RUNS_PROGRESS, includeErrorInReport: true });
  });
});

/** How many times each node's timers may fire before everyone has to have delivered. */
const ROUNDS_MAX = 24;

/**
 * From now on every message arrives, every node runs, and one node's timers at a time fire.
 *
 * @throws Error if a command does not reach all members of its leader's configuration
 */
function demandProgress(watched: Watched): void {
  const { cluster } = watched;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const { id } of cluster.nodes) {
      for (const timer of ["tick", "tick", "tick", "transfer", "heartbeat"] as const) {
        for (const node of cluster.nodes) fire(watched, node.id, timer);
      }
      settle(watched);
      if (hasDelivered(watched, `done ${round}`)) return;
      const leader = leaderNow(cluster);
      if (leader === null) fire(watched, id, "election");
      else cluster.input(leader, { type: "request", request: { type: "broadcast", commands: [`done ${round}`] } });
      settle(watched);
      if (hasDelivered(watched, `done ${round}`)) return;
    }
  }
  throw new Error("progress does not hold");
}

function settle(watched: Watched): void {
  watched.cluster.settle();
  watched.demandSafety();
}

function fire({ cluster }: Watched, id: NodeId, timer: Raft["timer"]): void {
  const node = cluster.nodes.find((other) => other.id === id);
  if (node?.life?.timers.includes(timer) === true) cluster.input(id, { type: "timeout", timer });
}

function leaderNow(cluster: Cluster<Raft>): NodeId | null {
  const leaders = cluster.nodes.filter(({ life }) => life?.memory.volatile.role.type === "leader");
  const [highest] = leaders.sort((x, y) => (y.life?.memory.durable.term ?? 0) - (x.life?.memory.durable.term ?? 0));
  return highest?.id ?? null;
}

function hasDelivered({ cluster, delivered }: Watched, command: string): boolean {
  const leader = cluster.nodes.find(({ id }) => id === leaderNow(cluster));
  if (leader === undefined || leader.life === null) return false;
  return membersOf(currentConfiguration(leader.config, leader.life.memory)).every((node) =>
    (delivered.get(node)?.commands ?? []).some(([, other]) => other === command),
  );
}

describe("the runs are worth something", () => {
  /** Of a hundred runs, what they have seen in all. */
  function sightings(members: readonly Member<Raft>[], changes: boolean) {
    const runs = fc
      .sample(schedules(changes, 500), { seed: 2014, numRuns: 100 })
      .map((schedule) => run(members, schedule));
    const sum = (of: (watched: Watched) => number) => runs.map(of).reduce((x, y) => x + y, 0);
    return {
      leaders: sum(({ leaders }) => leaders.size),
      delivered: sum(({ delivered }) => Math.max(0, ...[...delivered.values()].map(({ through }) => through))),
      restores: sum(({ restores }) => restores),
      reads: sum(({ readsAnswered }) => readsAnswered),
      changes: sum(({ cluster }) => Math.max(0, ...cluster.nodes.map(({ disk }) => changesIn(disk)))),
    };
  }

  const changesIn = ({ log }: Raft["durable"]) =>
    slice(log, log.before + 1, lastIndex(log)).filter(({ type }) => type === "configuration").length;

  test.each(fixed)("%s elect, deliver, restore and read", (_name, members) => {
    const seen = sightings(members, false);
    expect(seen.leaders).toBeGreaterThan(90);
    expect(seen.delivered).toBeGreaterThan(300);
    expect(seen.restores).toBeGreaterThan(5);
    expect(seen.reads).toBeGreaterThan(50);
  });

  test.each(changing)("%s do so too, and change their membership", (_name, members) => {
    const seen = sightings(members, true);
    expect(seen.leaders).toBeGreaterThan(90);
    expect(seen.delivered).toBeGreaterThan(300);
    expect(seen.restores).toBeGreaterThan(20);
    expect(seen.reads).toBeGreaterThan(50);
    expect(seen.changes).toBeGreaterThan(50);
  });

  const three = raftMembers(["a", "b", "c"]);
  const faulty: readonly (readonly [string, readonly Member<Raft>[], Protocol<Raft>])[] = [
    [
      "forgets its vote",
      three,
      { ...raft, start: (config, durable) => raft.start(config, { ...durable, votedFor: null, term: 0 }) },
    ],
    [
      "does not wait for its disk",
      three,
      {
        ...raft,
        step(config, before, input) {
          const { state, effects } = raft.step(config, before, input);
          const after = "now" as const;
          return { state, effects: effects.map((effect) => (effect.type === "send" ? { ...effect, after } : effect)) };
        },
      },
    ],
    [
      "believes that its disk is as fast as its memory",
      raftMembers(["a"], {}, ["b"]),
      {
        ...raft,
        step(config, before, input) {
          const first = raft.step(config, before, input);
          if (first.state.durable === before.durable) return first;
          const second = raft.step(config, first.state, { type: "persisted", durable: first.state.durable });
          return { state: second.state, effects: [...first.effects, ...second.effects] };
        },
      },
    ],
  ];

  test.each(faulty)("a protocol that %s is found out", (_fault, members, protocol) => {
    // Slow disks, and crashes that take what they lag behind.
    const often = { ...WEIGHTS, persist: 8, flush: 2, crash: 6, start: 12 };
    const property = fc.property(schedules(false, 500, often), (schedule) => {
      run(members, schedule, "lagging", protocol);
    });
    const found = fc.check(property, { seed: 2014, numRuns: 10_000, endOnFailure: true });
    expect(String(found.errorInstance)).toMatch(/ does not hold$|InvariantViolation/);
  });
});
