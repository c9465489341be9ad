/** The log against a dumb twin: an array, and the index before it. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../conformance/codec.ts";
import { append, dropThrough, emptyLog, entryAt, firstIndex, lastIndex, slice, truncateAfter } from "./index.ts";
import type { Log } from "./index.ts";

/** One of everything that can be done to a log. `at` says how far between the log's beginning and its end. */
type Operation = { readonly type: "append" | "truncateAfter" | "dropThrough"; readonly count: number };
type Twin = { readonly before: number; readonly entries: readonly string[] };

/** Counts around the width of a node and its square, and beginnings near the edges of high nodes. */
const counts = fc.oneof(fc.nat(3), fc.nat(70), fc.nat(1100));
const beginnings = fc.oneof(fc.nat(70), fc.constantFrom(1023, 1024, 32 ** 3 - 2, 2 ** 40 - 5, 2 ** 45 + 7));
const operations = fc.array(
  fc.record({
    type: fc.constantFrom("append", "append", "truncateAfter", "dropThrough"),
    count: counts,
  }) satisfies fc.Arbitrary<Operation>,
  { maxLength: 12 },
);

function names(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `entry ${from + at}`);
}

function perform(log: Log<string>, { type, count }: Operation, fresh: number): Log<string> {
  switch (type) {
    case "append":
      return append(log, names(fresh, count));
    case "truncateAfter":
      return truncateAfter(log, Math.max(log.before, lastIndex(log) - count));
    case "dropThrough":
      return dropThrough(log, log.before + count);
  }
}

function performOnTwin({ before, entries }: Twin, { type, count }: Operation, fresh: number): Twin {
  switch (type) {
    case "append":
      return { before, entries: [...entries, ...names(fresh, count)] };
    case "truncateAfter":
      return { before, entries: entries.slice(0, Math.max(0, entries.length - count)) };
    case "dropThrough":
      return { before: before + count, entries: entries.slice(count) };
  }
}

/** A log, its twin, and what the log was before the last operation. */
function run(before: number, sequence: readonly Operation[]): { readonly log: Log<string>; readonly twin: Twin } {
  let log = emptyLog<string>(before);
  let twin: Twin = { before, entries: [] };
  for (const [step, operation] of sequence.entries()) {
    log = perform(log, operation, step * 10_000);
    twin = performOnTwin(twin, operation, step * 10_000);
  }
  return { log, twin };
}

const cases = fc.tuple(beginnings, operations);

describe("after any operations", () => {
  test("a log holds what its twin holds", () => {
    const property = fc.property(cases, fc.nat(), fc.nat(), ([before, sequence], x, y) => {
      const { log, twin } = run(before, sequence);
      const last = twin.before + twin.entries.length;
      expect([firstIndex(log), lastIndex(log)]).toEqual([twin.before + 1, last]);
      expect(slice(log, firstIndex(log), last)).toEqual(twin.entries);
      if (twin.entries.length === 0) return;
      const [from, through] = [x, y].map((any) => any % twin.entries.length).sort((a, b) => a - b) as [number, number];
      expect(entryAt(log, twin.before + 1 + from)).toBe(twin.entries[from]);
      expect(slice(log, twin.before + 1 + from, twin.before + 1 + through)).toEqual(
        twin.entries.slice(from, through + 1),
      );
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("equal logs are equal data", () => {
    const property = fc.property(cases, ([before, sequence]) => {
      const { log, twin } = run(before, sequence);
      expect(log).toEqual(append(emptyLog(twin.before), twin.entries));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("the version before is as it was", () => {
    const property = fc.property(cases, fc.constantFrom("append", "truncateAfter", "dropThrough"), counts, (...all) => {
      const [[before, sequence], type, count] = all;
      const { log } = run(before, sequence);
      const encoding = encode(log);
      perform(log, { type, count }, 1_000_000);
      expect(encode(log)).toBe(encoding);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe("what changes nothing returns the log itself", () => {
  const log = append(emptyLog<string>(30), names(0, 50));

  test("an append of nothing, a truncation at or after the end, a compaction before the beginning", () => {
    for (const same of [append(log, []), truncateAfter(log, 80), truncateAfter(log, 99), dropThrough(log, 30)]) {
      expect(same).toBe(log);
    }
    expect(dropThrough(log, 7)).toBe(log);
  });
});

describe("compaction", () => {
  test("beyond the last entry leaves an empty log that goes on after it", () => {
    const log = dropThrough(append(emptyLog<string>(), ["x", "y"]), 9);
    expect(log).toEqual(emptyLog(9));
    expect(append(log, ["z"])).toEqual({ before: 9, entries: ["z"] });
  });
});

describe("a small log is small data", () => {
  test("no more than its entries and the index before them", () => {
    expect(append(emptyLog<string>(), ["x", "y"])).toEqual({ before: 0, entries: ["x", "y"] });
    expect(append(emptyLog<string>(1_000_000), ["x", "y"])).toEqual({ before: 1_000_000, entries: ["x", "y"] });
  });

  test("across a multiple of 32, two arrays", () => {
    const children = [{ entries: ["x"] }, { entries: ["y"] }];
    expect(append(emptyLog<string>(31), ["x", "y"])).toEqual({ before: 31, children });
  });
});

describe("outside of what it holds, a log is not read", () => {
  const log = append(emptyLog<string>(5), ["x", "y"]);

  test.each([-1, 0, 5, 8, 6.5, Number.NaN])("entryAt %s", (index) => {
    expect(() => entryAt(log, index)).toThrow(/a log is read at indexes that it holds; state: .*"first":6,"last":7/);
  });

  test("slices reach no further than the log, and an empty one asks for nothing", () => {
    expect(() => slice(log, 5, 7)).toThrow("indexes that it holds");
    expect(() => slice(log, 6, 8)).toThrow("indexes that it holds");
    expect(slice(log, 8, 7)).toEqual([]);
  });

  test.each([4, 6.5])("truncateAfter %s", (index) => {
    expect(() => truncateAfter(log, index)).toThrow("truncated after its beginning");
  });

  test.each([6.5, Number.POSITIVE_INFINITY])("dropThrough %s", (index) => {
    expect(() => dropThrough(log, index)).toThrow("compacted through an index");
  });

  test.each([-1, 0.5])("emptyLog %s", (before) => {
    expect(() => emptyLog(before)).toThrow("begins at an index above zero");
  });
});
