import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operation } from "../database.ts";
import { Overlay } from "./overlay.ts";

const byKey = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<readonly (readonly [number, T])[]> =>
  fc
    .uniqueArray(fc.tuple(fc.nat(20), value), { selector: ([key]) => key, maxLength: 12 })
    .map((pairs) => pairs.sort(([a], [b]) => a - b));

test("records come once each, in the order of their keys, the journals' in the place of the database's", () => {
  fc.assert(
    fc.property(byKey(fc.nat(255)), byKey(fc.option(fc.nat(255))), fc.nat(12), (records, changes, after) => {
      const expected = new Map(records);
      const seen: [number, number][] = [];
      const overlay = new Overlay(({ bytes, keyAt, dataAt, end }) => {
        expect([dataAt - keyAt, end - dataAt]).toEqual([1, 1]);
        seen.push([bytes.readUInt8(keyAt), bytes.readUInt8(dataAt)]);
      });
      // What has passed before the operations are known is theirs no more.
      const first = Math.min(after, records.length);
      const from = records[first - 1]?.[0] ?? -1;
      const operations: Operation[] = [];
      for (const [number, value] of changes) {
        if (number <= from) continue;
        const key = Buffer.from([number]);
        operations.push(value === null ? { type: "remove", key } : { type: "put", key, bytes: Buffer.from([value]) });
        if (value === null) expected.delete(number);
        else expected.set(number, value);
      }
      for (const [at, [key, value]] of records.entries()) {
        if (at === first) overlay.lay(operations);
        overlay.take({ bytes: Buffer.from([99, key, value, 99]), keyAt: 1, dataAt: 2, end: 3 });
      }
      if (first === records.length) overlay.lay(operations);
      overlay.end();
      expect(seen).toEqual([...expected].sort(([a], [b]) => a - b));
    }),
  );
});
