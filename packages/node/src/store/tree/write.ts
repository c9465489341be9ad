/** Changing a tree: the result is another tree, which shares with the first all but one path of nodes. */

import { CHILDREN_MAX, EMPTY, firstKey, innerOf, isSmall, itemAt, LEAF_BYTES_MAX, leafOf, merged } from "./node.ts";
import { pack, RUN_MAX, RUNS_MAX } from "./node.ts";
import type { Inner, Leaf, Order, Tree } from "./node.ts";
import { partOf, positionOf } from "./read.ts";

/** The tree with `entry`, in the place of the one that has its key. O(log n). */
export function put<T, K>(order: Order<T, K>, tree: Tree<T, K>, entry: NoInfer<T>): Tree<T, K> {
  const parts = putBelow(order, tree, entry, order.keyOf(entry));
  return parts.length === 1 ? itemAt(parts, 0) : innerOf(parts);
}

/** The nodes that take the place of `node`: mostly one. */
function putBelow<T, K>(order: Order<T, K>, node: Tree<T, K>, entry: T, key: K): readonly Tree<T, K>[] {
  if ("runs" in node) return putInLeaf(order, node, entry, key);
  const at = partOf(order, node.firsts, key);
  const parts = putBelow(order, itemAt(node.children, at), entry, key);
  if (parts.length === 1) return [withChild(node, at, itemAt(parts, 0))];
  const children = node.children.toSpliced(at, 1, ...parts);
  if (children.length <= CHILDREN_MAX) return [innerOf(children)];
  // A tree that grows at its end is to have full nodes.
  const cut = at === node.children.length - 1 ? node.children.length : children.length >> 1;
  return [innerOf(children.slice(0, cut)), innerOf(children.slice(cut))];
}

/** What `innerOf` makes, without a look at the other children. */
function withChild<T, K>(node: Inner<T, K>, at: number, child: Tree<T, K>): Inner<T, K> {
  const before = itemAt(node.children, at);
  const children = node.children.slice();
  children[at] = child;
  return {
    firsts: withFirst(node.firsts, at, itemAt(child.firsts, 0)),
    children,
    count: node.count - before.count + child.count,
    bytes: node.bytes - before.bytes + child.bytes,
  };
}

function withFirst<K>(firsts: readonly K[], at: number, first: K): readonly K[] {
  return firsts[at] === first ? firsts : firsts.with(at, first);
}

function putInLeaf<T, K>(order: Order<T, K>, leaf: Leaf<T, K>, entry: T, key: K): readonly Leaf<T, K>[] {
  const at = partOf(order, leaf.firsts, key);
  const run = leaf.runs[at];
  if (run === undefined) return pack(order, [entry]);
  const position = positionOf(order, run, key);
  const before = run[position];
  const isThere = before !== undefined && order.compare(order.keyOf(before), key) === 0;
  const changed = isThere ? run.with(position, entry) : run.toSpliced(position, 0, entry);
  const parts = partsOf(changed, position);
  const firsts = parts.map((part) => firstKey(order, part));
  const changedLeaf = {
    firsts:
      parts.length === 1 ? withFirst(leaf.firsts, at, itemAt(firsts, 0)) : leaf.firsts.toSpliced(at, 1, ...firsts),
    runs: leaf.runs.toSpliced(at, 1, ...parts),
    count: isThere ? leaf.count : leaf.count + 1,
    bytes: leaf.bytes + order.bytesOf(entry) - (isThere ? order.bytesOf(before) : 0),
  };
  if (isWithinLimits(changedLeaf)) return [changedLeaf];
  // What grows at its end is to have full leaves.
  if (at === leaf.runs.length - 1 && position === run.length) return [leaf, ...pack(order, [entry])];
  return pack(order, changedLeaf.runs.flat());
}

/** A run, in two if it has become too long by the entry at `position`. What grows at its end is to have full runs. */
function partsOf<T>(run: readonly T[], position: number): readonly (readonly T[])[] {
  if (run.length <= RUN_MAX) return [run];
  const cut = position === run.length - 1 ? position : run.length >> 1;
  return [run.slice(0, cut), run.slice(cut)];
}

function isWithinLimits<T, K>({ runs, count, bytes }: Leaf<T, K>): boolean {
  return runs.length <= RUNS_MAX && (bytes <= LEAF_BYTES_MAX || count === 1);
}

/** The tree without the entry that has this key: itself if there is none. O(log n). */
export function remove<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): Tree<T, K> {
  return rootOf(removeBelow(order, tree, key));
}

/** What is left of `node`, or null if nothing is. */
function removeBelow<T, K>(order: Order<T, K>, node: Tree<T, K>, key: K): Tree<T, K> | null {
  if ("runs" in node) return removeInLeaf(order, node, key);
  const at = partOf(order, node.firsts, key);
  const before = itemAt(node.children, at);
  const child = removeBelow(order, before, key);
  if (child === before) return node;
  if (child === null) return node.children.length === 1 ? null : innerOf(node.children.toSpliced(at, 1));
  return isSmall(child) ? mergedAt(order, withChild(node, at, child), at) : withChild(node, at, child);
}

function removeInLeaf<T, K>(order: Order<T, K>, leaf: Leaf<T, K>, key: K): Leaf<T, K> | null {
  const at = partOf(order, leaf.firsts, key);
  const run = leaf.runs[at];
  if (run === undefined) return leaf;
  const position = positionOf(order, run, key);
  const entry = run[position];
  if (entry === undefined || order.compare(order.keyOf(entry), key) !== 0) return leaf;
  if (leaf.count === 1) return null;
  const [count, bytes] = [leaf.count - 1, leaf.bytes - order.bytesOf(entry)];
  if (run.length === 1) return { firsts: leaf.firsts.toSpliced(at, 1), runs: leaf.runs.toSpliced(at, 1), count, bytes };
  const changed = run.toSpliced(position, 1);
  const firsts = withFirst(leaf.firsts, at, firstKey(order, changed));
  return { firsts, runs: leaf.runs.with(at, changed), count, bytes };
}

/** The node with its small child `at` merged into one beside it, if one has room. */
function mergedAt<T, K>(order: Order<T, K>, node: Inner<T, K>, at: number): Inner<T, K> {
  for (const left of [at - 1, at]) {
    const [a, b] = [node.children[left], node.children[left + 1]];
    const both = a === undefined || b === undefined ? null : merged(order, a, b);
    if (both !== null) return innerOf(node.children.toSpliced(left, 2, both));
  }
  return node;
}

/** The tree without the entries that come before `key`: itself if there are none. O(log n). */
export function dropBefore<T, K>(order: Order<T, K>, tree: Tree<T, K>, key: K): Tree<T, K> {
  return rootOf(dropBelow(order, tree, key));
}

function dropBelow<T, K>(order: Order<T, K>, node: Tree<T, K>, key: K): Tree<T, K> | null {
  const at = partOf(order, node.firsts, key);
  if ("runs" in node) {
    const run = node.runs[at];
    const position = run === undefined ? 0 : positionOf(order, run, key);
    if (run === undefined || (at === 0 && position === 0)) return node;
    const rest = run.slice(position);
    const runs = [...(rest.length === 0 ? [] : [rest]), ...node.runs.slice(at + 1)];
    return runs.length === 0 ? null : leafOf(order, runs);
  }
  const before = itemAt(node.children, at);
  const child = dropBelow(order, before, key);
  if (at === 0 && child === before) return node;
  const children = [...(child === null ? [] : [child]), ...node.children.slice(at + 1)];
  return children.length === 0 ? null : innerOf(children);
}

/** A node as a root: with one child alone, that takes its place. */
export function rootOf<T, K>(left: Tree<T, K> | null): Tree<T, K> {
  let root = left ?? EMPTY;
  while ("children" in root && root.children.length === 1) root = itemAt(root.children, 0);
  return root;
}
