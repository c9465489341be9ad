import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyCursor } from "./explorer.ts";
import { Frontier } from "./frontier.ts";

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** Long records, so that a few dozen of them go through several chunks of 2^18 words. */
const operation = fc.oneof(
  fc.record({
    length: fc.oneof(fc.nat(5), fc.nat(100_000), fc.integer({ min: 2 ** 18 - 4, max: 2 ** 18 + 4 })),
    lo: lane,
    hi: lane,
  }),
  fc.constant("shift" as const),
);

function push(frontier: Frontier, words: Int32Array, length: number, lo: number, hi: number): void {
  // More room than is needed, as where it is not known yet how long the state will be.
  frontier.reserve(length + (lo & 7));
  frontier.words.set(words.subarray(0, length), frontier.at);
  frontier.push(length, lo, hi, { asleep: lo ^ hi, loud: lo, asleepOptions: ~hi, histories: hi });
}

test("is first in, first out, across chunks and with records longer than one", () => {
  const words = new Int32Array(2 ** 19);
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60, size: "max" }), (operations) => {
      const frontier = new Frontier();
      const model: { length: number; lo: number; hi: number; mark: number }[] = [];
      let mark = 0;
      const cursor = emptyCursor();
      const shifts = (): boolean => {
        const expected = model.shift();
        if (expected === undefined) return frontier.size === 0;
        frontier.shift(cursor);
        const { length, lo, hi } = expected;
        if (cursor.length !== length || cursor.lo !== lo || cursor.hi !== hi) return false;
        const ends = length === 0 ? [] : [cursor.words[cursor.at], cursor.words[cursor.at + length - 1]];
        return ends.every((word) => word === expected.mark);
      };
      for (const step of operations) {
        if (step === "shift") {
          if (!shifts()) return false;
          continue;
        }
        words[0] = ++mark;
        if (step.length > 0) words[step.length - 1] = mark;
        push(frontier, words, step.length, step.lo, step.hi);
        model.push({ ...step, mark });
        if (frontier.size !== model.length) return false;
      }
      while (model.length > 0) if (!shifts()) return false;
      return frontier.size === 0;
    }),
    { numRuns: 60 },
  );
});

test("chunks that were read are used again", () => {
  const frontier = new Frontier();
  const words = new Int32Array(1000).fill(-1);
  const cursor = emptyCursor();
  push(frontier, words, 1000, 0, 0);
  for (let n = 0; n < 5_000; n++) {
    push(frontier, words, 1000, n, -n);
    frontier.shift(cursor);
  }
  expect(frontier.size).toBe(1);
  expect(frontier.bytesMax).toBeLessThanOrEqual(2 * 2 ** 20);
});
