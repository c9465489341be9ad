import fc from "fast-check";
import { expect, test } from "vitest";
import { randomPlain } from "../testing/random-plain.ts";
import { encode } from "./encode.ts";
import { deepFreeze } from "./freeze.ts";

test("everything but byte strings is frozen to the bottom, and nothing is changed", () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== "object" ||
    value === null ||
    value instanceof Uint8Array ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  fc.assert(
    fc.property(randomPlain, (value) => {
      const before = encode(value);
      return deepFreeze(value) === value && isFrozen(value) && encode(value) === before;
    }),
  );
});

test("what holds much is frozen all the same where it comes again, alone or inside of something else", () => {
  const list = Array.from({ length: 9 }, (_, n) => ({ n: [n] }));
  const [first, second] = [deepFreeze({ list }), deepFreeze({ again: { list }, more: [{ n: [9] }] })];
  expect([first, second, second.more[0], second.more[0]?.n, list[8]?.n].every(Object.isFrozen)).toBe(true);
});

test("what shares structure with something frozen is frozen as well", () => {
  const shared = deepFreeze({ list: [1] });
  const other = deepFreeze({ shared, own: { n: 1 } });
  expect(Object.isFrozen(other.own)).toBe(true);
});

test("what an encoding can't show is refused, with its place", () => {
  expect(() => deepFreeze({ a: [Object.assign([1], { extra: 2 })] })).toThrow(
    ".a[0] is an array with fields of its own",
  );
  expect(() => deepFreeze({ a: { [Symbol("s")]: 1 } })).toThrow(".a is a record with a symbol for a field");
  const cycle: { next?: object } = {};
  cycle.next = cycle;
  expect(() => deepFreeze(cycle)).toThrow("nested more than 500 deep");
});
