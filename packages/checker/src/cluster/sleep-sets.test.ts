/** Deliveries that are passed over: wherever one wrongly were, the engine and the naive explorer would disagree. */

import { nodeId } from "@quorate/core";
import type { NodeId, Protocol, Signature } from "@quorate/core";
import { expect, test } from "vitest";
import { assertAgreement } from "../testing/agreement.ts";
import { cluster } from "./cluster.ts";
import type { ClusterOptions, Observer } from "./cluster.ts";

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
  expect(assertAgreement(subject, {}).distinct).toBeGreaterThan(20);
});
