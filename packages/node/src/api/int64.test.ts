import fc from "fast-check";
import { expect, test } from "vitest";
import { hexIdOf, hexIdToInt64, leaseIdOf, leaseIdToInt64, numberOf } from "./int64.ts";

test("ids keep all of their 64 bits", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (id) => {
      expect(leaseIdOf(leaseIdToInt64(String(id)))).toBe(String(id));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
      const hex = id.toString(16).padStart(16, "0");
      expect(hexIdOf(hexIdToInt64(hex))).toBe(hex);
    }),
  );
});

test("revisions are numbers, and what no store comes to is the nearest one", () => {
  const halves = (value: bigint) => ({
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: false,
  });
  for (const value of [0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), -5_000_000_000]) {
    expect(numberOf(halves(BigInt(value)))).toBe(value);
  }
  expect(numberOf(halves(2n ** 63n - 1n))).toBe(Number.MAX_SAFE_INTEGER);
  expect(numberOf(halves(-(2n ** 63n)))).toBe(Number.MIN_SAFE_INTEGER);
  expect(numberOf({ ...halves(2n ** 64n - 1n), unsigned: true })).toBe(Number.MAX_SAFE_INTEGER);
});
