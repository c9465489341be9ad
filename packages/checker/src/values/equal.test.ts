import fc from "fast-check";
import { expect, test } from "vitest";
import { nearMiss, randomPlain, reversedCopy } from "../testing/random-plain.ts";
import { encode } from "./encode.ts";
import { isEqual } from "./equal.ts";

test("plain values are equal exactly when their encodings are", () => {
  const agrees = (a: unknown, b: unknown): boolean => isEqual(a, b) === (encode(a) === encode(b));
  const choices = fc.array(fc.nat(3), { maxLength: 4 });
  fc.assert(
    fc.property(randomPlain, randomPlain, choices, (a, b, path) => {
      const miss = nearMiss(a, path);
      return agrees(a, b) && agrees(a, reversedCopy(a)) && agrees(a, miss) && agrees(miss, a);
    }),
    { numRuns: 500 },
  );
});

test("a record without a prototype equals one with it", () => {
  expect(isEqual(Object.assign(Object.create(null), { a: 1 }), { a: 1 })).toBe(true);
});

test("what is not plain is equal to itself alone", () => {
  const make = [() => new Date(0), () => new Map(), () => () => 1, () => Number.NaN, () => Symbol("s")];
  for (const one of make) {
    expect(isEqual(one(), one())).toBe(false);
    expect(isEqual({ a: one() }, { a: one() })).toBe(false);
  }
  const date = new Date(0);
  expect(isEqual([date], [date])).toBe(true);
});

test("cycles come to an end", () => {
  const cycle = (): unknown => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  };
  expect(isEqual(cycle(), cycle())).toBe(false);
});
