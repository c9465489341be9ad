/**
 * Closures given to collections are remembered by item. These are the ways in which JavaScript lets a closure depend on
 * more than its item, each of which once made a broken property hold.
 */

import { expect, test } from "vitest";
import { model, setOf, value } from "../model/model.ts";
import type { Model, ModelState } from "../model/model.ts";
import { naiveExplore } from "../naive/explore.ts";
import { naiveModel } from "../naive/model.ts";
import { run } from "../run.ts";

type View = ModelState<{ x: ReturnType<typeof value<number>>; s: ReturnType<typeof setOf<number>> }>;

/** Counts to 5 and keeps every number in a set; claims `holds` of each state. */
function counting(holds: (state: View) => boolean): Model {
  return model(
    { x: value<number>(0), s: setOf<number>() },
    {
      actions: (action) => ({
        count: action(({ x }) => (x < 5 ? { x: x + 1, s: { add: [x + 1] } } : undefined)),
      }),
      always: { holds },
      deadlock: "allowed",
    },
  );
}

const broken: { readonly [name: string]: (state: View) => boolean } = {
  "a captured variable that changes after the read": ({ s }) => {
    let limit = 2;
    const exceeds = s.some((item) => item > limit);
    limit = 99;
    return !exceeds;
  },
  "a captured variable that changes from read to read": ({ s }) => {
    let previous = 3;
    for (const step of [0, 1]) {
      const limit = (): number => previous + step;
      if (s.some((item) => item > limit())) return false;
      previous += 10;
    }
    return true;
  },
  "a read of the state inside a closure that catches its refusal": (state) =>
    !state.s.some((item) => {
      try {
        return item > 2 && state.x > 3;
      } catch {
        return false;
      }
    }),
  "a property that catches the refusal of a read inside a closure": (state) => {
    try {
      return !state.s.some((item) => item > 2 && state.x > 3);
    } catch {
      return true;
    }
  },
};

test.each(Object.entries(broken))("%s does not hide that a property breaks", async (_name, holds) => {
  const found = await run(counting(holds));
  const naive = naiveExplore(naiveModel(counting(holds)));
  expect(naive.violated).toBe("holds");
  expect(found.verdict).toBe("violated");
  expect(found.properties[0]?.trace).toHaveLength(naive.violatedAt ?? 0);
});

test("a closure with an effect beside its answer is refused", async () => {
  const found = await run(
    counting(({ s }) => {
      let largest = 0;
      s.every((item) => {
        largest = Math.max(largest, item);
        return true;
      });
      return largest < 3;
    }),
  );
  expect(found.verdict).toBe("failed");
  expect(found.failure?.error.message).toContain("always property holds is not pure");
});
