import type { Plain, Protocol, State, Step } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { functionOf, model, setOf, value } from "../model/model.ts";
import { run } from "../run.ts";
import { failureOf } from "../testing/failure.ts";
import { counting, countingCluster } from "../testing/counting.ts";
import type { CountSignature } from "../testing/counting.ts";

type S = CountSignature;
type Mutable = { count: number; extra?: number };

/** The protocol, but when the count 2 arrives `sabotage` has its way with the step. */
function sabotaged(sabotage: (step: Step<S>, state: State<S>, bytes: Uint8Array) => unknown): Protocol<S> {
  return {
    ...counting,
    step: (config, state, input) => {
      const step = counting.step(config, state, input);
      if (input.type !== "receive" || input.message.count !== 2) return step;
      return sabotage(step, state, input.message.key) as Step<S>;
    },
  };
}

const withCount = (step: Step<S>, count: unknown): unknown => ({
  ...step,
  state: { ...step.state, durable: { ...step.state.durable, count } },
});
const cycle: { self?: unknown } = {};
cycle.self = cycle;
let calls = 0;

describe("a step that is not pure ends the run where it is called", () => {
  test.each<[string, Parameters<typeof sabotaged>[0], string, RegExp]>([
    [
      "randomness",
      (step) => withCount(step, Math.floor(Math.random() * 1e15)),
      "ImpureError",
      /two calls with equal input differ: .*"count":\d+.* and then .*"count":\d+/,
    ],
    [
      "a clock",
      (step) => withCount(step, Number(process.hrtime.bigint() % 1_000_000_000_000n)),
      "ImpureError",
      /two calls with equal input differ/,
    ],
    [
      "a counter",
      (step) => withCount(step, ++calls),
      "ImpureError",
      /"count":1,"key":#010203.* and then .*"count":2,"key"/,
    ],
    [
      "an effect now and then",
      (step) => (++calls % 2 === 0 ? step : { ...step, effects: [] }),
      "ImpureError",
      /two calls with equal input differ/,
    ],
    [
      "an assignment",
      (step, { durable }) => (((durable as Mutable).count = 7), step),
      "ImpureError",
      /it changes its input \(Cannot assign to read only property 'count'/,
    ],
    [
      "a push",
      (step, { volatile }) => ((volatile.seen as number[]).push(7), step),
      "ImpureError",
      /it changes its input \(Cannot add property 1, object is not extensible/,
    ],
    [
      "a new field",
      (step, { durable }) => (((durable as Mutable).extra = 7), step),
      "ImpureError",
      /it changes its input \(Cannot add property extra/,
    ],
    [
      "a deletion",
      (step, { durable }) => (delete (durable as Partial<Mutable>).count, step),
      "ImpureError",
      /it changes its input \(Cannot delete property 'count'/,
    ],
    [
      "a list filled anew",
      (step, { volatile }) => ((volatile.seen as number[]).fill(7), step),
      "ImpureError",
      /it changes its input/,
    ],
    [
      "a byte string of the state",
      (step, { durable }) => (durable.key.fill(9), step),
      "ImpureError",
      /it changes a byte string of its input/,
    ],
    [
      "a byte string of the message",
      (step, _state, key) => (key.fill(9), step),
      "ImpureError",
      /it changes a byte string of its input/,
    ],
    [
      "an exception",
      () => {
        throw new Error("out of luck");
      },
      "EvaluationError",
      /counting\.step of node left threw Error: out of luck/,
    ],
    [
      "a fraction",
      (step) => withCount(step, 0.5),
      "EvaluationError",
      /its result is not plain data: \.state\.durable\.count is 0\.5, not an integer/,
    ],
    ["NaN", (step) => withCount(step, Number.NaN), "EvaluationError", /\.state\.durable\.count is NaN/],
    ["a function", (step) => withCount(step, () => 1), "EvaluationError", /\.state\.durable\.count is a function/],
    ["a Map", (step) => withCount(step, new Map()), "EvaluationError", /\.state\.durable\.count is an instance of Map/],
    ["a cycle", (step) => withCount(step, cycle), "EvaluationError", /\.state\.durable\.count\.self is a cycle/],
    [
      "a message to nobody",
      (step) => ({ ...step, effects: [{ type: "send", to: "middle", message: { type: "count" }, after: "now" }] }),
      "EvaluationError",
      /it sends to middle, which is none of the nodes left, right/,
    ],
    ["nothing", () => undefined, "EvaluationError", /threw TypeError/],
  ])("%s", async (_, sabotage, name, message) => {
    calls = 0;
    const failure = failureOf(await run(countingCluster({ protocol: sabotaged(sabotage) })));
    expect(failure).toMatchObject({ name, actions: ["initial", "request begin", "deliver count"] });
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain("counting.step of node left");
    expect(failure.message).toMatch(/\n {2}on input .*"count"/);
  });
});

test.each<[string, Partial<Protocol<S>>, RegExp, readonly string[]]>([
  [
    "start",
    {
      start: () => {
        throw new Error("no");
      },
    },
    /counting\.start of node left threw Error: no/,
    [],
  ],
  [
    "initial",
    { initial: () => ({ count: 0.5, key: new Uint8Array(0) }) },
    /counting\.initial of node left .*\.disk\.count is 0\.5/,
    [],
  ],
])("a protocol's %s is held to the same", async (_, broken, message, actions) => {
  const failure = failureOf(await run(countingCluster({ protocol: { ...counting, ...broken } })));
  expect(failure.message).toMatch(message);
  expect(failure.actions).toEqual(actions);
});

test.each<[string, (history: Plain) => unknown, RegExp]>([
  ["mutates", (history) => ((history as number[]).push(1), history), /observer log is not pure: it changes its input/],
  ["counts", () => [++calls], /observer log is not pure: two calls with equal input differ: \[1\] and then \[2\]/],
  [
    "returns what is not plain",
    () => [new Date(0)],
    /observer log threw TypeError: its result is not plain data: \[0\] is an instance of Date/,
  ],
])("an observer that %s ends the run", async (_, observe, message) => {
  calls = 0;
  const log = {
    initial: [],
    observe: (history: Plain, event: { readonly type: string }): Plain =>
      event.type === "start" ? history : (observe(history) as Plain),
  };
  const failure = failureOf(await run(countingCluster({ observers: { log } })));
  expect(failure.message).toMatch(message);
  expect(failure.actions).toEqual(["initial"]);
});

describe("a model's action that is not pure ends the run", () => {
  const variables = {
    list: value<readonly number[]>([]),
    at: functionOf<"a", number>(["a"], 0),
    set: setOf<{ n: number }>([{ n: 1 }]),
  };
  type Broken = { readonly list: readonly number[]; readonly set: Iterable<{ n: number }> };

  test.each<[string, (state: Broken) => unknown, RegExp]>([
    ["randomness", () => ({ at: { a: calls++ } }), /two calls with equal input differ/],
    ["a push", ({ list }) => ((list as number[]).push(1), {}), /it changes its input/],
    ["a mutation of an item", ({ set }) => ([...set].forEach((item) => item.n++), {}), /it changes its input/],
    ["a fraction", () => ({ at: { a: 0.5 } }), /its result is not plain data: the value is 0\.5/],
    ["an unknown variable", () => ({ other: 1 }), /there is no variable other; the variables are list, at, set/],
    ["an unknown key", () => ({ at: { b: 1 } }), /at has no key b; its keys are a/],
  ])("%s", async (_, broken, message) => {
    calls = 0;
    const subject = model(variables, {
      actions: (action) => ({
        fill: action(({ list }) => (list.length < 2 ? { list: [...list, 0] } : undefined)),
        break: action({ who: ["me"] }, ({ list, set }) =>
          list.length < 2 ? undefined : (broken({ list, set }) as object),
        ),
      }),
    });
    const failure = failureOf(await run(subject));
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain('action break of {"who":"me"}');
    expect(failure.actions).toEqual(["initial", "fill", "fill"]);
  });

  test("and so does an initial state that is not plain", async () => {
    const subject = model(variables, {
      initial: () => [{ list: [0.5], at: { a: 0 }, set: [] }],
      actions: () => ({}),
    });
    expect(failureOf(await run(subject)).message).toMatch(
      /initial threw TypeError: its result is not plain data: \[0\] is 0\.5/,
    );
  });
});
