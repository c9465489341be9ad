/** The terms of the log's entries, and of the one before its first. */

import { invariant } from "../assert.ts";
import { entryAt, lastIndex } from "../log/index.ts";
import type { Index, RaftDurable, RaftState, Term } from "./types.ts";

/**
 * The term of the entry at `index`: from the index before the log's first entry, which the snapshot stands for, to the
 * log's last.
 *
 * @throws InvariantViolation if the log has forgotten the entry or does not hold it yet
 */
export function termAt({ log, snapshot }: RaftDurable, index: Index): Term {
  if (index !== log.before) return entryAt(log, index).term;
  invariant(index === (snapshot?.index ?? 0), "the log begins after the snapshot", { index, snapshot });
  return snapshot?.term ?? 0;
}

/** Whether the log, or the snapshot before it, ends or goes through an entry of that index and term. */
export function holds(durable: RaftDurable, index: Index, term: Term): boolean {
  const { log } = durable;
  return index >= log.before && index <= lastIndex(log) && termAt(durable, index) === term;
}

function lastLogTerm(durable: RaftDurable): Term {
  return termAt(durable, lastIndex(durable.log));
}

/**
 * The last index from `low` to `high` whose entry's term is at most `term`, or `low` if there is none. Terms never
 * decrease along the log, so that a binary search finds it.
 */
export function lastWithTermAtMost(durable: RaftDurable, low: Index, high: Index, term: Term): Index {
  let [found, end] = [low, high];
  while (found < end) {
    const middle = Math.ceil((found + end) / 2);
    if (termAt(durable, middle) <= term) found = middle;
    else end = middle - 1;
  }
  return found;
}

/**
 * Which of two logs is more up to date, by their last entries: the paper, section 5.4.1. Negative, zero or positive as the
 * first is less, equally or more so.
 */
export function compareLogs(a: LastEntry, b: LastEntry): number {
  return a.lastLogTerm !== b.lastLogTerm ? a.lastLogTerm - b.lastLogTerm : a.lastLogIndex - b.lastLogIndex;
}

/** The last entry of a log, as candidates tell of it. */
export type LastEntry = { readonly lastLogIndex: Index; readonly lastLogTerm: Term };

export function lastEntry(durable: RaftDurable): LastEntry {
  return { lastLogIndex: lastIndex(durable.log), lastLogTerm: lastLogTerm(durable) };
}

/** Whether an entry of the present term is committed. Until then a leader does not know what else is: section 6.4. */
export function hasCommittedInTerm({ durable, volatile }: RaftState): boolean {
  return termAt(durable, volatile.commitIndex) === durable.term;
}
