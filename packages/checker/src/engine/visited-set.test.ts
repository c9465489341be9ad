import fc from "fast-check";
import { expect, test } from "vitest";
import { VisitedSet } from "./visited-set.ts";

type Lanes = readonly [number, number];

/** Anywhere; crowded at either end of the table, so that stretches wrap around; and near each other. */
const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const high = fc.oneof(
  lane,
  fc.integer({ min: -(2 ** 27), max: -1 }),
  fc.nat(2 ** 27),
  fc.constantFrom(0, -1, 1, 2 ** 31 - 1, -(2 ** 31)),
);
const fingerprints = fc.array(fc.tuple(fc.oneof(lane, fc.nat(3)), high), { maxLength: 300, size: "max" });

const bigintOf = ([lo, hi]: Lanes): bigint => (BigInt(hi >>> 0) << 32n) + BigInt(lo >>> 0);

function filled(list: readonly Lanes[], capacity: number): VisitedSet {
  const set = new VisitedSet(capacity);
  for (const [lo, hi] of list) set.add(lo, hi);
  return set;
}

test("knows what was added, as a set of bigints does", () => {
  fc.assert(
    fc.property(fingerprints, fc.integer({ min: 2, max: 64 }), (list, capacity) => {
      const set = new VisitedSet(capacity);
      const model = new Set<bigint>();
      for (const [lo, hi] of list) {
        const isNew = !model.has(bigintOf([lo, hi]));
        if (set.has(lo, hi) === isNew || set.add(lo, hi) !== isNew) return false;
        model.add(bigintOf([lo, hi]));
        if (set.size !== model.size || !set.has(lo, hi)) return false;
      }
      const misses = list.filter(([lo, hi]) => !model.has(bigintOf([lo ^ 1, hi])));
      return list.every(([lo, hi]) => set.has(lo, hi)) && misses.every(([lo, hi]) => !set.has(lo ^ 1, hi));
    }),
    { numRuns: 300 },
  );
});

test("tells the smallest gap, as sorting does, and stays as it is", () => {
  fc.assert(
    fc.property(fingerprints, fc.integer({ min: 2, max: 64 }), (list, capacity) => {
      const set = filled(list, capacity);
      const sorted = [...new Set(list.map(bigintOf))].sort((a, b) => (a < b ? -1 : 1));
      const gaps = sorted.slice(1).map((value, index) => Number(value - (sorted[index] ?? 0n)));
      const gap = set.smallestGap();
      return gap === Math.min(2 ** 64, ...gaps) && list.every(([lo, hi]) => set.has(lo, hi));
    }),
    { numRuns: 500 },
  );
});

test("the fingerprint zero is one like any other", () => {
  const set = new VisitedSet();
  expect(set.has(0, 0)).toBe(false);
  expect(set.add(0, 0)).toBe(true);
  expect(set.add(0, 0)).toBe(false);
  expect(set.size).toBe(1);
  set.add(5, 0);
  expect(set.smallestGap()).toBe(5);
});

test("takes 10 to 16 bytes a state once it is large", () => {
  const set = new VisitedSet();
  let next = 12_345;
  for (let n = 1; n <= 60_000; n++) {
    const lo = (next = Math.imul(next, 1_664_525) + 1_013_904_223) | 0;
    const hi = (next = Math.imul(next, 1_664_525) + 1_013_904_223) | 0;
    set.add(lo, hi);
    if (set.size > 10_000 && set.bytes / set.size > 16) expect.fail(`${set.bytes} bytes for ${set.size}`);
  }
  expect(set.size).toBe(60_000);
});
