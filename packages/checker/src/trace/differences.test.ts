import fc from "fast-check";
import { expect, test } from "vitest";
import { randomPlain } from "../testing/random-plain.ts";
import { isEqual } from "../values/equal.ts";
import { differences } from "./differences.ts";

const message = (n: number): { from: string; to: string; message: { type: string; n: number } } => ({
  from: "a",
  to: "b",
  message: { type: "ping", n },
});

test("there are none exactly where values are equal", () => {
  fc.assert(
    fc.property(randomPlain, randomPlain, (before, after) => {
      return (
        differences(before, before).length === 0 && (differences(before, after).length === 0) === isEqual(before, after)
      );
    }),
  );
});

test.each<[string, Parameters<typeof differences>, ReturnType<typeof differences>]>([
  ["a field", [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }], [{ path: "a.c", type: "changed", before: 2, after: 3 }]],
  [
    "a field that came",
    [{ a: 1 }, { a: 1, b: null }],
    [{ path: "b", type: "changed", before: undefined, after: null }],
  ],
  [
    "a record of another kind",
    [{ n: { up: 1 } }, { n: { down: 1 } }],
    [{ path: "n", type: "changed", before: { up: 1 }, after: { down: 1 } }],
  ],
  [
    "what came into a list",
    [
      [1, 2],
      [2, 1, 1],
    ],
    [{ path: "", type: "added", item: 1 }],
  ],
  [
    "what went out of a list",
    [[1, 1, 2], [1]],
    [
      { path: "", type: "removed", item: 1 },
      { path: "", type: "removed", item: 2 },
    ],
  ],
  [
    "a field that is called like an inherited one",
    [{}, { constructor: 1 }],
    [{ path: "constructor", type: "changed", before: undefined, after: 1 }],
  ],
  ["another order", [{ l: [1, 2] }, { l: [2, 1] }], [{ path: "l", type: "changed", before: [1, 2], after: [2, 1] }]],
  [
    "an item that changed",
    [{ l: [{ n: 1, m: 1 }, 5] }, { l: [{ n: 2, m: 1 }, 5] }],
    [{ path: "l[0].n", type: "changed", before: 1, after: 2 }],
  ],
  [
    "one message instead of another",
    [[message(1)], [message(2)]],
    [
      { path: "", type: "removed", item: message(1) },
      { path: "", type: "added", item: message(2) },
    ],
  ],
  [
    "a byte string",
    [Uint8Array.of(1), Uint8Array.of(2)],
    [{ path: "", type: "changed", before: Uint8Array.of(1), after: Uint8Array.of(2) }],
  ],
])("%s", (_, [before, after], expected) => {
  expect(differences(before, after)).toEqual(expected);
});
