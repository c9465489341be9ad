import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomPlain, reversedCopy } from "../testing/random-plain.ts";
import { encode } from "../values/encode.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { EMPTY_TUPLE, Tuples } from "./reads.ts";
import { Table } from "./table.ts";

test("equal values have one id, counted from 0, and different ones have different ids", () => {
  fc.assert(
    fc.property(fc.array(randomPlain, { maxLength: 150 }), (values) => {
      const table = new Table<Plain>("place");
      const ids = new Map<string, number>();
      for (const value of values) {
        const encoding = encode(value);
        const id = table.intern(value);
        if (id !== (ids.get(encoding) ?? ids.size)) return false;
        ids.set(encoding, id);
        if (table.intern(reversedCopy(value)) !== id || table.size !== ids.size) return false;
      }
      return [...ids].every(([encoding, id]) => {
        const { lo, hi } = fingerprintOf("place", encoding);
        const isSame = encode(table.value(id)) === encoding && table.encoding(id) === encoding;
        return isSame && table.lo[id] === lo && table.hi[id] === hi;
      });
    }),
  );
});

test("fingerprints depend on the place and the content, in both lanes", () => {
  const all = ["node a", "node b", "node"].flatMap((place) =>
    ["1", "2", "b\u00001"].map((text) => fingerprintOf(place, text)),
  );
  expect(new Set(all.map(({ lo }) => lo)).size).toBe(9);
  expect(new Set(all.map(({ hi }) => hi)).size).toBe(9);
  expect(fingerprintOf("node a", "1")).toEqual(fingerprintOf("node a", "1"));
});

test("an id that was never given is refused", () => {
  expect(() => new Table("place").value(0)).toThrow("place has no value 0.");
  expect(() => new Table("place").encoding(0)).toThrow("place has no value 0.");
});

test("tuples are equal exactly when their items are", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 5 }), { maxLength: 30 }), (lists) => {
      const tuples = new Tuples();
      const ids = new Map<string, number>([["", EMPTY_TUPLE]]);
      return lists.every((list) => {
        const id = list.reduce((tuple, item) => tuples.extend(tuple, item), EMPTY_TUPLE);
        const known = ids.get(String(list));
        ids.set(String(list), id);
        const isFresh = known === undefined && [...ids.values()].filter((other) => other === id).length === 1;
        return (known === id || isFresh) && String(tuples.items(id)) === String(list);
      });
    }),
  );
});
