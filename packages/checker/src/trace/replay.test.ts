import { expect, test } from "vitest";
import type { Model } from "../model/model.ts";
import { model, value } from "../model/model.ts";
import { run } from "../run.ts";
import { systemOf } from "../subject.ts";
import { replay } from "./replay.ts";
import type { ReplayResult } from "./replay.ts";
import type { Trace } from "./trace.ts";

interface Changes {
  readonly first?: number;
  readonly by?: number;
  readonly last?: number;
  readonly bound?: number;
  readonly stride?: number;
  readonly deadlock?: "allowed" | "forbidden";
  readonly always?: string;
}

/** Counts from `first` by `by` to `last`, where it stops; claims to stay below a bound, and not to take long strides. */
function counter({
  first = 0,
  by = 1,
  last = 3,
  bound = 9,
  stride = 9,
  deadlock = "forbidden",
  always = "small",
}: Changes): Model {
  return model(
    { n: value<number>(first) },
    {
      actions: (action) => ({ count: action(({ n }) => (n < last ? { n: n + by } : undefined)) }),
      always: { [always]: ({ n }) => n < bound },
      step: { short: (before, after) => after.n - before.n < stride },
      deadlock,
    },
  );
}

async function violationOf(changes: Changes): Promise<{ property: string; kind: string; trace: Trace }> {
  const broken = (await run(counter(changes))).properties.find(({ verdict }) => verdict === "violated");
  if (broken?.trace === undefined || broken.trace === null) throw new Error("nothing breaks");
  return { property: broken.name, kind: broken.kind, trace: broken.trace };
}

/** Replays the violation that `before` has in a counter that is as `after`. */
async function replayed(before: Changes, after: Changes): Promise<ReplayResult> {
  const { trace, ...property } = await violationOf(before);
  return replay(systemOf(counter(after)), trace, property);
}

const small = { bound: 2 };
const short = { by: 2, stride: 2 };

test.each<readonly [string, Changes, Changes, number]>([
  ["always", small, {}, 3],
  ["step", short, { by: 2 }, 2],
  ["deadlock", {}, { last: 4 }, 4],
])("%s: violated as it was, and holds once it is mended", async (_, broken, mended, states) => {
  const again = await replayed(broken, broken);
  expect(again).toMatchObject({ verdict: "violated" });
  expect(again.trace).toEqual((await violationOf(broken)).trace);
  const today = await replayed(broken, mended);
  expect(today.verdict).toBe("holds");
  expect(today.trace).toHaveLength(states);
});

test.each<readonly [string, Changes, Changes, string, number]>([
  ["another beginning", small, { first: 1 }, "step 1, the initial state, now leads to another state.", 0],
  ["another way", small, { by: 2 }, "step 2, count, now leads to another state.", 1],
  ["no way", small, { last: 1 }, "step 3, count, is not possible.", 2],
  ["a property of another name", small, { always: "little" }, "there is no property small.", 0],
  ["deadlocks that are allowed now", {}, { deadlock: "allowed" }, "there is no property deadlock.", 0],
])("diverged: %s", async (_, before, after, reason, states) => {
  const { trace, ...result } = await replayed(before, after);
  expect(result).toEqual({ verdict: "diverged", reason });
  expect(trace).toHaveLength(states);
});
