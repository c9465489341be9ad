import fc from "fast-check";
import { expect, test } from "vitest";
import { shorten } from "./shorten.ts";

test("what is not needed for the failure is left out, and what is needed stays in order", () => {
  const lists = fc.array(fc.nat(9), { maxLength: 60 });
  const property = fc.property(lists, lists, (items, needed) => {
    const fails = (list: readonly number[]) => isSubsequence(needed, list);
    fc.pre(fails(items));
    expect(shorten(items, fails)).toEqual(needed);
  });
  fc.assert(property, {
    examples: [
      [
        [1, 2, 3, 2, 4],
        [2, 4],
      ],
    ],
    maxSkipsPerRun: 1000,
  });
  expect(shorten([7, 1, 7, 2, 7, 3, 7], (list) => isSubsequence([1, 2, 3], list))).toEqual([1, 2, 3]);
});

function isSubsequence(needed: readonly number[], list: readonly number[]): boolean {
  let at = 0;
  for (const item of list) if (item === needed[at]) at++;
  return at === needed.length;
}
