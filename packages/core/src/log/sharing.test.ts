/** What operations on logs cost, in slots copied and entries compared, and what two logs have in common. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../conformance/codec.ts";
import type { Plain } from "../plain.ts";
import { append, changes, commonThrough, dropThrough, emptyLog, entryAt, firstIndex, lastIndex } from "./index.ts";
import { slice, truncateAfter } from "./index.ts";
import type { Log } from "./index.ts";
import { WIDTH } from "./tree.ts";
import type { Tree } from "./tree.ts";

type Entry = { readonly term: number };

function entries(count: number, term: number): readonly Entry[] {
  return Array.from({ length: count }, () => ({ term }));
}

function isSame(x: Entry, y: Entry): boolean {
  return x.term === y.term;
}

/** Every array in the tree, of entries and of children. */
function arraysOf<E extends Plain>(tree: Tree<E>): readonly (readonly unknown[])[] {
  return "entries" in tree ? [tree.entries] : [tree.children, ...tree.children.flatMap(arraysOf)];
}

/** How many slots of `after` are in arrays that `before` does not have. */
function slotsCopied<E extends Plain>(before: Log<E>, after: Log<E>): number {
  const known = new Set(arraysOf(before));
  return arraysOf(after)
    .filter((array) => !known.has(array))
    .reduce((sum, { length }) => sum + length, 0);
}

const LENGTH = 100_000;
/** A log of that length is this many nodes deep. */
const DEPTH = 4;
const long = append(emptyLog<Entry>(), entries(LENGTH, 1));

describe("an operation copies one path of the tree at most", () => {
  test("append, besides what it appends", () => {
    expect(slotsCopied(long, append(long, entries(1, 2)))).toBeLessThanOrEqual(1 + DEPTH * WIDTH);
    expect(slotsCopied(long, append(long, entries(5_000, 2)))).toBeLessThanOrEqual(5_000 + 5_000 / 16 + DEPTH * WIDTH);
  });

  test("a hundred appends of one entry each, across the edges of nodes", () => {
    let [log, copied] = [truncateAfter(long, 32 ** 3 - 50), 0];
    for (let step = 0; step < 100; step++) {
      const next = append(log, entries(1, 2));
      copied = Math.max(copied, slotsCopied(log, next));
      log = next;
    }
    expect(copied).toBeLessThanOrEqual(DEPTH * WIDTH);
  });

  test.each([0, 1, 31, 32, 33, 4_711, LENGTH - 1])("truncateAfter and dropThrough at %i", (index) => {
    expect(slotsCopied(long, truncateAfter(long, index))).toBeLessThanOrEqual(DEPTH * WIDTH);
    expect(slotsCopied(long, dropThrough(long, index))).toBeLessThanOrEqual(DEPTH * WIDTH);
  });

  test("the tree is no deeper than it has to be", () => {
    const depthOf = (tree: Tree<Entry>): number =>
      "entries" in tree ? 1 : 1 + Math.max(...tree.children.map(depthOf));
    expect(depthOf(long)).toBe(DEPTH);
    expect(depthOf(truncateAfter(long, WIDTH))).toBe(1);
    expect(depthOf(dropThrough(long, LENGTH - 10))).toBe(1);
  });
});

/** Values whose arrays count how often an item of theirs is read. Equal references stay equal. */
class Counter {
  reads = 0;
  readonly #counting = new WeakMap<object, object>();

  counted<T extends object>(value: T): T {
    const known = this.#counting.get(value) ?? new Proxy(value, { get: (target, field) => this.#read(target, field) });
    this.#counting.set(value, known);
    return known as T;
  }

  #read(target: object, field: string | symbol): unknown {
    const part: unknown = Reflect.get(target, field);
    if (Array.isArray(target) && typeof field === "string" && /^\d+$/.test(field)) this.reads++;
    return typeof part === "object" && part !== null ? this.counted(part) : part;
  }
}

describe("a lookup reads one path of the tree at most", () => {
  test.each([1, 33, 4_711, LENGTH])("entryAt, and slices that end, at %i", (index) => {
    const counter = new Counter();
    const log = counter.counted(long);
    expect(entryAt(log, index)).toEqual({ term: 1 });
    // Down to the last index and to the entry, and twice before it for the depth.
    expect(counter.reads).toBeLessThanOrEqual(4 * DEPTH);
    slice(log, Math.max(1, index - 9), index);
    expect(counter.reads).toBeLessThanOrEqual(4 * DEPTH + 10 + 10 * DEPTH);
  });

  test.each([
    ["the log with an entry more", append(long, entries(1, 2)), LENGTH],
    ["a shorter one", truncateAfter(long, 40), 40],
    ["one with another end", append(truncateAfter(long, 70_000), entries(40_000, 2)), 70_000],
    ["a compacted one", append(dropThrough(long, 70_000), entries(1, 2)), LENGTH],
  ])("commonThrough and changes of %s", (_what, other, common) => {
    const counter = new Counter();
    const [a, b] = [counter.counted(long), counter.counted(other)];
    let comparisons = 0;
    const found = commonThrough(a, b, (x, y) => {
      comparisons++;
      return isSame(x, y);
    });
    expect(found).toBe(common);
    expect(comparisons).toBeLessThanOrEqual(WIDTH);
    expect(counter.reads).toBeLessThanOrEqual(3 * DEPTH * 2 * WIDTH);
    counter.reads = 0;
    const { appended } = changes(a, b);
    expect(appended).toHaveLength(lastIndex(other) - common);
    expect(counter.reads).toBeLessThanOrEqual(4 * DEPTH * 2 * WIDTH + 2 * appended.length);
  });
});

/** Two versions of one log, or two logs that came about apart, with beginnings and terms that meet often. */
const lengths = fc.oneof(fc.nat(4), fc.nat(70), fc.nat(1_100));
const sequences = fc.array(fc.record({ length: lengths, term: fc.integer({ min: 1, max: 2 }) }), { maxLength: 3 });
const logs = fc
  .record({
    before: fc.nat(40),
    trunk: sequences,
    branches: fc.tuple(sequences, sequences),
    cut: lengths,
    drop: lengths,
  })
  .map(({ before, trunk, branches, cut, drop }) => {
    const grow = (log: Log<Entry>, parts: typeof trunk): Log<Entry> =>
      parts.reduce((grown, { length, term }) => append(grown, entries(length, term)), log);
    const common = grow(emptyLog(before), trunk);
    const shortened = truncateAfter(common, Math.max(before, lastIndex(common) - cut));
    return [grow(common, branches[0]), dropThrough(grow(shortened, branches[1]), before + drop)] as const;
  });
const pairs = fc.tuple(logs, fc.boolean()).map(([[a, b], swap]) => (swap ? ([b, a] as const) : ([a, b] as const)));

function all(log: Log<Entry>): readonly Entry[] {
  return slice(log, firstIndex(log), lastIndex(log));
}

/** What `commonThrough` answers, entry by entry. */
function commonOneByOne(a: Log<Entry>, b: Log<Entry>): number {
  const end = Math.min(lastIndex(a), lastIndex(b));
  for (let index = Math.max(firstIndex(a), firstIndex(b)); index <= end; index++) {
    if (!isSame(entryAt(a, index), entryAt(b, index))) return index - 1;
  }
  return end;
}

describe("commonThrough", () => {
  test("answers as a comparison entry by entry does", () => {
    const property = fc.property(pairs, ([a, b]) => {
      expect(commonThrough(a, b, isSame)).toBe(commonOneByOne(a, b));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("knows content alone: it answers the same where nothing is shared", () => {
    const property = fc.property(pairs, ([a, b]) => {
      expect(commonThrough(a, decode(encode(b)) as typeof b, isSame)).toBe(commonThrough(a, b, isSame));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("is not deceived by one array in two places", () => {
    const shared = [{ term: 1 }, { term: 1 }, { term: 2 }];
    const [a, b]: readonly Log<Entry>[] = [
      { before: 0, entries: shared },
      { before: 1, entries: shared },
    ];
    expect(a === undefined || b === undefined ? null : commonThrough(a, b, isSame)).toBe(2);
  });

  test("takes what one of them has forgotten as the same", () => {
    const [short, later] = [append(emptyLog<Entry>(), entries(3, 1)), append(emptyLog<Entry>(9), entries(3, 2))];
    expect(commonThrough(short, later, isSame)).toBe(3);
    expect(commonThrough(later, short, isSame)).toBe(3);
  });
});

/** What a disk does that holds entries by index. */
function write(disk: ReadonlyMap<number, Entry>, before: Log<Entry>, after: Log<Entry>): ReadonlyMap<number, Entry> {
  const { droppedThrough, truncatedAfter, appended } = changes(before, after);
  const kept = [...disk].filter(([index]) => index > droppedThrough && index <= truncatedAfter);
  return new Map([...kept, ...appended.map((entry, at) => [truncatedAfter + 1 + at, entry] as const)]);
}

function diskOf(log: Log<Entry>): ReadonlyMap<number, Entry> {
  return new Map(all(log).map((entry, at) => [firstIndex(log) + at, entry]));
}

describe("changes", () => {
  test("take a disk from what one log holds to what another does", () => {
    const property = fc.property(pairs, ([before, after]) => {
      expect(write(diskOf(before), before, after)).toEqual(diskOf(after));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("also where nothing is shared", () => {
    const property = fc.property(pairs, ([before, after]) => {
      expect(write(diskOf(before), before, decode(encode(after)) as typeof after)).toEqual(diskOf(after));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("of an append and a compaction are no more than those", () => {
    const log = append(emptyLog<Entry>(), entries(100, 1));
    const after = append(dropThrough(log, 40), entries(2, 2));
    expect(changes(log, after)).toEqual({ droppedThrough: 40, truncatedAfter: 100, appended: entries(2, 2) });
    expect(changes(log, log)).toEqual({ droppedThrough: 0, truncatedAfter: 100, appended: [] });
  });

  test("of a log that a snapshot replaced are all that it holds", () => {
    const log = append(emptyLog<Entry>(), entries(10, 1));
    const after = append(emptyLog<Entry>(20), entries(1, 2));
    expect(changes(log, after)).toEqual({ droppedThrough: 20, truncatedAfter: 20, appended: entries(1, 2) });
  });
});
