/**
 * The log: a persistent sequence of entries with absolute indexes, as plain canonical data.
 *
 * Every version of a log stays as it was, and shares with the version it came from all that did not change. Two equal
 * logs are equal data, by whatever operations they came about, since a checker that takes them for different explores
 * everything behind them twice. Both are had from a radix trie over the absolute index, `tree.ts`:
 *
 * - Its shape follows from the first and the last index alone, so it is canonical by construction. A balanced tree would
 *   remember in its shape how it was built; a list of chunks as they were appended would, too.
 * - The index is absolute, so that compaction cuts at the left edge and leaves all else where it is. Indexes counted
 *   from the first entry would move every entry.
 * - Nothing is stored for what the log does not hold, and no level that is not needed: a log of up to 32 entries is one
 *   array of them (two where they lie on both sides of a multiple of 32), with the index before the first.
 *
 * With n the last index, an operation copies at most 32 slots on each of log32(n) levels, besides the entries it adds or
 * returns.
 */

import { invariant } from "../assert.ts";
import type { Plain } from "../plain.ts";
import { collect, cutAfter, cutBefore, endOf, entryIn, grow, lowest, slotOf, spanOf, WIDTH } from "./tree.ts";
import type { Tree } from "./tree.ts";

/** A log of entries of the type E. `before` is the index before the first entry's. The rest is a tree of `tree.ts`. */
export type Log<E extends Plain> = Tree<E> & { readonly before: number };

/** The log without entries whose first one will have the index `before + 1`. */
export function emptyLog<E extends Plain>(before = 0): Log<E> {
  invariant(Number.isSafeInteger(before) && before >= 0, "a log begins at an index above zero", before);
  return { before, entries: [] };
}

/** The index of the first entry, or the one that it will have. */
export function firstIndex<E extends Plain>(log: Log<E>): number {
  return log.before + 1;
}

/** The index of the last entry, or the one before the first if there is none. */
export function lastIndex<E extends Plain>(log: Log<E>): number {
  return endOf<E>(log, log.before);
}

/**
 * The entry at `index`.
 *
 * @throws InvariantViolation if the log holds none there
 */
export function entryAt<E extends Plain>(log: Log<E>, index: number): E {
  demandHeld(log, index);
  return entryIn<E>(log, log.before, index - 1);
}

/** The log with `entries` after its last one: itself if there are none. */
export function append<E extends Plain>(log: Log<E>, entries: readonly E[]): Log<E> {
  if (entries.length === 0) return log;
  const base = lastIndex(log);
  const lastPosition = base + entries.length - 1;
  let tree = base === log.before ? null : treeOf(log);
  let span = spanOf<E>(log);
  while (slotOf(log.before, span * WIDTH) !== slotOf(lastPosition, span * WIDTH)) {
    tree = tree === null ? null : { children: [tree] };
    span *= WIDTH;
  }
  return { before: log.before, ...grow(tree, log.before, span, entries, base) };
}

/**
 * The log without the entries after `index`: itself if there are none.
 *
 * @throws InvariantViolation if the log begins after `index + 1`, and so can't tell what it held there
 */
export function truncateAfter<E extends Plain>(log: Log<E>, index: number): Log<E> {
  const { before } = log;
  const isKnown = Number.isSafeInteger(index) && index >= before;
  invariant(isKnown, "a log is truncated after its beginning", { index, before });
  if (index >= lastIndex(log)) return log;
  if (index === before) return emptyLog(before);
  return { before, ...lowest(cutAfter<E>(log, before, spanOf<E>(log), index)) };
}

/**
 * The log without the entries up to and with `index`: itself if it begins after `index`, and else a log that begins at
 * `index + 1`, also where that is beyond the last entry.
 *
 * @throws InvariantViolation if `index` is no safe integer
 */
export function dropThrough<E extends Plain>(log: Log<E>, index: number): Log<E> {
  invariant(Number.isSafeInteger(index), "a log is compacted through an index", index);
  if (index <= log.before) return log;
  if (index >= lastIndex(log)) return emptyLog(index);
  return { before: index, ...lowest(cutBefore<E>(log, log.before, spanOf<E>(log), index)) };
}

/**
 * The entries from the index `from` through the index `through`, both included: none if `from` is above `through`.
 *
 * @throws InvariantViolation if the log does not hold them all
 */
export function slice<E extends Plain>(log: Log<E>, from: number, through: number): readonly E[] {
  if (from > through) return [];
  demandHeld(log, from);
  demandHeld(log, through);
  const entries: E[] = [];
  collect({ tree: log, start: log.before, span: spanOf<E>(log) }, from - 1, through, entries);
  return entries;
}

/** The log as a mere tree, to become part of a higher one. */
function treeOf<E extends Plain>(log: Log<E>): Tree<E> {
  return "entries" in log ? { entries: log.entries } : { children: log.children };
}

function demandHeld<E extends Plain>(log: Log<E>, index: number): void {
  const [first, last] = [firstIndex(log), lastIndex(log)];
  const isHeld = Number.isSafeInteger(index) && index >= first && index <= last;
  invariant(isHeld, "a log is read at indexes that it holds", { index, first, last });
}
