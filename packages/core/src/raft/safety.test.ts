/** Random runs of whole clusters, far beyond what can be searched exhaustively. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../conformance/codec.ts";
import { arbitrarySchedule, Cluster, perform } from "../conformance/index.ts";
import type { Action, Member, NodeOutput } from "../conformance/index.ts";
import { raftMembers } from "../conformance/raft.ts";
import { entryAt, lastIndex, slice } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import { raft, raftConfiguration, raftMembersOf } from "./index.ts";
import type { Raft, RaftRequest } from "./index.ts";
import { termAt } from "./log-terms.ts";

/** What one life of a node has delivered: what a state machine would hold that remembers everything. */
type Delivered = {
  readonly life: number;
  readonly commands: readonly (readonly [number, Plain])[];
  readonly through: number;
};

/** A cluster under the eyes of the properties of Figure 3, which are looked at after each thing that happens. */
class Watched {
  readonly cluster: Cluster<Raft>;
  readonly delivered = new Map<NodeId, Delivered>();
  readonly leaders = new Map<number, NodeId>();
  restores = 0;
  readsAnswered = 0;
  readonly #protocol: Protocol<Raft>;
  readonly #order = new Map<number, string>();
  readonly #reads: number[] = [];
  readonly #committed = new Map<NodeId, { readonly starts: number; readonly index: number; readonly term: number }>();
  #outputsSeen = 0;

  constructor(protocol: Protocol<Raft>, members: readonly Member<Raft>[], persistence: "synchronous" | "lagging") {
    this.#protocol = protocol;
    this.cluster = new Cluster(this.#protocol, members, persistence);
  }

  /** Requests are filled in with what they have to hold when they are made: read ids of their own, and real snapshots. */
  act(action: Happening): void {
    if (action.type === "request") this.request(action.which, action.request);
    else if (action.type === "timer") this.fire(action.which, action.timer);
    else perform(this.cluster, action);
    this.demandSafety();
  }

  /** Most requests find the leader. */
  request(which: number, request: RaftRequest): void {
    const { nodes } = this.cluster;
    const leaders = nodes.filter(({ life }) => life?.memory.volatile.role.type === "leader");
    const asked = which % 5 === 0 || leaders.length === 0 ? nodes : leaders;
    const node = asked[which % asked.length];
    if (node === undefined) return;
    this.cluster.input(node.id, { type: "request", request: this.#filledIn(node.id, request) });
  }

  fire(which: number, timer: Raft["timer"]): void {
    const running = this.cluster.nodes.filter(({ life }) => life?.timers.includes(timer) === true);
    const node = running[which % running.length];
    if (node !== undefined) this.cluster.input(node.id, { type: "timeout", timer });
  }

  #filledIn(node: NodeId, request: RaftRequest): RaftRequest {
    if (request.type === "read") {
      this.#reads.push(Math.max(0, ...this.cluster.nodes.map(({ life }) => life?.memory.volatile.commitIndex ?? 0)));
      return { type: "read", id: this.#reads.length - 1 };
    }
    if (request.type !== "compact") return request;
    const { commands, through } = this.delivered.get(node) ?? { commands: [], through: 0 };
    return { type: "compact", index: through, chunks: [commands, "end"] };
  }

  /** @throws Error naming the property that does not hold */
  demandSafety(): void {
    for (const output of this.cluster.outputs.slice(this.#outputsSeen)) this.#observe(output);
    this.#outputsSeen = this.cluster.outputs.length;
    for (const { id, life, starts } of this.cluster.nodes) {
      if (life === null) continue;
      const { durable, volatile } = life.memory;
      const before = this.#committed.get(id);
      if (before !== undefined && before.starts === starts) {
        demand(volatile.commitIndex >= before.index && durable.term >= before.term, "monotonicity");
      }
      this.#committed.set(id, { starts, index: volatile.commitIndex, term: durable.term });
      if (volatile.role.type === "leader") this.#observeLeader(id, durable.term);
    }
    this.#demandLogMatching();
  }

  #observeLeader(id: NodeId, term: number): void {
    const known = this.leaders.get(term);
    demand(known === undefined || known === id, "electionSafety");
    if (known === undefined) this.#demandLeaderCompleteness(id, term);
    this.leaders.set(term, id);
  }

  /** Whatever was delivered anywhere so far was committed before the leader's term. */
  #demandLeaderCompleteness(id: NodeId, term: number): void {
    const durable = this.cluster.nodes.find((node) => node.id === id)?.life?.memory.durable;
    if (durable === undefined || [...this.leaders.keys()].some((other) => other > term)) return;
    for (const [index, command] of this.#order) {
      if (index <= durable.log.before) continue;
      const entry = index <= lastIndex(durable.log) ? entryAt(durable.log, index) : null;
      demand(entry?.type === "command" && encode(entry.command) === command, "leaderCompleteness");
    }
  }

  #observe({ node, life, output }: NodeOutput<Raft>): void {
    const known = this.delivered.get(node);
    const before = known?.life === life ? known : { life, commands: [], through: 0 };
    switch (output.type) {
      case "deliver":
        demand(output.index > before.through, "integrity");
        this.#demandOrder(output.index, output.command);
        this.delivered.set(node, {
          life,
          commands: [...before.commands, [output.index, output.command]],
          through: output.index,
        });
        return;
      case "restore": {
        this.restores++;
        demand(output.index > before.through && output.chunks.at(-1) === "end", "integrity");
        const commands = (output.chunks[0] ?? []) as Delivered["commands"];
        for (const [index, command] of commands) this.#demandOrder(index, command);
        const missed = [...this.#order.keys()].filter((index) => index <= output.index).length - commands.length;
        demand(missed === 0, "snapshots are complete");
        this.delivered.set(node, { life, commands, through: output.index });
        return;
      }
      case "readable":
        this.readsAnswered++;
        demand(output.index >= (this.#reads[output.id as number] ?? Infinity), "linearizability of reads");
        return;
      case "refused":
        return;
    }
  }

  #demandOrder(index: number, command: Plain): void {
    const known = this.#order.get(index);
    demand(known === undefined || known === encode(command), "stateMachineSafety");
    this.#order.set(index, encode(command));
  }

  #demandLogMatching(): void {
    const logs = this.cluster.nodes.map(({ life, disk }) => life?.memory.durable ?? disk);
    for (const [at, a] of logs.entries()) {
      for (const b of logs.slice(at + 1)) {
        let agree = false;
        for (
          let index = Math.min(lastIndex(a.log), lastIndex(b.log));
          index > Math.max(a.log.before, b.log.before);
          index--
        ) {
          const same = termAt(a, index) === termAt(b, index);
          demand(same || !agree, "logMatching");
          agree = same;
        }
      }
    }
  }
}

function demand(condition: boolean, property: string): void {
  if (!condition) throw new Error(`${property} does not hold`);
}

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

/** One thing that happens: what the suite has, and a timer of a given kind, since elections must not come too often. */
type Happening = Action<Raft> | { readonly type: "timer"; readonly timer: Raft["timer"]; readonly which: number };

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
  persistence: "synchronous" | "lagging" = "lagging",
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
  return raftMembersOf(raftConfiguration(leader.config, leader.life.memory)).every((node) =>
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
