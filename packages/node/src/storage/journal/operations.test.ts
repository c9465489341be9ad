import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operation } from "../database.ts";
import { decodeOperations, encodeOperations } from "./operations.ts";

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant("put"), key: bytes, bytes }, { noNullPrototype: true }),
  fc.record({ type: fc.constant("remove"), key: bytes }, { noNullPrototype: true }),
);

test("operations are what they were encoded from", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 8 }), (operations) => {
      expect(decodeOperations(encodeOperations(operations))).toStrictEqual(operations);
    }),
  );
});

test.each([
  ["less than a prefix", Buffer.from([1, 0, 0])],
  ["a key that is cut off", Buffer.from([1, 9, 0, 0, 0, 0, 1])],
  ["a value that is cut off", Buffer.from([1, 1, 9, 0, 0, 0, 1, 1])],
  ["a value of what is removed", Buffer.from([2, 1, 1, 0, 0, 0, 1, 1])],
  ["neither of the two kinds", Buffer.from([3, 1, 0, 0, 0, 0, 1])],
])("%s is no operation", (_, encoded) => {
  expect(decodeOperations(encoded)).toBeNull();
});
