import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { model, value } from "../model/model.ts";
import { reportTrace } from "../report/text.ts";
import { run } from "../run.ts";
import { openConsole } from "./console.ts";
import { engineMaker } from "./fresh-engine.ts";

const counter = model(
  { count: value(0) },
  {
    actions: (action) => ({ up: action(({ count }) => (count < 3 ? { count: count + 1 } : undefined)) }),
    always: { small: ({ count }) => count < 3 },
  },
);

test("each engine is made of functions of its own", async () => {
  const make = await engineMaker();
  const engines = [make(), make()];
  expect(new Set([run, ...engines.map((engine) => engine.run)]).size).toBe(3);
});

test("a fresh engine finds what any finds", async () => {
  const fresh = (await engineMaker())();
  const [found, expected] = [await fresh.run(counter), await run(counter)];
  expect(found.verdict).toBe("violated");
  expect({ ...found, seconds: 0 }).toEqual({ ...expected, seconds: 0 });
});

test("what can't be explored is said by its own class of errors", async () => {
  const { run: runFresh, SubjectError } = (await engineMaker())();
  const nothing = model({ count: value(0) }, { actions: () => ({}), initial: () => [] });
  await expect(runFresh(nothing)).rejects.toBeInstanceOf(SubjectError);
});

test("where the spec's own code throws is shown without the engine's calls", async () => {
  const throwing = model(
    { count: value(0) },
    {
      actions: (action) => ({
        up: action(({ count }) => {
          if (count === 1) throw new Error("one is too much");
          return { count: count + 1 };
        }),
      }),
    },
  );
  const reported: string[] = [];
  const lines = {
    ...openConsole(false),
    colors: createColors(false),
    report: (line: string) => void reported.push(line),
  };
  reportTrace(lines, await (await engineMaker())().run(throwing));
  expect(reported.join("\n")).toContain("one is too much");
  expect(reported.filter((line) => line.includes("engine.cjs"))).toEqual([]);
});
