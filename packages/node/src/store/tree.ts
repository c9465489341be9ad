/**
 * A persistent B+ tree of records by key: each change makes a new tree, which shares with the old one all but the path to
 * what changed. It is plain data, and its leaves are pieces of a snapshot as they are.
 */

import type { Plain } from "@quorate/core";

/** What a tree holds. Records stand in the order of their keys' code units. */
export type Keyed = Plain & { readonly key: string };

export type Leaf<R extends Keyed> = { readonly records: readonly R[] };
type Inner<R extends Keyed> = {
  /** The least key that each child may hold: that of the first child does not matter. */
  readonly bounds: readonly string[];
  readonly children: readonly Tree<R>[];
};
export type Tree<R extends Keyed> = Leaf<R> | Inner<R>;

/** The most that a node holds. Small nodes make cheap changes, large ones few pieces. */
const LEAF_MAX = 48;
const INNER_MAX = 32;
const LEAF_MIN = LEAF_MAX / 4;

export function emptyTree<R extends Keyed>(): Tree<R> {
  return { records: [] };
}

export function get<R extends Keyed>(tree: Tree<R>, key: string): R | null {
  let node = tree;
  while ("children" in node) node = childAt(node, slotOf(node, key));
  const record = node.records[lowerBound(node.records, key)];
  return record?.key === key ? record : null;
}

/** The tree with `record` in place of the one with its key, or beside the others. */
export function put<R extends Keyed>(tree: Tree<R>, record: R): Tree<R> {
  const nodes = putInto(tree, record);
  const [first, second] = nodes;
  if (first === undefined) return tree;
  return second === undefined ? first : { bounds: ["", leastKey(second)], children: nodes };
}

function putInto<R extends Keyed>(node: Tree<R>, record: R): readonly Tree<R>[] {
  if (!("children" in node)) {
    const at = lowerBound(node.records, record.key);
    const isThere = node.records[at]?.key === record.key;
    const records = isThere ? node.records.with(at, record) : node.records.toSpliced(at, 0, record);
    return records.length <= LEAF_MAX ? [{ records }] : splitLeaf(records, at);
  }
  const slot = slotOf(node, record.key);
  const nodes = putInto(childAt(node, slot), record);
  const [first, second] = nodes;
  if (first === undefined) return [node];
  if (second === undefined) return [{ bounds: node.bounds, children: node.children.with(slot, first) }];
  const children = node.children.toSpliced(slot, 1, first, second);
  const bounds = node.bounds.toSpliced(slot + 1, 0, leastKey(second));
  if (children.length <= INNER_MAX) return [{ bounds, children }];
  const half = children.length / 2;
  return [
    { bounds: bounds.slice(0, half), children: children.slice(0, half) },
    { bounds: bounds.slice(half), children: children.slice(half) },
  ];
}

/** Keys that come in ascending order leave full leaves behind, and not half empty ones. */
function splitLeaf<R extends Keyed>(records: readonly R[], at: number): readonly Tree<R>[] {
  const half = at === records.length - 1 ? records.length - 1 : Math.floor(records.length / 2);
  return [{ records: records.slice(0, half) }, { records: records.slice(half) }];
}

/** The tree without the record of `key`: itself if there is none. */
export function remove<R extends Keyed>(tree: Tree<R>, key: string): Tree<R> {
  const node = removeFrom(tree, key);
  if (node === null) return emptyTree();
  const [only, second] = "children" in node ? node.children : [];
  return only !== undefined && second === undefined ? only : node;
}

function removeFrom<R extends Keyed>(node: Tree<R>, key: string): Tree<R> | null {
  if (!("children" in node)) {
    const at = lowerBound(node.records, key);
    if (node.records[at]?.key !== key) return node;
    return node.records.length === 1 ? null : { records: node.records.toSpliced(at, 1) };
  }
  const slot = slotOf(node, key);
  const before = childAt(node, slot);
  const child = removeFrom(before, key);
  if (child === before) return node;
  if (child !== null) return mergeSmall({ bounds: node.bounds, children: node.children.with(slot, child) }, slot);
  if (node.children.length === 1) return null;
  return { bounds: node.bounds.toSpliced(slot, 1), children: node.children.toSpliced(slot, 1) };
}

/** A leaf that has become small goes together with its neighbour, if both have room in one. */
function mergeSmall<R extends Keyed>(node: Inner<R>, slot: number): Inner<R> {
  const right = Math.max(1, slot);
  const [a, b] = [node.children[right - 1], node.children[right]];
  if (a === undefined || b === undefined || "children" in a || "children" in b) return node;
  const isSmall = Math.min(a.records.length, b.records.length) < LEAF_MIN;
  if (!isSmall || a.records.length + b.records.length > LEAF_MAX / 2) return node;
  return {
    bounds: node.bounds.toSpliced(right, 1),
    children: node.children.toSpliced(right - 1, 2, { records: [...a.records, ...b.records] }),
  };
}

/** The records with keys from `from` up to, and without, `end`; up to the last if `end` is null. */
export function* scan<R extends Keyed>(tree: Tree<R>, from: string, end: string | null): Generator<R> {
  if (!("children" in tree)) {
    for (let at = lowerBound(tree.records, from); at < tree.records.length; at++) {
      const record = tree.records[at];
      if (record === undefined || (end !== null && record.key >= end)) return;
      yield record;
    }
    return;
  }
  for (let slot = slotOf(tree, from); slot < tree.children.length; slot++) {
    if (slot > 0 && end !== null && (tree.bounds[slot] ?? "") >= end) return;
    yield* scan(childAt(tree, slot), from, end);
  }
}

/** The leaves, in the order of their keys. */
export function* leavesOf<R extends Keyed>(tree: Tree<R>): Generator<Leaf<R>> {
  if (!("children" in tree)) {
    if (tree.records.length > 0) yield tree;
    return;
  }
  for (const child of tree.children) yield* leavesOf(child);
}

/** The tree that has these leaves, which are not empty and in the order of their keys. */
export function treeOf<R extends Keyed>(leaves: readonly Leaf<R>[]): Tree<R> {
  let nodes: readonly Tree<R>[] = leaves;
  while (nodes.length > 1) {
    const parents: Tree<R>[] = [];
    for (let at = 0; at < nodes.length; at += INNER_MAX) {
      const children = nodes.slice(at, at + INNER_MAX);
      parents.push({ bounds: children.map(leastKey), children });
    }
    nodes = parents;
  }
  return nodes[0] ?? emptyTree();
}

function leastKey<R extends Keyed>(node: Tree<R>): string {
  let least = node;
  while ("children" in least) least = childAt(least, 0);
  return least.records[0]?.key ?? "";
}

function childAt<R extends Keyed>(node: Inner<R>, slot: number): Tree<R> {
  return node.children[slot] ?? emptyTree();
}

/** The child that `key` belongs to. */
function slotOf<R extends Keyed>({ bounds }: Inner<R>, key: string): number {
  let [low, high] = [0, bounds.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((bounds[middle] ?? "") <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The place of the first record whose key is not below `key`. */
function lowerBound<R extends Keyed>(records: readonly R[], key: string): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.key ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
