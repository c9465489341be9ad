/** Looking into a tree. With n entries each look costs O(log n), and O(1) more for each entry that it returns. */

import { itemAt } from "./node.ts";
import type { Order, Tree } from "./node.ts";

/** The entry with this key, or null. */
export function find<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): T | null {
  const entry = floor(order, tree, key);
  return entry !== null && order.compare(order.keyOf(entry), key) === 0 ? entry : null;
}

/** The last entry that is not after `key`, or null. */
export function floor<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): T | null {
  let node = tree;
  while ("children" in node) node = itemAt(node.children, partOf(order, node.firsts, key));
  const run = node.runs[partOf(order, node.firsts, key)];
  if (run === undefined) return null;
  const position = positionOf(order, run, key);
  const entry = run[position];
  if (entry !== undefined && order.compare(order.keyOf(entry), key) === 0) return entry;
  return run[position - 1] ?? null;
}

/** How many entries come before `key`. */
export function rank<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): number {
  let [node, before] = [tree, 0];
  while ("children" in node) {
    const at = partOf(order, node.firsts, key);
    for (let left = 0; left < at; left++) before += itemAt(node.children, left).count;
    node = itemAt(node.children, at);
  }
  const at = partOf(order, node.firsts, key);
  for (let left = 0; left < at; left++) before += itemAt(node.runs, left).length;
  const run = node.runs[at];
  return run === undefined ? before : before + positionOf(order, run, key);
}

/** The entries that do not come before `key`, in order. */
export function* entriesFrom<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): Generator<T, void> {
  /** The nodes whose turn is yet to come, the next one last. */
  const waiting: Tree<T, K>[] = [];
  let node = tree;
  while ("children" in node) {
    const at = partOf(order, node.firsts, key);
    pushReversed(waiting, node.children, at + 1);
    node = itemAt(node.children, at);
  }
  const at = partOf(order, node.firsts, key);
  const run = node.runs[at];
  if (run === undefined) return;
  for (let position = positionOf(order, run, key); position < run.length; position++) yield itemAt(run, position);
  for (let next = at + 1; next < node.runs.length; next++) yield* itemAt(node.runs, next);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ("children" in next) pushReversed(waiting, next.children, 0);
    else for (const entries of next.runs) yield* entries;
  }
}

function pushReversed<T>(waiting: T[], items: readonly T[], from: number): void {
  for (let at = items.length - 1; at >= from; at--) waiting.push(itemAt(items, at));
}

/** Which part of a node has `key` in it, or would have. */
export function partOf<T, K>(order: Order<T, K>, firsts: readonly K[], key: K): number {
  let [low, high] = [0, firsts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (order.compare(itemAt(firsts, middle), key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The position of the first entry that does not come before `key`. */
export function positionOf<T, K>(order: Order<T, K>, run: readonly T[], key: K): number {
  let [low, high] = [0, run.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order.compare(order.keyOf(itemAt(run, middle)), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
