/** Which transactions write a key twice, against a twin that compares everything with everything, and what it costs. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge, writesTwice } from "./duplicates.ts";
import { del, get, put, txn } from "./testing/requests.ts";
import type { KeyRange, StoreOp } from "./types.ts";

type Written = { readonly puts: ReadonlySet<string>; readonly deletes: readonly KeyRange[] };

/** What is written by these operations, or null if a key is written twice: each list against all before, as etcd goes. */
function writtenBy(ops: readonly StoreOp[]): Written | null {
  const puts = new Set<string>();
  let deletes: readonly KeyRange[] = ops.filter((op) => op.type === "deleteRange");
  const isTaken = (key: string): boolean => puts.has(key) || deletes.some((range) => covers(range, key));
  for (const op of ops) {
    if (op.type !== "txn") continue;
    const [success, failure] = [writtenBy(op.success), writtenBy(op.failure)];
    if (success === null || failure === null) return null;
    const either = new Set([...success.puts, ...failure.puts]);
    for (const key of either) if (isTaken(key)) return null;
    for (const key of either) puts.add(key);
    deletes = [...deletes, ...success.deletes, ...failure.deletes];
  }
  for (const op of ops) {
    if (op.type !== "put") continue;
    if (isTaken(op.key)) return null;
    puts.add(op.key);
  }
  return { puts, deletes };
}

function covers({ key, rangeEnd }: KeyRange, other: string): boolean {
  return rangeEnd === "" ? other === key : key <= other && other < rangeEnd;
}

/** Random operations over so many keys: with few of them nearly all write a key twice, with many hardly any. */
function opsOver(units: readonly string[], maxLength: number): fc.Arbitrary<readonly StoreOp[]> {
  const key = fc.string({ unit: fc.constantFrom(...units), maxLength });
  const { ops } = fc.letrec<{ op: StoreOp; ops: StoreOp[] }>((tie) => ({
    op: fc.oneof(
      { maxDepth: 4, depthSize: "large" },
      { weight: 4, arbitrary: key.map((its) => put(its, "")) },
      { weight: 2, arbitrary: fc.tuple(key, fc.oneof(fc.constantFrom("", "\0"), key)).map(([a, b]) => del(a, b)) },
      { weight: 1, arbitrary: key.map((its) => get(its)) },
      { weight: 4, arbitrary: fc.tuple(tie("ops"), tie("ops")).map(([success, failure]) => txn(success, failure)) },
    ),
    ops: fc.array(tie("op"), { maxLength: 5, depthIdentifier: "ops" }),
  }));
  return ops;
}

describe("the verdict is that of comparing everything with everything", () => {
  test.each([
    ["few keys", ["\0", "a"], 2],
    ["many keys", ["\0", "a", "b", "c", "d", "ÿ"], 4],
  ] as const)("over %s", (_what, units, maxLength) => {
    const verdicts = { true: 0, false: 0 };
    const property = fc.property(opsOver(units, maxLength), (ops) => {
      const expected = writtenBy(ops) === null;
      verdicts[`${expected}`] += 1;
      expect(writesTwice(ops)).toBe(expected);
    });
    fc.assert(property, { numRuns: 2_000 });
    // Both verdicts have been there often enough to mean something.
    expect(verdicts.true).toBeGreaterThan(200);
    expect(verdicts.false).toBeGreaterThan(200);
  });
});

/** As many as fit into the largest request, with a few bytes each. */
const COUNT = 200_000;

const keyAt = (n: number): string => String(n).padStart(6, "0");

/** In groups of 60, as deep as it takes, so that no list has more operations than a request may. */
function grouped(ops: readonly StoreOp[]): readonly StoreOp[] {
  let level = ops;
  while (level.length > 60) {
    const groups = Math.ceil(level.length / 60);
    level = Array.from({ length: groups }, (_, n) => txn(level.slice(n * 60, (n + 1) * 60)));
  }
  return level;
}

/** Branches in branches, each list with as many operations beside the next as the branch that excludes it. */
function comb(levels: number, width: number): readonly StoreOp[] {
  let ops: readonly StoreOp[] = [];
  for (let level = 0; level < levels; level++) {
    const beside = (part: number): StoreOp[] =>
      Array.from({ length: width }, (_, n) => {
        const key = keyAt((level * 2 + part) * width + n);
        return n % 2 === 0 ? put(key, "") : del(`${key}x`, `${key}y`);
      });
    ops = [...beside(0), txn(ops, [txn(beside(1))])];
  }
  return ops;
}

/** Two branches of equal size at each level: what is taken back and written again most often. */
function fork(levels: number, first: number): readonly StoreOp[] {
  if (levels === 0) return [put(keyAt(first), ""), del(`${keyAt(first)}x`)];
  const half = 2 ** (levels - 1);
  return [txn(fork(levels - 1, first), fork(levels - 1, first + half))];
}

describe("the largest transactions cost little more than their length", () => {
  const half = Array.from({ length: COUNT / 2 }, (_, n) => n);
  const deletions = half.map((n) => del(`${keyAt(n)}x`, `${keyAt(n)}y`));
  const wide = half.map((n) => del(`${keyAt(n)}x`, "z"));
  const puts = half.map((n) => put(keyAt(n), ""));
  test.each([
    ["deletions, and puts beside them", [...grouped(deletions), ...grouped(puts)], false],
    ["deletions around one another, and puts before them", [...grouped(puts), ...grouped(wide)], false],
    ["deletions around one another, and a put in the last", [...grouped(puts), ...grouped(wide), put("x", "")], true],
    ["branches a hundred deep", comb(97, COUNT / 200), false],
    ["branches of equal size", fork(16, 0), false],
  ])("%s", (_what, ops, expected) => {
    const { writesTwice: verdict, steps } = judge(ops);
    expect(verdict).toBe(expected);
    // Keys are sorted and looked for in n log n comparisons, and equal branches are written log n times: never n times.
    expect(steps).toBeLessThan(COUNT * Math.log2(COUNT) ** 2);
  });
});
