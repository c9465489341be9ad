import fc from "fast-check";
import { expect, test } from "vitest";
import { IntervalTree, intervalOf } from "./intervals.ts";

test("the intervals around a key are those that a look at every one finds, whatever was added and deleted before", () => {
  const key = fc.string({ unit: fc.constantFrom("\0", "a", "b", "ÿ"), maxLength: 3 });
  const range = fc.record({ key, rangeEnd: fc.oneof(fc.constantFrom("", "\0"), key) });
  const action = fc.record({ type: fc.constantFrom("add", "add", "delete"), range, value: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.array(key, { maxLength: 10 }), (actions, keys) => {
      const tree = new IntervalTree<number>();
      const all = new Map<string, { start: string; end: string; value: number }>();
      for (const { type, range: its, value } of actions) {
        const interval = intervalOf(its);
        const name = JSON.stringify([interval, value]);
        if (type === "add") {
          tree.add(interval, value);
          all.set(name, { ...interval, value });
        } else {
          tree.delete(interval, value);
          all.delete(name);
        }
      }
      for (const at of keys) {
        const found: number[] = [];
        tree.at(at, (value) => found.push(value));
        const expected = [...all.values()]
          .filter(({ start, end }) => start <= at && at < end)
          .map(({ value }) => value);
        const ordered = (values: number[]) => values.sort((a, b) => a - b);
        expect(ordered(found)).toEqual(ordered(expected));
      }
    }),
    { numRuns: 500 },
  );
});
