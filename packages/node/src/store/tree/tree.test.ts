/** Trees against a dumb twin: an array in order. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHILDREN_MAX, EMPTY, LEAF_BYTES_MAX, RUN_MAX, RUNS_MAX } from "./node.ts";
import type { Order, Tree } from "./node.ts";
import { entriesFrom, find, floor, rank } from "./read.ts";
import { removeAll } from "./remove-all.ts";
import { partsOf, treeOf } from "./shape.ts";
import { dropBefore, put, remove } from "./write.ts";

type Entry = { readonly key: number; readonly bytes: number; readonly step: number };

const order: Order<Entry, number> = {
  keyOf: ({ key }) => key,
  compare: (a, b) => a - b,
  bytesOf: ({ bytes }) => bytes,
};

/** Many changes at once, since a tree of few entries is one leaf. Keys are `from`, `from + stride` and so on, in a ring. */
type Operation = {
  readonly type: "put" | "remove" | "removeAll" | "dropBefore";
  readonly from: number;
  readonly stride: number;
  readonly count: number;
  readonly bytes: number;
};

const RING = 4_001;

const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.record({
    type: fc.constantFrom("put", "put", "put", "remove", "removeAll", "dropBefore"),
    from: fc.nat(RING),
    stride: fc.constantFrom(1, 2, 7, RING - 1, 1_234),
    count: fc.oneof(fc.nat(5), fc.nat(RING)),
    bytes: fc.constantFrom(1, 1, 100, 1_000, LEAF_BYTES_MAX / 2, LEAF_BYTES_MAX + 1),
  }),
  { maxLength: 8 },
);

function keysOf({ from, stride, count }: Operation): readonly number[] {
  return Array.from({ length: count }, (_, at) => (from + at * stride) % RING);
}

function perform(tree: Tree<Entry, number>, operation: Operation, step: number): Tree<Entry, number> {
  const keys = keysOf(operation);
  switch (operation.type) {
    case "put":
      return keys.reduce((last, key) => put(order, last, { key, bytes: operation.bytes, step }), tree);
    case "remove":
      return keys.reduce((last, key) => remove(order, last, key), tree);
    case "removeAll":
      return removeAll(
        order,
        tree,
        [...new Set(keys)].sort((a, b) => a - b),
      );
    case "dropBefore":
      return dropBefore(order, tree, operation.from % (operation.count + 1));
  }
}

function performOnTwin(twin: Map<number, Entry>, operation: Operation, step: number): void {
  const keys = keysOf(operation);
  switch (operation.type) {
    case "put":
      for (const key of keys) twin.set(key, { key, bytes: operation.bytes, step });
      return;
    case "remove":
    case "removeAll":
      for (const key of keys) twin.delete(key);
      return;
    case "dropBefore":
      for (const key of twin.keys()) if (key < operation.from % (operation.count + 1)) twin.delete(key);
      return;
  }
}

function run(sequence: readonly Operation[]): { readonly tree: Tree<Entry, number>; readonly twin: readonly Entry[] } {
  let tree: Tree<Entry, number> = EMPTY;
  const twin = new Map<number, Entry>();
  for (const [step, operation] of sequence.entries()) {
    tree = perform(tree, operation, step);
    performOnTwin(twin, operation, step);
  }
  return { tree, twin: [...twin.values()].sort((a, b) => a.key - b.key) };
}

/** How deep a tree is, after a look at all that has to hold in each node. */
function depthOf(tree: Tree<Entry, number>, isRoot = true): number {
  const parts = "runs" in tree ? tree.runs : tree.children;
  expect(tree.firsts).toHaveLength(parts.length);
  if ("runs" in tree) {
    const all = tree.runs.flat();
    expect(tree.runs.length).toBeLessThanOrEqual(RUNS_MAX);
    for (const entries of tree.runs) expect(entries.length > 0 && entries.length <= RUN_MAX).toBe(true);
    expect(tree.firsts).toEqual(tree.runs.map(([first]) => first?.key));
    expect([tree.count, tree.bytes]).toEqual([all.length, all.reduce((sum, { bytes }) => sum + bytes, 0)]);
    expect(tree.count > 0 || isRoot).toBe(true);
    expect(tree.bytes <= LEAF_BYTES_MAX || tree.count === 1).toBe(true);
    return 1;
  }
  expect(tree.children.length >= (isRoot ? 2 : 1) && tree.children.length <= CHILDREN_MAX).toBe(true);
  expect(tree.firsts).toEqual(tree.children.map(({ firsts }) => firsts[0]));
  expect(tree.count).toBe(tree.children.reduce((sum, { count }) => sum + count, 0));
  expect(tree.bytes).toBe(tree.children.reduce((sum, { bytes }) => sum + bytes, 0));
  const depths = new Set(tree.children.map((child) => depthOf(child, false)));
  expect(depths.size).toBe(1);
  return 1 + Math.max(...depths);
}

describe("after any changes", () => {
  test("a tree holds what its twin holds, and is in shape", () => {
    const property = fc.property(operations, (sequence) => {
      const { tree, twin } = run(sequence);
      expect([...entriesFrom(order, tree, 0)]).toEqual(twin);
      depthOf(tree);
    });
    fc.assert(property, { numRuns: 50 });
  });

  test("it is looked into as its twin is", () => {
    const property = fc.property(operations, fc.array(fc.nat(RING), { minLength: 1, maxLength: 20 }), (all, keys) => {
      const { tree, twin } = run(all);
      for (const key of keys) {
        expect(find(order, tree, key)).toEqual(twin.find((entry) => entry.key === key) ?? null);
        expect(floor(order, tree, key)).toEqual(twin.findLast((entry) => entry.key <= key) ?? null);
        expect(rank(order, tree, key)).toBe(twin.filter((entry) => entry.key < key).length);
        const [next] = entriesFrom(order, tree, key);
        expect(next).toEqual(twin.find((entry) => entry.key >= key));
      }
    });
    fc.assert(property, { numRuns: 20 });
  });

  test("it can be taken apart and put together again", () => {
    const property = fc.property(operations, (sequence) => {
      const { tree } = run(sequence);
      const { leaves, shape } = partsOf(tree);
      const runs = leaves.map((leaf) => leaf.runs);
      expect(treeOf(order, runs, shape)).toEqual(tree);
    });
    fc.assert(property, { numRuns: 15 });
  });

  test("the version before is as it was", () => {
    const property = fc.property(operations, operations, (before, after) => {
      const { tree, twin } = run(before);
      after.reduce(perform, tree);
      expect([...entriesFrom(order, tree, 0)]).toEqual(twin);
      depthOf(tree);
    });
    fc.assert(property, { numRuns: 15 });
  });
});

/** A tree of the keys 0, 2, 4 and so on. */
function even(count: number): Tree<Entry, number> {
  let tree: Tree<Entry, number> = EMPTY;
  for (let at = 0; at < count; at++) tree = put(order, tree, { key: 2 * at, bytes: 1, step: 0 });
  return tree;
}

describe("what changes nothing returns the tree itself", () => {
  const tree = even(5_000);

  test.each([
    ["remove", remove(order, tree, 4_321)],
    ["removeAll", removeAll(order, tree, [-1, 1, 77, 9_999, 20_000])],
    ["dropBefore", dropBefore(order, tree, 0)],
  ])("%s", (_what, same) => {
    expect(same).toBe(tree);
  });
});

describe("how much is copied", () => {
  /** All nodes and lists of a tree. */
  function piecesOf(tree: Tree<Entry, number>): readonly object[] {
    const below = "runs" in tree ? tree.runs : tree.children.flatMap(piecesOf);
    return [tree, tree.firsts, "runs" in tree ? tree.runs : tree.children, ...below];
  }

  test.each([1, 100_001, 199_999])("one path of nodes, for a change at %i of 100,000 entries", (key) => {
    const before = even(100_000);
    expect(depthOf(before)).toBe(3);
    const known = new Set(piecesOf(before));
    for (const after of [put(order, before, { key, bytes: 1, step: 1 }), remove(order, before, key - 1)]) {
      // Three nodes with their lists; and where full ones are cut, two more, and the runs of a leaf.
      expect(piecesOf(after).filter((piece) => !known.has(piece)).length).toBeLessThanOrEqual(5 * 3 + RUNS_MAX + 1);
    }
  });

  test("what grows at its end has full leaves", () => {
    const leaves = partsOf(even(RUN_MAX * RUNS_MAX * 20)).leaves.map(({ count }) => count);
    expect(leaves).toEqual(Array.from({ length: 20 }, () => RUN_MAX * RUNS_MAX));
  });
});

describe("what is put together from parts is a tree, or is refused", () => {
  const entries = Array.from({ length: 4 }, (_, key) => ({ key, bytes: 1, step: 0 }));
  const [a, b, c, d] = entries.map((entry) => [entry]) as [Entry[], Entry[], Entry[], Entry[]];

  test.each([
    ["leaves out of order", [[b], [a]], [[2]], "in order"],
    ["runs out of order", [[b, a]], [], "in order"],
    ["an entry twice", [[a, [...a, ...b]]], [], "in order"],
    ["an empty leaf", [[]], [], "from 1 to 32 runs"],
    ["an empty run", [[[]]], [], "from 1 to 32 entries"],
    ["a run too long", [[Array.from({ length: 33 }, (_, key) => ({ key, bytes: 1, step: 0 }))]], [], "32 entries"],
    ["leaves without a root", [[a], [b]], [], "one root"],
    ["a shape for more leaves", [[a], [b]], [[3]], "room for 3 nodes where there are 2"],
    ["a shape for fewer leaves", [[a], [b], [c], [d]], [[2]], "room for 2 nodes where there are 4"],
    ["a node without children", [[a], [b]], [[2, 0]], "room for 2 nodes"],
    ["two roots", [[a], [b]], [[1, 1]], "one root"],
  ])("%s", (_what, leaves, shape, message) => {
    expect(() => treeOf(order, leaves, shape)).toThrow(message);
  });
});
