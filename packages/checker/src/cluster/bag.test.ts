import fc from "fast-check";
import { expect, test } from "vitest";
import { duePlaces, PLACES_A_WORD } from "./bag.ts";

const BAG_AT = 2;

test("due are the first of each message that its receiver does not ignore, however many words that takes", () => {
  const envelope = fc.nat(20);
  fc.assert(
    fc.property(
      fc.array(envelope, { maxLength: 90 }),
      fc.array(envelope),
      fc.boolean(),
      (messages, ignored, passes) => {
        const bag = messages.toSorted((a, b) => a - b);
        const words = Int32Array.from([99, 7, 8, ...bag]);
        const cursor = { words, at: 1, length: words.length - 1 };
        const outcomes = {
          // Messages with even numbers go to the node in local state 7.
          receivers: Int32Array.from({ length: 21 }, (_, message) => message % 2),
          isIgnored: (node: number, local: number, message: number) =>
            local === 7 + node && ignored.includes(message) ? 1 : 0,
        };
        const due: number[] = [];
        for (let first = BAG_AT; first < cursor.length; first += PLACES_A_WORD) {
          const mask = duePlaces(cursor, BAG_AT, first, outcomes, passes);
          for (let bit = 0; bit < PLACES_A_WORD; bit++) if ((mask & (1 << bit)) !== 0) due.push(first + bit);
        }
        const expected = bag.flatMap((message, index) => {
          const isDue = bag.indexOf(message) === index && !(passes && ignored.includes(message));
          return isDue ? [BAG_AT + index] : [];
        });
        expect(due).toEqual(expected);
      },
    ),
  );
});
