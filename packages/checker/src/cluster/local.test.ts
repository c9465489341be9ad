/** What one node does when its disk catches up, by hand: beside it there is only the naive explorer's word. */

import { nodeId } from "@quorate/core";
import type { Effect, Plain, Protocol, Signature, State, Step } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { run } from "../run.ts";
import { failureOf } from "../testing/failure.ts";
import { deepFreeze } from "../values/freeze.ts";
import { cluster } from "./cluster.ts";
import type { Cluster, ClusterOptions, NodeEvent } from "./cluster.ts";
import { change } from "./local.ts";
import type { Change, Happening, Local, NodeContext } from "./local.ts";

/** A counter that says what it counted once that is on disk, and what it hears of the disk when it hears of it. */
type Counter = {
  readonly config: { readonly until: number };
  readonly durable: { readonly n: number };
  readonly volatile: { readonly told: readonly number[] };
  readonly message: { readonly type: "note"; readonly n: number };
  readonly timer: "flush";
  readonly request: { readonly type: "count" } | { readonly type: "ask" };
  readonly output: { readonly type: "counted" | "told"; readonly n: number };
};
type Options = ClusterOptions<Counter, { readonly [name: string]: Plain }>;

const me = nodeId("me");
const counted = (n: number) => ({ type: "output", output: { type: "counted", n } }) as const;
const told = (n: number) => ({ type: "output", output: { type: "told", n } }) as const;
const note = (n: number) => ({ type: "send", to: me, message: { type: "note", n }, after: "now" }) as const;
const setFlush = { type: "setTimer", timer: "flush" } as const;

/** Counts one further, until `until`, and has nothing more to do then. */
function next({ until }: Counter["config"], { durable: { n }, volatile }: State<Counter>): Step<Counter> | null {
  return n >= until ? null : { state: { durable: { n: n + 1 }, volatile }, effects: [counted(n + 1), note(n + 1)] };
}

const counter: Protocol<Counter> = {
  name: "counter",
  initial: () => ({ n: 0 }),
  start: (_config, durable) => ({ state: { durable, volatile: { told: [] } }, effects: [] }),
  step: (config, state, input) => {
    switch (input.type) {
      case "request": {
        if (input.request.type === "ask") return { state, effects: [counted(state.durable.n)] };
        const n = state.durable.n + 1;
        return { state: { ...state, durable: { n } }, effects: [counted(n), note(n)] };
      }
      case "persisted": {
        const hearing = { ...state, volatile: { told: [...state.volatile.told, input.durable.n] } };
        const { state: further, effects } = next(config, hearing) ?? { state: hearing, effects: [setFlush] };
        return { state: further, effects: [told(input.durable.n), ...effects] };
      }
      case "receive":
      case "timeout":
        return { state, effects: [] };
    }
  },
};

function counterCluster(until: number, protocol: Protocol<Counter>, options: Partial<Options> = {}): Cluster {
  return cluster<Counter, { readonly [name: string]: Plain }>({
    nodes: { me: { protocol, config: { until } } },
    clients: { client: { to: [me], requests: [{ type: "count" }] } },
    ...options,
  });
}

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  );
}

/** A node of its own, and what has become of it. */
class Node {
  local: Local = deepFreeze({ status: "down", disk: { n: 0 } });
  readonly inputs: string[] = [];
  readonly #context: NodeContext;

  constructor(persistence: NodeContext["persistence"], until = 0, protocol: Protocol<Counter> = counter) {
    const { me: node } = counterCluster(until, protocol).options.nodes;
    if (node === undefined) throw new Error("The cluster lacks its node.");
    const call: NodeContext["call"] = (_name, inputs, call) => {
      this.inputs.push(inputs.map((input) => JSON.stringify(input)).join(" "));
      expect(inputs.every(isFrozen)).toBe(true);
      return call();
    };
    this.#context = { id: me, node, persistence, call };
    this.happen({ type: "start" });
  }

  happen(happening: Happening): Change {
    const changed = change(this.#context, this.local, deepFreeze(happening));
    if (changed === null) throw new Error(`${happening.type} can't happen.`);
    this.local = deepFreeze(changed.local);
    return changed;
  }

  count(): Change {
    return this.happen({ type: "request", request: { type: "count" } });
  }

  ask(): Change {
    return this.happen({ type: "request", request: { type: "ask" } });
  }
}

const memory = (n: number, ...heard: readonly number[]): Plain => ({ durable: { n }, volatile: { told: heard } });

/** What an event says beside its type and its node. */
function said(event: NodeEvent<Signature>): readonly unknown[] {
  return event.type === "crash" ? [event.disk] : [event.effects, event.state, event.disk];
}

describe("a synchronous disk", () => {
  test("is spoken of in the same change, after the step's own effects", () => {
    const node = new Node("synchronous");
    const { local, released, event } = node.count();
    const effects: readonly Effect<Counter>[] = [counted(1), note(1), told(1), setFlush];
    expect(local).toEqual({ status: "up", memory: memory(1, 1), timers: ["flush"], behind: null });
    expect(released).toEqual(effects);
    expect(event).toEqual({
      type: "input",
      input: { type: "request", request: { type: "count" } },
      node: "me",
      effects,
      state: memory(1, 1),
      disk: { n: 1 },
    });
  });

  test("is spoken of again until nothing new is durable, each time with the latest", () => {
    const node = new Node("synchronous", 3);
    const { local, released } = node.count();
    expect(local).toMatchObject({ memory: memory(3, 1, 2, 3), behind: null });
    expect(released).toEqual([
      counted(1),
      note(1),
      told(1),
      counted(2),
      note(2),
      told(2),
      counted(3),
      note(3),
      told(3),
      setFlush,
    ]);
    expect(node.inputs.slice(2)).toEqual([
      `${JSON.stringify(memory(1))} {"type":"persisted","durable":{"n":1}}`,
      `${JSON.stringify(memory(2, 1))} {"type":"persisted","durable":{"n":2}}`,
      `${JSON.stringify(memory(3, 1, 2))} {"type":"persisted","durable":{"n":3}}`,
    ]);
  });

  test("is not spoken of where nothing durable changed: not at a start, nor at a step", () => {
    const node = new Node("synchronous", 3);
    expect(node.local).toMatchObject({ memory: memory(0) });
    expect(node.ask().released).toEqual([counted(0)]);
    expect(node.inputs).toHaveLength(2);
  });

  test("is spoken of where a start makes something durable", () => {
    const restarted: Protocol<Counter> = {
      ...counter,
      start: (config, { n }) => counter.start(config, { n: n + 10 }),
    };
    const node = new Node("synchronous", 0, restarted);
    expect(node.local).toMatchObject({ memory: memory(10, 10), timers: ["flush"] });
  });

  test("holds after a crash what was made durable last", () => {
    const node = new Node("synchronous", 3);
    node.count();
    expect(node.happen({ type: "crash" }).local).toEqual({ status: "down", disk: { n: 3 } });
  });
});

describe("an asynchronous disk", () => {
  test("is spoken of when it has caught up, and not before; what had waited goes first", () => {
    const node = new Node("asynchronous");
    expect(node.count().released).toEqual([note(1)]);
    expect(node.inputs).toHaveLength(2);
    const { local, released, event } = node.happen({ type: "persist" });
    expect(local).toEqual({ status: "up", memory: memory(1, 1), timers: ["flush"], behind: null });
    expect(released).toEqual([counted(1), told(1), setFlush]);
    expect(event.type).toBe("persist");
    expect(said(event)).toEqual([[counted(1), told(1), setFlush], memory(1, 1), { n: 1 }]);
  });

  test("is spoken of with what it holds, not with what is in memory; what is said of it then waits for the rest", () => {
    const node = new Node("asynchronous");
    node.count();
    node.count();
    const { local, released, event } = node.happen({ type: "persist" });
    expect(node.inputs.at(-1)).toBe(`${JSON.stringify(memory(2))} {"type":"persisted","durable":{"n":1}}`);
    expect(released).toEqual([counted(1), setFlush]);
    expect(said(event)).toEqual([[counted(1), setFlush], memory(2, 1), { n: 1 }]);
    const unwritten = [{ durable: { n: 2 }, effects: [counted(2), told(1)] }];
    expect(local).toMatchObject({ memory: memory(2, 1), behind: { disk: { n: 1 }, unwritten } });
    expect(node.happen({ type: "persist" }).released).toEqual([counted(2), told(1), told(2), setFlush]);
  });

  test("has more to write where the protocol answers with more that is durable", () => {
    const node = new Node("asynchronous", 2);
    node.count();
    const { local, released } = node.happen({ type: "persist" });
    expect(released).toEqual([counted(1), note(2)]);
    const unwritten = [{ durable: { n: 2 }, effects: [told(1), counted(2)] }];
    expect(local).toMatchObject({ memory: memory(2, 1), behind: { disk: { n: 1 }, unwritten } });
    expect(node.happen({ type: "persist" }).released).toEqual([told(1), counted(2), told(2), setFlush]);
    expect(() => node.happen({ type: "persist" })).toThrow("persist can't happen.");
  });

  test("is spoken of once for steps that were written together", () => {
    const node = new Node("asynchronous");
    node.count();
    node.ask();
    expect(node.happen({ type: "persist" }).released).toEqual([counted(1), counted(1), told(1), setFlush]);
    expect(node.inputs.filter((input) => input.includes("persisted"))).toHaveLength(1);
  });

  test("is never spoken of for what a crash took", () => {
    const node = new Node("asynchronous");
    node.count();
    expect(node.happen({ type: "crash" }).local).toEqual({ status: "down", disk: { n: 0 } });
    expect(node.happen({ type: "start" }).local).toMatchObject({ memory: memory(0), behind: null });
    expect(() => node.happen({ type: "persist" })).toThrow("persist can't happen.");
  });
});

describe("whatever copies", () => {
  /** Equal to what it was, and another reference: the disk has it, wherever it is. */
  const copying: Protocol<Counter> = {
    ...counter,
    step: (config, state, input) =>
      input.type === "request"
        ? { state: { ...state, durable: { ...state.durable } }, effects: [counted(state.durable.n)] }
        : counter.step(config, state, input),
  };

  test.each(["synchronous", "asynchronous"] as const)("hears of it at once, on a disk that is %s", (persistence) => {
    const { local, released } = new Node(persistence, 0, copying).ask();
    expect(local).toMatchObject({ memory: memory(0, 0), behind: null });
    expect(released).toEqual([counted(0), told(0), setFlush]);
  });
});

const silent: Protocol<Counter> = {
  ...counter,
  step: (config, state, input) =>
    input.type === "persisted" ? { state, effects: [] } : counter.step(config, state, input),
};

test("a protocol that does not care has no state more for it", async () => {
  const requests = [{ type: "count" }, { type: "count" }, { type: "count" }] as const;
  const options: Partial<Options> = {
    clients: { client: { to: [me], requests } },
    persistence: "asynchronous",
  };
  const result = await run(counterCluster(0, silent, options));
  // By hand: c requests made, of which w are on disk, 0 <= w <= c <= 3, and the notes in flight follow from c.
  expect(result).toMatchObject({ verdict: "holds", distinct: 10, generated: 13, depth: 7 });
});

test("observers hear of everything that was released, once", async () => {
  const heard: Options["observers"] = {
    heard: {
      initial: [],
      observe: (history, event) => {
        if (event.type === "crash") return history;
        return [...(history as readonly Plain[]), [event.type, ...event.effects.map((effect) => effect.type)]];
      },
    },
  };
  const expected = {
    synchronous: [["start"], ["input", "output", "send", "output", "output", "send", "output", "setTimer"]],
    asynchronous: [
      ["start"],
      ["input", "send"],
      ["persist", "output", "send"],
      ["persist", "output", "output", "output", "setTimer"],
    ],
  };
  for (const persistence of ["synchronous", "asynchronous"] as const) {
    const wanted = JSON.stringify(expected[persistence]);
    const result = await run(
      counterCluster(2, counter, {
        persistence,
        observers: heard,
        timeouts: 0,
        sometimes: { wanted: ({ history }) => JSON.stringify(history["heard"]) === wanted },
      }),
    );
    expect(result.properties).toMatchObject([{ name: "wanted", verdict: "reached" }]);
  }
});

describe("a protocol that is at fault when it hears of its disk", () => {
  const faulty = (persisted: (state: State<Counter>, durable: Counter["durable"]) => unknown): Protocol<Counter> => ({
    ...counter,
    step: (config, state, input) =>
      input.type === "persisted"
        ? (persisted(state, input.durable) as Step<Counter>)
        : counter.step(config, state, input),
  });
  let calls = 0;

  test.each<readonly [string, Protocol<Counter>, RegExp]>([
    [
      "never stops",
      faulty(({ durable: { n }, volatile }) => ({ state: { durable: { n: n + 1 }, volatile }, effects: [] })),
      /^counter\.step of node me threw RangeError: it makes another state durable each time .*, 100 times in a row\n {2}on input .*"n":102/,
    ],
    [
      "throws",
      faulty(() => {
        throw new Error("no disk");
      }),
      /threw Error: no disk\n {2}on input .*"n":1.*, \{"durable":\{"n":1\},"type":"persisted"\}$/,
    ],
    [
      "changes its state",
      faulty((state) => (((state.durable as { n: number }).n = 7), { state, effects: [] })),
      /is not pure: it changes its input \(Cannot assign to read only property 'n'/,
    ],
    [
      "counts",
      faulty((state) => ({ state: { ...state, volatile: { told: [++calls] } }, effects: [] })),
      /is not pure: two calls with equal input differ.*\n {2}on input .*"persisted"/,
    ],
    [
      "makes durable what is not plain",
      faulty((state) => ({ state: { ...state, durable: { n: 0.5 } }, effects: [] })),
      /its result is not plain data: \.state\.durable\.n is 0\.5, not an integer.*\n {2}on input .*"persisted"/,
    ],
    [
      "takes what is not plain away that its step made durable",
      {
        ...counter,
        step: (_config, state, { type }) => ({
          state: type === "persisted" ? state : { ...state, durable: { n: Number.NaN } },
          effects: [],
        }),
      },
      /its result is not plain data: \.state\.durable\.n is NaN.*\n {2}on input .*"request"/,
    ],
  ])("%s", async (_, protocol, message) => {
    const failure = failureOf(await run(counterCluster(0, protocol)));
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain("counter.step of node me");
    expect(failure.actions).toEqual(["initial"]);
  });
});
