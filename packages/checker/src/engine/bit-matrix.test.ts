import fc from "fast-check";
import { expect, test } from "vitest";
import { BitMatrix } from "./bit-matrix.ts";

const pairs = fc.array(fc.tuple(fc.nat(600), fc.nat(900)), { maxLength: 60 });

test("a pair is in the matrix exactly when it was added, however the matrix has grown", () => {
  fc.assert(
    fc.property(pairs, pairs, (added, asked) => {
      const matrix = new BitMatrix();
      for (const [row, column] of added) matrix.add(row, column);
      const known = new Set(added.map(([row, column]) => `${row} ${column}`));
      return [...added, ...asked].every(([row, column]) => matrix.has(row, column) === known.has(`${row} ${column}`));
    }),
  );
});

test("what is outside the matrix is not in it", () => {
  const matrix = new BitMatrix();
  matrix.add(3, 31);
  expect(matrix.has(100_000, 31)).toBe(false);
  expect(matrix.has(3, 100_000)).toBe(false);
  expect(matrix.has(3, 31)).toBe(true);
});
