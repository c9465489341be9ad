/**
 * The nodes of a persistent B+tree: a set of entries in the order of their keys, of which every version stays as it was
 * and shares with the one before all that did not change.
 *
 * A leaf keeps its entries in _runs_, so that to change one copies a run and the list of runs, and not hundreds of
 * entries. That lets a leaf be as large as a chunk of a snapshot should be: `runs` is plain data, and becomes a chunk as
 * it is.
 *
 * A node keeps the first key of each of its parts in a list of their own, since a search that had to look into each part
 * would wait for memory most of the time. That list is shared by all versions between which no first key has changed.
 */

import { InvariantViolation } from "@quorate/core";

/** How entries of the type T are ordered, by keys of the type K, and how large they are. */
export type Order<T, K> = {
  keyOf(this: void, entry: T): K;
  /** Negative, zero or positive, as `a` comes before `b`, is it, or comes after it. */
  compare(this: void, a: K, b: K): number;
  /** About as much as the entry takes on a disk. */
  bytesOf(this: void, entry: T): number;
};

/** `firsts` are the first keys of the node's parts; `count` and `bytes` are those of all entries below. */
type Common<K> = { readonly firsts: readonly K[]; readonly count: number; readonly bytes: number };

/** No run is empty. Only a tree without entries has a leaf without runs. */
export type Leaf<T, K> = Common<K> & { readonly runs: readonly (readonly T[])[] };

/** All leaves have the same number of inner nodes above them. */
export type Inner<T, K> = Common<K> & { readonly children: readonly Tree<T, K>[] };

export type Tree<T, K> = Leaf<T, K> | Inner<T, K>;

export const RUN_MAX: number = 32;
export const RUNS_MAX: number = 32;
export const CHILDREN_MAX: number = 32;
/** A leaf with more bytes is cut, unless it holds one entry alone. */
export const LEAF_BYTES_MAX: number = 128 * 1024;

const LEAF_COUNT_MAX = RUN_MAX * RUNS_MAX;

export const EMPTY: Leaf<never, never> = { firsts: [], runs: [], count: 0, bytes: 0 };

export function itemAt<T>(items: readonly T[], at: number): T {
  const item = items[at];
  if (item === undefined) throw new InvariantViolation(`a node has ${items.length} items, none of them at ${at}`);
  return item;
}

/** A leaf of runs that are as they should be. */
export function leafOf<T, K>(order: Order<T, K>, runs: readonly (readonly T[])[]): Leaf<T, K> {
  let [count, bytes] = [0, 0];
  for (const run of runs) {
    count += run.length;
    bytes += bytesOf(order, run);
  }
  return { firsts: runs.map((run) => firstKey(order, run)), runs, count, bytes };
}

export function innerOf<T, K>(children: readonly Tree<T, K>[]): Inner<T, K> {
  let [count, bytes] = [0, 0];
  for (const child of children) {
    count += child.count;
    bytes += child.bytes;
  }
  return { firsts: children.map(({ firsts }) => itemAt(firsts, 0)), children, count, bytes };
}

export function firstKey<T, K>(order: Order<T, K>, run: readonly T[]): K {
  return order.keyOf(itemAt(run, 0));
}

function bytesOf<T, K>(order: Order<T, K>, entries: readonly T[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += order.bytesOf(entry);
  return bytes;
}

/**
 * Leaves of these entries in full runs, at least one leaf. None is fuller than three quarters, so that what was packed is
 * not packed again at the next change.
 */
export function pack<T, K>(order: Order<T, K>, entries: readonly T[]): readonly Leaf<T, K>[] {
  if (entries.length > 1 && !hasRoom(entries.length, bytesOf(order, entries))) {
    const middle = entries.length >> 1;
    return [...pack(order, entries.slice(0, middle)), ...pack(order, entries.slice(middle))];
  }
  const runs: (readonly T[])[] = [];
  for (let at = 0; at < entries.length; at += RUN_MAX) runs.push(entries.slice(at, at + RUN_MAX));
  return [leafOf(order, runs)];
}

function hasRoom(count: number, bytes: number): boolean {
  return count <= LEAF_COUNT_MAX * 0.75 && bytes <= LEAF_BYTES_MAX * 0.75;
}

/** Whether a node wastes so much of its room that it should be merged with one beside it. */
export function isSmall<T, K>(node: Tree<T, K>): boolean {
  if ("runs" in node) return node.count < LEAF_COUNT_MAX / 4 && node.bytes < LEAF_BYTES_MAX / 4;
  return node.children.length < CHILDREN_MAX / 4;
}

/** Two neighbours of one level as one node, or null if that would be too full. */
export function merged<T, K>(order: Order<T, K>, left: Tree<T, K>, right: Tree<T, K>): Tree<T, K> | null {
  if ("runs" in left && "runs" in right) {
    if (!hasRoom(left.count + right.count, left.bytes + right.bytes)) return null;
    return itemAt(pack(order, [...left.runs, ...right.runs].flat()), 0);
  }
  if ("runs" in left || "runs" in right) throw new InvariantViolation("neighbours in a tree are of one level");
  const children = [...left.children, ...right.children];
  return children.length <= CHILDREN_MAX * 0.75 ? innerOf(children) : null;
}
