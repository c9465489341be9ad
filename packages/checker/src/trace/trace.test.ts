import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cluster, Network } from "../cluster/cluster.ts";
import { Explorer } from "../engine/explorer.ts";
import { model, value } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import { naiveCluster, naiveExplore, naiveModel } from "../naive/index.ts";
import type { NaiveSystem } from "../naive/index.ts";
import { run } from "../run.ts";
import { systemOf } from "../subject.ts";
import { randomCluster } from "../testing/random-cluster.ts";
import { randomModel } from "../testing/random-model.ts";
import { isEqual } from "../values/equal.ts";
import type { Trace } from "./trace.ts";
import { traceOf } from "./trace.ts";

const STATES_MAX = 100;

type NaiveClusterState = ReturnType<ReturnType<typeof naiveCluster>["initial"]>[number];

/** A state of the naive explorer as the engine describes it. */
function described({ options }: Cluster, state: NaiveClusterState): unknown {
  const nodes = Object.entries(state.nodes).map(([id, local]) => {
    if (local.status !== "up") return [id, { status: local.status, disk: local.disk }];
    const { memory, timers, disk, unwritten } = local;
    const behind = unwritten.length > 0 ? { disk, unwritten } : {};
    return [id, { ...memory, ...(timers.length > 0 ? { timers } : {}), ...behind }];
  });
  const { duplication = 0, loss = 0 } = options.network ?? {};
  const budgets: { readonly [name: string]: unknown } = {
    ...(typeof options.timeouts === "object"
      ? Object.fromEntries(Object.entries(options.timeouts).map(([timer, budget]) => [`timeout ${timer}`, budget]))
      : { timeouts: options.timeouts }),
    ...options.faults,
    duplication,
    loss,
  };
  const left = Object.entries(state.left).filter(([name]) => budgets[name] !== 0);
  return {
    nodes: Object.fromEntries(nodes),
    network: state.network,
    ...(Object.keys(state.clients).length > 0 ? { requestsMade: state.clients } : {}),
    history: state.history,
    ...(left.length > 0 ? { budgetsLeft: Object.fromEntries(left) } : {}),
    side: state.side,
  };
}

/** The last state of a trace that `naive` can follow step by step, or null if it can't. */
function follow<S, V>(naive: NaiveSystem<S, V>, describe: (state: S) => unknown, trace: Trace): S | null {
  const start = trace[0];
  let now = naive.initial().find((state) => isEqual(describe(state), start?.state)) ?? null;
  for (const { action, state } of trace.slice(1)) {
    if (now === null) return null;
    const next = naive
      .successors(now)
      .find((transition) => transition.action === action?.name && isEqual(describe(transition.state), state));
    now = next?.state ?? null;
  }
  return now;
}

/** Checks every trace that exploring `subject` gives, and returns how many there were. */
function checkTraces<S, V>(
  subject: Cluster | Model,
  naive: NaiveSystem<S, V>,
  describe: (state: S) => unknown,
): number {
  const explorer = new Explorer(systemOf(subject), { statesMax: STATES_MAX });
  while (!explorer.done) explorer.advance(10);
  const last = (path: readonly number[], name: string): S => {
    // Run again by a system that has interned nothing yet.
    const state = follow(naive, describe, traceOf(systemOf(subject), path));
    if (state === null) throw new Error(`the path to ${name} is none of the naive explorer's`);
    return state;
  };
  const { always = {}, sometimes = {} } = naive.properties;
  for (const [name, path] of explorer.reached) {
    const holds = sometimes[name];
    if (holds?.(naive.view(last(path, name))) !== true) throw new Error(`${name} does not hold where its path leads`);
    const unreached = (view: V): boolean => !holds(view);
    const { violatedAt } = naiveExplore({ ...naive, properties: { always: { unreached } }, deadlock: "allowed" });
    if (violatedAt !== path.length)
      throw new Error(`${name} is reached after ${violatedAt}, not ${path.length} states`);
  }
  const { ending } = explorer;
  if (ending?.type !== "violated") return explorer.reached.size;
  const end = last(ending.path, ending.name);
  const isThere =
    ending.kind === "always"
      ? always[ending.name]?.(naive.view(end)) === false
      : ending.kind === "step" || naive.successors(end).length === 0;
  if (!isThere) throw new Error(`${ending.name} is not broken where its path leads`);
  return explorer.reached.size + 1;
}

test("traces of random models are paths of the naive explorer, shortest, to what they claim", () => {
  let traces = 0;
  fc.assert(
    fc.property(randomModel, ({ subject }) => {
      traces += checkTraces(subject(), naiveModel(subject()), (state) => state);
    }),
    { numRuns: 100 },
  );
  expect(traces).toBeGreaterThan(20);
});

test.each<Network>([
  { order: "none", duplication: 0, loss: 1 },
  { order: "none", duplication: 1, loss: 0 },
  { order: "none", duplication: "unlimited", loss: 0 },
  { order: "fifo", duplication: 1, loss: "unlimited" },
])("traces of random clusters are as well: $order, duplication $duplication, loss $loss", (network) => {
  let traces = 0;
  fc.assert(
    fc.property(randomCluster(network), ({ subject }) => {
      const cluster = subject();
      traces += checkTraces(cluster, naiveCluster(cluster), (state) => described(cluster, state));
    }),
    { numRuns: 30 },
  );
  expect(traces).toBeGreaterThan(5);
});

test("a path is run again no further than it leads, whatever would throw beyond it", async () => {
  const subject = model(
    { n: value<Plain>(0) },
    {
      actions: (action) => ({
        count: action(({ n }) => ({ n: Number(n) + 1 })),
        break: action(({ n }) => {
          if (n === 2) throw new Error("too far");
          return undefined;
        }),
      }),
      always: { small: ({ n }) => Number(n) < 3 },
    },
  );
  const { verdict, properties } = await run(subject);
  expect(verdict).toBe("violated");
  expect(properties[0]?.trace?.map(({ state }) => state["n"])).toEqual([0, 1, 2, 3]);
});
