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
      return [...added, ...asked].every(
        ([row, column]) => matrix.bit(row, column) === (known.has(`${row} ${column}`) ? 1 : 0),
      );
    }),
  );
});

test("what is outside the matrix is not in it", () => {
  const matrix = new BitMatrix();
  matrix.add(3, 31);
  expect(matrix.bit(100_000, 31)).toBe(0);
  expect(matrix.bit(3, 100_000)).toBe(0);
  expect(matrix.bit(3, 31)).toBe(1);
});
