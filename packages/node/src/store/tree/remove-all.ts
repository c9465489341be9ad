/** Removing many entries of a tree at once: each node on the way is copied once, and not once for each entry. */

import { innerOf, isSmall, itemAt, leafOf, merged } from "./node.ts";
import type { Inner, Leaf, Order, Tree } from "./node.ts";
import { rootOf } from "./write.ts";

/**
 * The tree without the entries that have these keys, which are in order, each there once: itself if it has none of them.
 * With k keys and n entries it costs O(k log n) at most, and O(n) at most.
 */
export function removeAll<T, K>(order: Order<T, K>, tree: Tree<T, K>, keys: readonly K[]): Tree<T, K> {
  return rootOf(removeAllBelow(order, tree, keys));
}

function removeAllBelow<T, K>(order: Order<T, K>, node: Tree<T, K>, keys: readonly K[]): Tree<T, K> | null {
  if (keys.length === 0) return node;
  return "runs" in node ? removeAllInLeaf(order, node, keys) : removeAllInInner(order, node, keys);
}

function removeAllInInner<T, K>(order: Order<T, K>, node: Inner<T, K>, keys: readonly K[]): Inner<T, K> | null {
  const children: Tree<T, K>[] = [];
  let [end, isChanged] = [0, false];
  for (const [at, child] of node.children.entries()) {
    const from = end;
    end = at === node.children.length - 1 ? keys.length : endBefore(order, keys, from, itemAt(node.firsts, at + 1));
    const left = removeAllBelow(order, child, keys.slice(from, end));
    isChanged ||= left !== child;
    if (left !== null) pushMerged(order, children, left);
  }
  if (!isChanged) return node;
  return children.length === 0 ? null : innerOf(children);
}

/** The position of the first key, from `from` on, that does not come before `bound`. */
function endBefore<T, K>(order: Order<T, K>, keys: readonly K[], from: number, bound: K): number {
  let [low, high] = [from, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order.compare(itemAt(keys, middle), bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds a node after the others, as part of the last one if either is small and there is room. */
function pushMerged<T, K>(order: Order<T, K>, nodes: Tree<T, K>[], node: Tree<T, K>): void {
  const last = nodes.at(-1);
  const both = last !== undefined && (isSmall(last) || isSmall(node)) ? merged(order, last, node) : null;
  if (both === null) nodes.push(node);
  else nodes[nodes.length - 1] = both;
}

function removeAllInLeaf<T, K>(order: Order<T, K>, leaf: Leaf<T, K>, keys: readonly K[]): Leaf<T, K> | null {
  let next = 0;
  const isKept = (entry: T): boolean => {
    const key = order.keyOf(entry);
    for (; next < keys.length; next++) {
      const difference = order.compare(itemAt(keys, next), key);
      if (difference >= 0) return difference > 0;
    }
    return true;
  };
  const runs = leaf.runs.map((run) => run.filter(isKept)).filter((run) => run.length > 0);
  const left = leafOf(order, runs);
  if (left.count === leaf.count) return leaf;
  return left.count === 0 ? null : left;
}
