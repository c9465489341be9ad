/** Deliveries that are passed over: wherever one wrongly were, the engine and the naive explorer would disagree. */

import { nodeId } from "@quorate/core";
import type { NodeId, Protocol, Signature, Step } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assertAgreement, claimByClaim, engineFindings, naiveFindings } from "../testing/agreement.ts";
import { randomCluster } from "../testing/random-cluster.ts";
import { Explorer } from "../engine/explorer.ts";
import { systemOf } from "../subject.ts";
import { cluster } from "./cluster.ts";
import type { Cluster, ClusterOptions, Observer } from "./cluster.ts";

interface Hearing extends Signature {
  readonly config: { readonly tells: readonly (readonly [to: string, n: number])[] };
  readonly durable: null;
  readonly volatile: { readonly heard: readonly number[] };
  readonly message: { readonly type: "tell"; readonly n: number };
  readonly timer: "again";
  readonly request: { readonly type: "none" };
  readonly output: { readonly type: "none" };
}

/** Tells others its numbers when it starts, and keeps what it is told in the order in which it comes. */
const hearing: Protocol<Hearing> = {
  name: "hearing",
  initial: () => null,
  start: ({ tells }) => ({
    state: { durable: null, volatile: { heard: [] } },
    effects: [
      ...tells.map(([to, n]) => ({
        type: "send" as const,
        to: nodeId(to),
        message: { type: "tell" as const, n },
        after: "now" as const,
      })),
      { type: "setTimer", timer: "again" },
    ],
  }),
  step: (_, state, input) =>
    input.type === "receive"
      ? { state: { ...state, volatile: { heard: [...state.volatile.heard, input.message.n] } }, effects: [] }
      : { state, effects: [] },
};

/** Who was told something, in order. */
const listeners: Observer<Hearing, readonly NodeId[]> = {
  initial: [],
  observe: (history, event) => (event.type === "input" ? [...history, event.node] : history),
};

/** Who was told something since b was. */
const afterB: Observer<Hearing, readonly NodeId[]> = {
  initial: [],
  observe: (history, event) =>
    event.type === "input" && (history.length > 0 || event.node === "b") ? [...history, event.node] : history,
};

/** When b was told something, and when c was told its second thing since: of its first, nothing is heard. */
const secondOfC: Observer<Hearing, readonly NodeId[]> = {
  initial: [],
  observe: (history, event) => {
    if (event.type !== "input") return history;
    const isHeard = event.node === "b" || (history.length > 0 && event.state.volatile.heard.length === 2);
    return isHeard ? [...history, event.node] : history;
  },
};

type Options = Partial<ClusterOptions<Hearing, { readonly listeners: readonly NodeId[] }>>;

/** How many states there are without order, once both explorers agree on that, and on those with fifo links. */
function inBothOrders({ kind, options }: Cluster): number {
  assertAgreement({ kind, options: { ...options, network: { order: "fifo" } } }, {});
  return assertAgreement({ kind, options }, {}).distinct;
}

test.each<[string, Options]>([
  ["to different nodes and to the same", {}],
  ["heard by an observer", { observers: { listeners } }],
  ["heard only after others", { observers: { listeners: afterB } }],
  ["of which the second to a node is heard after others", { observers: { listeners: secondOfC } }],
  ["beside timers", { timeouts: 2 }],
  ["beside crashes", { faults: { crashStop: 1 } }],
  ["beside partitions", { faults: { partitions: 1 } }],
  [
    "where a constraint excludes states between others",
    { constraint: ({ nodes }) => !nodes.some(({ id, state }) => id === "c" && state?.volatile.heard.length === 1) },
  ],
  [
    "where a constraint excludes what several make together",
    {
      constraint: ({ nodes }) => nodes.filter(({ state }) => state?.volatile.heard.length === 1).length !== 2,
    },
  ],
])("deliveries %s", (_, options) => {
  const told = (...tells: (readonly [string, number])[]): Hearing["config"] => ({ tells });
  const subject = cluster<Hearing, { readonly listeners: readonly NodeId[] }>({
    nodes: {
      a: { protocol: hearing, config: told(["b", 1], ["c", 2], ["b", 3]) },
      b: { protocol: hearing, config: told(["c", 4], ["a", 5], ["a", 5]) },
      c: { protocol: hearing, config: told(["b", 1]) },
    },
    timeouts: 0,
    ...options,
  });
  expect(inBothOrders(subject)).toBeGreaterThan(20);
});

interface Folding extends Signature {
  readonly config: {
    readonly tells: readonly Fold[];
    /** What it tells once its first timer fires. */
    readonly tellsThen?: readonly Fold[];
    readonly timers: readonly Folding["timer"][];
  };
  readonly durable: { readonly added: number };
  readonly volatile: { readonly sum: number; readonly max: number };
  readonly message: Fold;
  readonly timer: "first" | "second";
  readonly request: { readonly type: "none" };
  readonly output: { readonly type: "none" };
}
type Fold =
  | { readonly type: "add" | "max" | "write" | "echo"; readonly n: number }
  | { readonly type: "reset" | "rest"; readonly n?: never };

function toF(tells: readonly Fold[]): Step<Folding>["effects"] {
  return tells.map((message) => ({ type: "send", to: nodeId("f"), message, after: "now" }));
}

/** Tells f, the only one that listens, and folds what it is told and each timeout into its state: some orders matter, others don't. */
const folding: Protocol<Folding> = {
  name: "folding",
  initial: () => ({ added: 0 }),
  start: ({ tells, timers }, durable) => ({
    state: { durable, volatile: { sum: 0, max: 0 } },
    effects: [...toF(tells), ...timers.map((timer) => ({ type: "setTimer" as const, timer }))],
  }),
  step: ({ tellsThen = [] }, state, input) => {
    const { sum, max } = state.volatile;
    const withSum = (n: number): Step<Folding> => ({
      state: { ...state, volatile: { sum: sum + n, max } },
      effects: [],
    });
    if (input.type === "timeout") {
      return input.timer === "first" ? { ...withSum(10), effects: toF(tellsThen) } : withSum(100);
    }
    if (input.type !== "receive") return { state, effects: [] };
    const { message } = input;
    switch (message.type) {
      case "add":
        return withSum(message.n);
      case "max":
        return message.n <= max
          ? { state, effects: [] }
          : { state: { ...state, volatile: { sum, max: message.n } }, effects: [] };
      case "write":
        return { state: { ...state, durable: { added: state.durable.added + message.n } }, effects: [] };
      case "echo":
        return { state, effects: toF([{ type: "add", n: message.n }]) };
      case "reset":
        return { state: { ...state, volatile: { sum, max: 0 } }, effects: [] };
      case "rest":
        return { state, effects: [{ type: "clearTimer", timer: "first" }] };
    }
  },
};

/** All that happened, in order. */
const everything: Observer<Folding, readonly string[]> = {
  initial: [],
  observe: (history, event) => {
    if (event.type !== "input") return history;
    const { input } = event;
    return [...history, `${event.node} ${input.type === "receive" ? JSON.stringify(input.message) : input.type}`];
  },
};

/** Only what comes after f's first timeout. */
const afterTimeout: typeof everything = {
  initial: [],
  observe: (history, event) => {
    if (event.type !== "input") return history;
    if (event.input.type === "timeout" && event.node === "f") return [...history, "timeout"];
    return history.length === 0 ? history : everything.observe(history, event);
  },
};

/** Nothing is asleep after a partition, and by then it is remembered what comes of what. */
const AWAKENED = { faults: { partitions: 1 } } as const;
const ASYNCHRONOUS = { persistence: "asynchronous", faults: { crashRecovery: 1 } } as const;

type FoldingOptions = Partial<ClusterOptions<Folding, { readonly heard: readonly string[] }>>;

const add = (n: number): Fold => ({ type: "add", n });
const max = (n: number): Fold => ({ type: "max", n });

test.each<[string, readonly Fold[], readonly Folding["timer"][], FoldingOptions]>([
  ["that come to the same in any order", [add(1), add(2), add(4), add(2)], [], {}],
  ["of which a lower one is ignored after a higher one", [max(2), max(1), { type: "reset" }], [], AWAKENED],
  ["and a higher one after a lower one", [max(1), max(2), { type: "reset" }], [], AWAKENED],
  ["heard by an observer", [add(1), add(2), max(1)], [], { observers: { heard: everything } }],
  ["heard by an observer after a timeout", [add(1), add(2)], ["first"], { observers: { heard: afterTimeout } }],
  ["beside timeouts", [add(1), { type: "rest" }, add(2)], ["first", "second"], {}],
  ["beside too few timeouts", [add(1), { type: "rest" }], ["first", "second"], { timeouts: 1 }],
  ["beside timeouts that an observer hears", [add(1)], ["first", "second"], { observers: { heard: everything } }],
  ["beside crashes", [add(1), max(1), { type: "write", n: 1 }], ["first"], { faults: { crashRecovery: 1 } }],
  ["to a disk that lags behind", [{ type: "write", n: 1 }, { type: "write", n: 2 }, add(1)], [], ASYNCHRONOUS],
])("deliveries to one node %s", (_, tells, timers, options) => {
  const subject = cluster<Folding, { readonly heard: readonly string[] }>({
    nodes: {
      // What f may do of its own is asleep where e has done something.
      f: { protocol: folding, config: { tells: [], timers } },
      e: { protocol: folding, config: { tells, timers } },
    },
    timeouts: "unlimited",
    ...options,
  });
  expect(inBothOrders(subject)).toBeGreaterThan(10);
});

test("messages that a node answers, on links that keep the order of the answers", () => {
  const telling = (n: number): Folding["config"] => ({ tells: [{ type: "echo", n }], timers: [] });
  const subject = cluster<Folding, Record<never, never>>({
    nodes: {
      f: { protocol: folding, config: { tells: [], timers: [] } },
      g: { protocol: folding, config: telling(1) },
      h: { protocol: folding, config: telling(2) },
    },
  });
  expect(inBothOrders(subject)).toBeGreaterThan(5);
});

test("what a node may do of its own after a message that changes what it may do", () => {
  const subject = cluster<Folding, Record<never, never>>({
    nodes: {
      f: { protocol: folding, config: { tells: [], timers: ["first", "second"] } },
      e: { protocol: folding, config: { tells: [], tellsThen: [{ type: "rest" }], timers: ["first"] } },
    },
    timeouts: "unlimited",
    faults: { crashRecovery: 1, partitions: 1 },
  });
  expect(inBothOrders(subject)).toBeGreaterThan(100);
});

const quiet: Folding["config"] = { tells: [], timers: [] };
const timed: Folding["config"] = { tells: [], timers: ["first", "second"] };

/** More than the bits speak of: the first levels of each are enough to get there. */
test.each<[string, { readonly [node: string]: Folding["config"] }, FoldingOptions]>([
  ["places in the bag", { f: quiet, e: { ...quiet, tells: Array.from({ length: 34 }, (_, n) => add(n)) } }, {}],
  [
    "links",
    Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((id, n) => [id, { ...quiet, tells: [add(n), max(n + 1)] }])),
    { network: { order: "fifo" } },
  ],
  ["nodes", Object.fromEntries(["f", ...Array.from({ length: 16 }, (_, n) => `n${n}`)].map((id) => [id, timed])), {}],
  [
    "options of a node",
    { f: timed, g: timed, h: { ...timed, tells: [{ type: "write", n: 1 }] }, i: timed },
    { persistence: "asynchronous", faults: { crashRecovery: 1, crashStop: 1 } },
  ],
])("more %s than there are bits", (_, configs, options) => {
  const nodes = Object.entries(configs).map(([id, config]) => [id, { protocol: folding, config }] as const);
  const subject = cluster<Folding, { readonly heard: readonly string[] }>({
    nodes: Object.fromEntries(nodes),
    timeouts: "unlimited",
    ...options,
  });
  expect(assertAgreement(subject, { depthMax: 3 }).generated).toBeGreaterThan(50);
});

/** Where a run has this many states, the two are held together down to the last level that is complete by then. */
const STATES_MAX = 150;

test.each(["none", "fifo"] as const)(
  "random clusters in which something may be passed over, order %s",
  (order) => {
    let passedOver = 0;
    fc.assert(
      fc.property(randomCluster({ order, duplication: 0, loss: 0 }), ({ subject }) => {
        const { unclaimed, claims } = claimByClaim(subject());
        const small = new Explorer(systemOf(unclaimed), { statesMax: STATES_MAX });
        small.advance(STATES_MAX);
        passedOver += small.passedOver;
        const depthMax = small.done && small.ending === null ? small.depth : small.depth - 1;
        assertAgreement(unclaimed, { depthMax });
        for (const claim of claims) {
          const naive = naiveFindings(claim, { depthMax });
          const engine = engineFindings(claim, { depthMax });
          expect([engine.violated, engine.violatedAt]).toEqual([naive.violated, naive.violatedAt]);
        }
      }),
      { numRuns: 40 },
    );
    expect(passedOver).toBeGreaterThan(100);
  },
  300_000,
);
