/** Each property that `check trace` holds a run against is broken by a protocol that does one thing wrong, and by it alone. */

import { checkTraces, nodeFiles } from "@quorate/checker/trace";
import type { TraceResult, TraceSpec } from "@quorate/checker/trace";
import { log, raft } from "@quorate/core";
import type {
  Protocol,
  Raft,
  RaftConfig,
  RaftDurable,
  RaftEntry,
  RaftInput,
  RaftMessage,
  RaftState,
  RaftStep,
} from "@quorate/core";
import raftTrace from "@quorate/specs/raft/trace.ts";
import { afterEach, expect, test } from "vitest";
import { nodes, TracedCluster } from "./cluster.ts";

const [n1, n2, n3] = nodes;
const clusters: TracedCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) {
    await cluster.stopAll();
    cluster.remove();
  }
});

/** What a node is given, which it may take otherwise than it should, and what it makes of it. */
type Wrong = {
  readonly hears?: (config: RaftConfig, input: RaftInput) => RaftInput;
  readonly does?: (config: RaftConfig, step: RaftStep, input: RaftInput) => RaftStep;
};

function protocolWith({ hears = (_, input) => input, does = (_, step) => step }: Wrong): Protocol<Raft> {
  return {
    ...raft,
    step: (config, state, input) => does(config, raft.step(config, state, hears(config, input)), input),
  };
}

/** What becomes of a state when the node is asked to read: that it is, is harmless with the right protocol. */
function whenAsked(change: (state: RaftState) => RaftState): Wrong {
  return {
    does: (_, { state, effects }, input) => {
      const isAsked = input.type === "request" && input.request.type === "read";
      return isAsked ? { state: change(state), effects } : { state, effects };
    },
  };
}

const durably = (change: (durable: RaftDurable) => Partial<RaftDurable>): Wrong =>
  whenAsked((state) => ({ ...state, durable: { ...state.durable, ...change(state.durable) } }));

function heard(change: (message: RaftMessage) => RaftMessage): Wrong {
  return {
    hears: ({ self }, input) =>
      self === n2 && input.type === "receive" ? { ...input, message: change(input.message) } : input,
  };
}

const forged = (entry: RaftEntry): RaftEntry => (entry.type === "command" ? { ...entry, command: "forged" } : entry);
const forging = heard((message) =>
  message.type === "appendEntries" ? { ...message, entries: message.entries.map(forged) } : message,
);

/** What n2 delivers. */
const delivering = (change: (effects: RaftStep["effects"]) => RaftStep["effects"]): Wrong => ({
  does: ({ self }, { state, effects }) => ({ state, effects: self === n2 ? change(effects) : effects }),
});
const isDelivered = (effect: RaftStep["effects"][number], command: string): boolean =>
  effect.type === "output" && effect.output.type === "deliver" && effect.output.command === command;

/** n1 leads, and two commands are delivered everywhere. */
async function begin(cluster: TracedCluster): Promise<void> {
  await cluster.startAll();
  cluster.elect(n1);
  cluster.broadcast(n1, "a");
  cluster.settle();
  cluster.broadcast(n1, "b");
  cluster.settle();
}

function ask(node: (typeof nodes)[number]) {
  return async (cluster: TracedCluster): Promise<void> => {
    await begin(cluster);
    cluster.input(node, { type: "request", request: { type: "read", id: "r" } });
    cluster.flush(node);
  };
}

/** n2 and n3 stand for election at the same time. */
async function race(cluster: TracedCluster): Promise<void> {
  await cluster.startAll();
  for (const node of [n2, n3]) {
    cluster.input(node, { type: "timeout", timer: "election" });
    cluster.flush(node);
  }
  cluster.inFlight = cluster.inFlight.filter(({ to }) => to === n1);
  cluster.settle();
}

/** A command is committed that n2 never hears of; then n2 stands for election, and n1 does not answer. */
async function electTheOneThatLacksIt(cluster: TracedCluster): Promise<void> {
  await cluster.startAll();
  cluster.elect(n1);
  cluster.broadcast(n1, "a");
  for (let round = 0; round < 10; round++) {
    for (const node of [n1, n3]) cluster.flush(node);
    cluster.inFlight = cluster.inFlight.filter(({ to }) => to !== n2);
    cluster.deliver(0);
  }
  expect(cluster.stateOf(n1).volatile.commitIndex).toBe(2);
  cluster.input(n2, { type: "timeout", timer: "election" });
  for (let round = 0; round < 10; round++) {
    for (const node of [n2, n3]) cluster.flush(node);
    cluster.inFlight = cluster.inFlight.filter(({ to }) => to !== n1);
    cluster.deliver(0);
  }
}

/** The disks of n2 and n3 do not keep up. */
async function lagBehind(cluster: TracedCluster): Promise<void> {
  await cluster.startAll();
  cluster.elect(n1);
  cluster.broadcast(n1, "a");
  for (let round = 0; round < 20; round++) {
    cluster.flush(n1);
    cluster.deliver(0);
  }
}

async function compactAndAsk(cluster: TracedCluster): Promise<void> {
  await begin(cluster);
  cluster.input(n2, { type: "request", request: { type: "compact", index: 2, chunks: ["a"] } });
  cluster.settle();
  cluster.input(n2, { type: "request", request: { type: "read", id: "r" } });
  cluster.flush(n2);
}

/** Answers to entries leave before they are on disk. */
const acknowledgesEarly: Wrong = {
  does: (_, { state, effects }) => ({
    state,
    effects: effects.map((effect) =>
      effect.type === "send" && effect.message.type === "appendEntriesReply" ? { ...effect, after: "now" } : effect,
    ),
  }),
};

const cases: readonly (readonly [
  property: string,
  wrong: Wrong,
  run: (cluster: TracedCluster) => Promise<void>,
  where: RegExp,
])[] = [
  ["termMonotonic", durably(({ term }) => ({ term: term - 1 })), ask(n2), /^node n2/],
  ["voteOnce", durably(() => ({ votedFor: n3 })), ask(n2), /^node n2/],
  ["leaderAppendOnly", durably((of) => ({ log: log.truncateAfter(of.log, 2) })), ask(n1), /^node n1/],
  [
    "commitIndexMonotonic",
    whenAsked((state) => ({ ...state, volatile: { ...state.volatile, commitIndex: 1 } })),
    ask(n2),
    /^node n2/,
  ],
  [
    "matchIndexMonotonic",
    whenAsked((state) => {
      const { role } = state.volatile;
      if (role.type !== "leader") return state;
      const progress = role.progress.map((of) => ({ ...of, match: 1 }));
      return { ...state, volatile: { ...state.volatile, role: { ...role, progress } } };
    }),
    ask(n1),
    /^node n1/,
  ],
  [
    "snapshotIndexMonotonic",
    durably(({ snapshot }) => ({ snapshot: snapshot === null ? null : { ...snapshot, index: 1 } })),
    compactAndAsk,
    /^node n2/,
  ],
  [
    "electionSafety",
    {
      does: ({ self }, step, input) =>
        self === n1 && input.type === "receive" && input.message.type === "requestVote"
          ? { ...step, state: { ...step.state, durable: { ...step.state.durable, votedFor: null } } }
          : step,
    },
    race,
    /leads term 1, which n[23] has led$/,
  ],
  ["logMatching", forging, begin, /n2 has another entry of index 2 and term 1 than another log$/],
  ["stateMachineSafety", forging, begin, /n2 has committed another entry at 2 than was committed there before$/],
  ["agreement", forging, begin, /n2 delivers at 2 another command than was delivered there before$/],
  ["validity", forging, begin, /n2 delivers at 2 what was not broadcast, or was refused$/],
  [
    "leaderCompleteness",
    {
      hears: ({ self }, input) =>
        self === n3 && input.type === "receive" && input.message.type === "requestVote"
          ? {
              ...input,
              message: { ...input.message, lastLogIndex: 99, lastLogTerm: input.message.term, transfer: true },
            }
          : input,
    },
    electTheOneThatLacksIt,
    /n2 leads term 2 without the entry at 2, which was committed before$/,
  ],
  [
    "totalOrder",
    delivering((effects) => effects.filter((effect) => !isDelivered(effect, "a"))),
    begin,
    /n2 delivers 3 after 0, and 2 was delivered elsewhere$/,
  ],
  [
    "integrity",
    delivering((effects) => effects.flatMap((effect) => (isDelivered(effect, "a") ? [effect, effect] : [effect]))),
    begin,
    /n2 delivers at 2 a command for the 2th time$/,
  ],
  [
    "committedIsDurable",
    acknowledgesEarly,
    lagBehind,
    /n1 has committed the entry at 2, which is on the disks of n1, of n1, n2, n3$/,
  ],
];

type Monitors = ReturnType<TraceSpec["monitors"]>;

/** The same, of which one property alone has something to say. The monitors share what they remember, so all are told. */
function only(property: string, spec: TraceSpec): TraceSpec {
  const steps = Object.entries(spec.nodeSteps).filter(([name]) => name === property);
  const silenced = (monitors: Monitors): Monitors =>
    Object.fromEntries(
      Object.entries(monitors).map(([name, monitor]) => [
        name,
        (event, all) => {
          const fault = monitor(event, all);
          return name === property ? fault : null;
        },
      ]),
    );
  return {
    ...spec,
    nodeSteps: Object.fromEntries(steps),
    monitors: () => silenced(spec.monitors()),
    complete: () => silenced(spec.complete()),
  };
}

async function runWith(
  protocol: Protocol<Raft>,
  run: (cluster: TracedCluster) => Promise<void>,
  property: string,
): Promise<TraceResult> {
  const cluster = new TracedCluster({ protocol });
  clusters.push(cluster);
  await run(cluster);
  await cluster.stopAll();
  expect(cluster.errors).toEqual([]);
  const spec = only(property, { ...raftTrace, protocol });
  return await checkTraces(nodeFiles(cluster.files), spec, () => undefined, new AbortController().signal);
}

test("each property has its deviation", () => {
  const all = { ...raftTrace.nodeSteps, ...raftTrace.monitors(), ...raftTrace.complete() };
  expect(cases.map(([property]) => property).toSorted()).toEqual(Object.keys(all).toSorted());
});

test.each(cases)("%s is broken by what is planted, and holds without", async (property, wrong, run, where) => {
  const { deviation } = await runWith(protocolWith(wrong), run, property);
  expect([deviation?.kind, deviation?.rule]).toEqual(["property", property]);
  const cluster = clusters.at(-1);
  expect((deviation?.message ?? "").replaceAll(`${cluster?.folder}/`, "")).toMatch(where);
  const right = await runWith(raft, run, property);
  expect(right).toMatchObject({ verdict: "holds", deviation: null, skipped: [] });
  expect(right.properties).toContain(property);
});
