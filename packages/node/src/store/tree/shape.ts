/** A tree apart: its leaves, and how inner nodes stand on them; and put together again of those, when neither is trusted. */

import { InvariantViolation } from "@quorate/core";
import { CHILDREN_MAX, EMPTY, innerOf, leafOf, RUN_MAX, RUNS_MAX } from "./node.ts";
import type { Inner, Leaf, Order, Tree } from "./node.ts";

/** For each level of inner nodes, the lowest first, how many children each of them has. */
export type Shape = readonly (readonly number[])[];

export type Parts<T, K> = { readonly leaves: readonly Leaf<T, K>[]; readonly shape: Shape };

export function partsOf<T, K>(tree: Tree<T, K>): Parts<T, K> {
  const shape: (readonly number[])[] = [];
  let level: readonly Tree<T, K>[] = [tree];
  for (;;) {
    const [inner, leaves]: [Inner<T, K>[], Leaf<T, K>[]] = [[], []];
    for (const node of level) {
      if ("children" in node) inner.push(node);
      else if (node.count > 0) leaves.push(node);
    }
    if (inner.length === 0) return { leaves, shape };
    shape.unshift(inner.map(({ children }) => children.length));
    level = inner.flatMap(({ children }) => children);
  }
}

/**
 * The tree whose leaves had these runs, and which had this shape.
 *
 * @throws InvariantViolation if there is no such tree
 */
export function treeOf<T, K>(
  order: Order<T, K>,
  leaves: readonly (readonly (readonly T[])[])[],
  shape: Shape,
): Tree<T, K> {
  demandOrder(order, leaves);
  let level: readonly Tree<T, K>[] = leaves.map((runs) => leafOf(order, runs));
  for (const counts of shape) level = levelAbove(level, counts);
  if (level.length > 1) throw new InvariantViolation(`a tree has one root; here are ${level.length} nodes without one`);
  return level[0] ?? EMPTY;
}

function levelAbove<T, K>(level: readonly Tree<T, K>[], counts: readonly number[]): readonly Tree<T, K>[] {
  const isShape = counts.every((count) => Number.isSafeInteger(count) && count > 0 && count <= CHILDREN_MAX);
  const sum = counts.reduce((all, count) => all + count, 0);
  if (!isShape || sum !== level.length) {
    throw new InvariantViolation(`the shape of a tree has room for ${sum} nodes where there are ${level.length}`);
  }
  let end = 0;
  return counts.map((count) => innerOf(level.slice(end, (end += count))));
}

function demandOrder<T, K>(order: Order<T, K>, leaves: readonly (readonly (readonly T[])[])[]): void {
  let last: T | null = null;
  for (const runs of leaves) {
    const isLeaf = runs.length > 0 && runs.length <= RUNS_MAX;
    if (!isLeaf) throw new InvariantViolation(`a leaf has from 1 to ${RUNS_MAX} runs; here is one of ${runs.length}`);
    for (const run of runs) {
      const isRun = run.length > 0 && run.length <= RUN_MAX;
      if (!isRun) throw new InvariantViolation(`a run has from 1 to ${RUN_MAX} entries; here is one of ${run.length}`);
      for (const entry of run) {
        if (last !== null && order.compare(order.keyOf(last), order.keyOf(entry)) >= 0)
          throw new InvariantViolation(OUT_OF_ORDER);
        last = entry;
      }
    }
  }
}

const OUT_OF_ORDER = "the entries of a tree are in order, each there once; here they are not";
