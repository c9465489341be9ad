/** Ranges of keys as intervals, and a tree that finds the intervals that a key lies in. */

import type { Bytes, KeyRange } from "../../store/types.ts";

/** After every key: keys consist of code units up to 255. */
const END_OF_KEYS = "\u0100";

/** The keys from `start` up to, and without, `end`. */
export type Interval = { readonly start: Bytes; readonly end: string };

export function intervalOf({ key, rangeEnd }: KeyRange): Interval {
  // Nothing lies between a key and the same key with a zero byte after it.
  if (rangeEnd === "") return { start: key, end: `${key}\0` };
  return { start: key, end: rangeEnd === "\0" ? END_OF_KEYS : rangeEnd };
}

type Node<Value> = {
  readonly interval: Interval;
  readonly values: Set<Value>;
  /** What keeps the tree balanced: a parent's is never less than its children's. */
  readonly priority: number;
  left: Node<Value> | null;
  right: Node<Value> | null;
  /** The greatest end in this subtree. */
  maxEnd: string;
};

/**
 * A treap (Seidel and Aragon, 1996) over intervals, each node with the greatest end below it, so that the intervals around
 * a key are found in O(log n + matches). Equal intervals share a node.
 */
export class IntervalTree<Value> {
  #root: Node<Value> | null = null;
  #seed = 1;

  add(interval: Interval, value: Value): void {
    this.#root = this.#added(this.#root, interval, value);
  }

  delete(interval: Interval, value: Value): void {
    this.#root = deleted(this.#root, interval, value);
  }

  /** Calls `found` with each value whose interval `key` lies in. */
  at(key: Bytes, found: (value: Value) => void): void {
    visit(this.#root, key, found);
  }

  #added(node: Node<Value> | null, interval: Interval, value: Value): Node<Value> {
    if (node === null) {
      const priority = this.#nextPriority();
      return { interval, values: new Set([value]), priority, left: null, right: null, maxEnd: interval.end };
    }
    const order = compareIntervals(interval, node.interval);
    if (order === 0) {
      node.values.add(value);
      return node;
    }
    if (order < 0) {
      node.left = this.#added(node.left, interval, value);
      return node.left.priority > node.priority ? rotatedRight(node, node.left) : updated(node);
    }
    node.right = this.#added(node.right, interval, value);
    return node.right.priority > node.priority ? rotatedLeft(node, node.right) : updated(node);
  }

  /** Xorshift: any sequence without a pattern does. */
  #nextPriority(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return this.#seed;
  }
}

function visit<Value>(node: Node<Value> | null, key: Bytes, found: (value: Value) => void): void {
  // Everything below ends at or before the key.
  if (node === null || node.maxEnd <= key) return;
  visit(node.left, key, found);
  // Everything to the right starts after the key.
  if (node.interval.start > key) return;
  if (key < node.interval.end) for (const value of node.values) found(value);
  visit(node.right, key, found);
}

function deleted<Value>(node: Node<Value> | null, interval: Interval, value: Value): Node<Value> | null {
  if (node === null) return null;
  const order = compareIntervals(interval, node.interval);
  if (order < 0) node.left = deleted(node.left, interval, value);
  else if (order > 0) node.right = deleted(node.right, interval, value);
  else {
    node.values.delete(value);
    if (node.values.size === 0) return merged(node.left, node.right);
  }
  return updated(node);
}

function merged<Value>(left: Node<Value> | null, right: Node<Value> | null): Node<Value> | null {
  if (left === null) return right;
  if (right === null) return left;
  if (left.priority > right.priority) {
    left.right = merged(left.right, right);
    return updated(left);
  }
  right.left = merged(left, right.left);
  return updated(right);
}

function rotatedRight<Value>(node: Node<Value>, left: Node<Value>): Node<Value> {
  node.left = left.right;
  left.right = updated(node);
  return updated(left);
}

function rotatedLeft<Value>(node: Node<Value>, right: Node<Value>): Node<Value> {
  node.right = right.left;
  right.left = updated(node);
  return updated(right);
}

function updated<Value>(node: Node<Value>): Node<Value> {
  node.maxEnd = greater(node.interval.end, greater(node.left?.maxEnd ?? "", node.right?.maxEnd ?? ""));
  return node;
}

function greater(a: string, b: string): string {
  return a > b ? a : b;
}

function compareIntervals(a: Interval, b: Interval): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (a.end === b.end) return 0;
  return a.end < b.end ? -1 : 1;
}
