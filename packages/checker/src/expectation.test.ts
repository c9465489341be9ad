import { describe, expect, test } from "vitest";
import { EXIT } from "./cli/exit.ts";
import { judge } from "./expectation.ts";
import { model, value } from "./model/model.ts";
import { run } from "./run.ts";
import type { RunLimits, RunResult } from "./run.ts";

/** A counter that starts over at 2, or stops there, with a property that breaks at `broken`, and a goal. */
function count(
  { broken = -1, goal = 2, stops = false, throwsAt = -1 } = {},
  limits: RunLimits = {},
): Promise<RunResult> {
  const subject = model(
    { n: value<number>(0) },
    {
      actions: (action) => ({
        count: action(({ n }) => {
          if (n === throwsAt) throw new Error("here");
          return stops && n === 2 ? undefined : { n: (n + 1) % 3 };
        }),
      }),
      always: { isFine: ({ n }) => n !== broken },
      step: { isStep: (before, after) => before.n !== 1 || after.n !== broken - 10 },
      sometimes: { atGoal: ({ n }) => n === goal },
    },
  );
  return run(subject, limits);
}

const holds = { verdict: "holds" } as const;
const breaks = (property: string): { verdict: "violated"; property: string } => ({ verdict: "violated", property });

describe("what nobody expects anything of", () => {
  test.each<readonly [string, Parameters<typeof count>, number]>([
    ["holds", [], EXIT.ok],
    ["a property that breaks", [{ broken: 1 }], EXIT.safety],
    ["a step that breaks", [{ broken: 12 }], EXIT.safety],
    ["a deadlock", [{ stops: true }], EXIT.deadlock],
    ["a limit", [{}, { statesMax: 2 }], EXIT.incomplete],
    ["a function that throws", [{ throwsAt: 1 }], EXIT.evaluation],
  ])("%s", async (_, words, exitCode) => {
    expect(judge(await count(...words), null)).toEqual({ exitCode, differences: [] });
  });

  test("a goal never reached", async () => {
    const differences = ["atGoal was never reached"];
    expect(judge(await count({ goal: 9 }), null)).toEqual({ exitCode: EXIT.expectation, differences });
  });
});

describe("what something is expected of", () => {
  test("counts as they should be, and each that is not", async () => {
    const result = await count();
    const counts = { distinct: 3, generated: 4, depth: 3 };
    expect(judge(result, { ...holds, ...counts })).toEqual({ exitCode: EXIT.ok, differences: [] });
    for (const name of ["distinct", "generated", "depth"] as const) {
      const differences = [`${name} is ${counts[name]}, and should be 9`];
      expect(judge(result, { ...holds, ...counts, [name]: 9 })).toEqual({ exitCode: EXIT.expectation, differences });
    }
  });

  test("a violation that is expected is success, and its counts matter", async () => {
    const result = await count({ broken: 1 });
    expect(judge(result, breaks("isFine")).exitCode).toBe(EXIT.ok);
    expect(judge(result, { ...breaks("isFine"), distinct: 9 }).exitCode).toBe(EXIT.expectation);
  });

  test("a deadlock can be expected", async () => {
    expect(judge(await count({ stops: true }), breaks("deadlock")).exitCode).toBe(EXIT.ok);
  });

  test("another violation than the expected one keeps its own code, and so does one where none is expected", async () => {
    const result = await count({ broken: 1 });
    expect(judge(result, breaks("deadlock"))).toEqual({ exitCode: EXIT.safety, differences: [] });
    expect(judge(result, { ...holds, distinct: 9 })).toEqual({ exitCode: EXIT.safety, differences: [] });
  });

  test("no violation where one is expected", async () => {
    const differences = ["isFine should break and does not"];
    expect(judge(await count(), breaks("isFine"))).toEqual({ exitCode: EXIT.expectation, differences });
  });

  test("a limit is never success, whatever was expected", async () => {
    const result = await count({}, { statesMax: 3 });
    for (const expectation of [{ ...holds, distinct: 3 }, breaks("isFine")]) {
      expect(judge(result, expectation).exitCode).toBe(EXIT.incomplete);
    }
  });
});
