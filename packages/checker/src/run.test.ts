import type { Plain } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { functionOf, model, setOf, value } from "./model/model.ts";
import type { Model } from "./model/model.ts";
import { run, SubjectError } from "./run.ts";
import type { Progress } from "./run.ts";
import { countingCluster } from "./testing/counting.ts";

const counter = (last: number, goal = 0): Model =>
  model(
    { n: value<number>(0) },
    {
      actions: (action) => ({
        count: action(({ n }) => (n < last ? { n: n + 1 } : undefined)),
        leave: action(({ n }) => (n < 0 ? { n: 0 } : undefined)),
      }),
      sometimes: { atGoal: ({ n }) => n === goal },
      deadlock: "allowed",
    },
  );

test("a run to its end counts states, transitions, actions and successors", async () => {
  expect(await run(counter(3))).toMatchObject({
    verdict: "holds",
    distinct: 4,
    generated: 4,
    queued: 0,
    depth: 4,
    limit: null,
    failure: null,
    actions: [
      { name: "count", taken: 3, found: 3 },
      { name: "leave", taken: 0, found: 0 },
    ],
    outdegrees: [1, 3],
    properties: [{ name: "atGoal", kind: "sometimes", verdict: "reached" }],
  });
});

test("a goal that no state satisfies is unreached after the last state, and unknown before it", async () => {
  const properties = [{ name: "atGoal", kind: "sometimes", verdict: "unreached", trace: null }];
  expect(await run(counter(3, 9))).toMatchObject({ verdict: "violated", properties });
  expect(await run(counter(3, 9), { statesMax: 3 })).toMatchObject({
    verdict: "incomplete",
    limit: "max-states",
    distinct: 3,
    properties: [{ ...properties[0], verdict: "unknown" }],
  });
});

test("a limit of depth that is never met is no limit", async () => {
  expect(await run(counter(9), { depthMax: 2 })).toMatchObject({ limit: "max-depth", verdict: "incomplete", depth: 2 });
  expect(await run(counter(3), { depthMax: 9 })).toMatchObject({ limit: null, verdict: "holds", depth: 4 });
});

test("whoever runs it sees how far it is, and can stop it", async () => {
  const controller = new AbortController();
  const seen: Progress[] = [];
  const onProgress = (progress: Progress): void => {
    seen.push(progress);
    controller.abort();
  };
  const result = await run(counter(Number.POSITIVE_INFINITY), {}, onProgress, controller.signal);
  expect(result).toMatchObject({ verdict: "incomplete", limit: "interrupted" });
  expect(seen).toHaveLength(1);
  expect(result.distinct).toBe(seen[0]?.distinct);
  expect(result.queued).toBeGreaterThan(0);
});

describe("a state space that can't be explored", () => {
  const notPlain = (content: unknown): number => content as number;
  const starting = (states: readonly unknown[]): Model =>
    model(
      { n: value<number>(0), owner: functionOf<"a" | "b", number>(["a", "b"], 0), seen: setOf<number>() },
      {
        initial: () => states as readonly { n: number; owner: { a: number; b: number }; seen: number[] }[],
        actions: () => ({}),
        deadlock: "allowed",
      },
    );
  const whole = { n: 0, owner: { a: 0, b: 0 }, seen: [] };

  test("initial states that are whole can", async () => {
    expect(await run(starting([whole, { ...whole, seen: [1] }]))).toMatchObject({ verdict: "holds", distinct: 2 });
  });

  test.each<readonly [string, readonly unknown[], RegExp]>([
    ["a function", [{ n: 0, seen: [] }], /its initial states can't be read: .*'a'\). Each must give n, owner, seen: /],
    [
      "a set, in the second state",
      [whole, { ...whole, seen: undefined }],
      /not iterable\. Each must give n, owner, seen: /,
    ],
  ])("its initial states lack %s", async (_, states, message) => {
    const failed = run(starting(states));
    await expect(failed).rejects.toBeInstanceOf(SubjectError);
    await expect(failed).rejects.toThrow(message);
  });

  test("a value that is lacking in an initial state is that function's fault", async () => {
    const { failure } = await run(starting([{ ...whole, n: undefined }]));
    expect(failure?.error.message).toMatch(
      /^initial threw TypeError: its result is not plain data: the value is undefined/,
    );
  });

  test("domains and requests that are not plain data", async () => {
    const actions = model(
      { n: value<number>(0) },
      { actions: (action) => ({ count: action({ by: [notPlain(new Map())] }, ({ n }, { by }) => ({ n: n + by })) }) },
    );
    await expect(run(actions)).rejects.toThrow(/^it can't be set up: \.by is an instance of Map; plain data is /);
    const request = { type: "begin", key: new Date(0) } as unknown as { readonly type: "begin"; readonly key: Plain };
    const clients = { client: { to: [Object.keys(countingCluster().options.nodes)[0] as never], requests: [request] } };
    await expect(run(countingCluster({ clients }))).rejects.toBeInstanceOf(SubjectError);
  });

  test("more successors than a path can tell apart", async () => {
    const wide = model(
      { n: value<number>(0) },
      {
        actions: (action) => ({
          leap: action({ to: Array.from({ length: 65_537 }, (_, n) => n) }, (_, { to }) => ({ n: to })),
        }),
      },
    );
    await expect(run(wide)).rejects.toThrow("it can't be explored: A state has more than 65536 successors");
  });
});
