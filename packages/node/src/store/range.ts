/** Reading ranges of keys, at the newest revision or at an older one. */

import { byKey, byVersion, compareBytes } from "./orders.ts";
import { keyOf } from "./keys.ts";
import type { StoreState } from "./state.ts";
import { entriesFrom, floor, rank } from "./tree/read.ts";
import type { Bytes, KeyRange, KeyValue, RangeOp, RangeResult, SortTarget, StoreError } from "./types.ts";

export type RangeAnswer = { readonly revision: number } & (
  { readonly ok: true; readonly value: RangeResult } | { readonly ok: false; readonly error: StoreError }
);

/** The keys of a range. `revision` is the store's, whatever the revision read at. */
export function range(state: StoreState, op: RangeOp): RangeAnswer {
  const error = revisionFault(state, op.revision);
  if (error !== null) return { ok: false, error, revision: state.revision };
  return { ok: true, value: rangeIn(state, op), revision: state.revision };
}

/** Why nothing can be read at a revision, or null. */
export function revisionFault({ revision, compacted }: StoreState, at: number): StoreError | null {
  if (at > revision) return "futureRevision";
  return at > 0 && at < compacted ? "compacted" : null;
}

/** The keys of a range at a revision that can be read. */
export function rangeIn(state: StoreState, op: RangeOp): RangeResult {
  const isNow = op.revision <= 0;
  if (op.countOnly) {
    const count = isNow ? countNow(state, op) : keysAt(state, op, op.revision).length;
    return { type: "range", kvs: [], more: false, count };
  }
  const { found, count } = isNow ? foundNow(state, op) : foundAt(state, op);
  const kept = isFiltered(op) ? found.filter((kv) => passes(op, kv)) : found;
  const sorted = sort(op, kept);
  const kvs = op.limit > 0 ? sorted.slice(0, op.limit) : sorted;
  return {
    type: "range",
    kvs: op.keysOnly ? kvs.map((kv) => ({ ...kv, value: "" })) : kvs,
    more: kvs.length < sorted.length,
    count,
  };
}

type Found = { readonly found: readonly KeyValue[]; readonly count: number };

function foundNow(state: StoreState, op: RangeOp): Found {
  const found = keysNow(state, op, fetchLimit(op));
  return { found, count: fetchLimit(op) === Infinity ? found.length : countNow(state, op) };
}

function foundAt(state: StoreState, op: RangeOp): Found {
  const all = keysAt(state, op, op.revision);
  return { found: all.slice(0, fetchLimit(op)), count: all.length };
}

/**
 * How many keys have to be looked at: one more than the limit tells whether there are more. As in etcd, a filter or an
 * order that was asked for wants all of them, but a target without an order does not.
 */
function fetchLimit(op: RangeOp): number {
  return op.limit <= 0 || op.sortOrder !== "none" || isFiltered(op) ? Infinity : op.limit + 1;
}

function isFiltered(op: RangeOp): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = op;
  return minModRevision > 0 || maxModRevision > 0 || minCreateRevision > 0 || maxCreateRevision > 0;
}

function passes(op: RangeOp, { modRevision, createRevision }: KeyValue): boolean {
  if (op.minModRevision > 0 && modRevision < op.minModRevision) return false;
  if (op.maxModRevision > 0 && modRevision > op.maxModRevision) return false;
  if (op.minCreateRevision > 0 && createRevision < op.minCreateRevision) return false;
  return op.maxCreateRevision <= 0 || createRevision <= op.maxCreateRevision;
}

/** Keys that are equal in the target stay in the order of keys. A target other than the key is an order by itself. */
function sort({ sortOrder, sortTarget }: RangeOp, kvs: readonly KeyValue[]): readonly KeyValue[] {
  if (sortTarget === "key") return sortOrder === "descend" ? kvs.toReversed() : kvs;
  const sign = sortOrder === "descend" ? -1 : 1;
  return kvs.toSorted((a, b) => sign * compareTarget(sortTarget, a, b));
}

function compareTarget(target: Exclude<SortTarget, "key">, a: KeyValue, b: KeyValue): number {
  switch (target) {
    case "version":
      return a.version - b.version;
    case "create":
      return a.createRevision - b.createRevision;
    case "mod":
      return a.modRevision - b.modRevision;
    case "value":
      return compareBytes(a.value, b.value);
  }
}

/** Whether `key`, which is not before the range's first key, is in the range. */
function isBeforeEnd(key: Bytes, { key: first, rangeEnd }: KeyRange): boolean {
  if (rangeEnd === "") return key === first;
  return rangeEnd === "\0" || key < rangeEnd;
}

/** The keys of a range as they are, at most `limit` of them. */
export function keysNow(state: StoreState, range: KeyRange, limit: number): readonly KeyValue[] {
  if (range.rangeEnd === "") {
    const kv = keyOf(state, range.key);
    return kv === null ? [] : [kv];
  }
  const kvs: KeyValue[] = [];
  for (const kv of entriesFrom(byKey, state.current, range.key)) {
    if (kvs.length >= limit || !isBeforeEnd(kv.key, range)) break;
    kvs.push(kv);
  }
  return kvs;
}

function countNow(state: StoreState, { key, rangeEnd }: KeyRange): number {
  if (rangeEnd === "") return keyOf(state, key) === null ? 0 : 1;
  const end = rangeEnd === "\0" ? state.current.count : rank(byKey, state.current, rangeEnd);
  return Math.max(0, end - rank(byKey, state.current, key));
}

/** The keys of a range as they were at a revision. Costs as much as there are versions in the range. */
function keysAt(state: StoreState, range: KeyRange, revision: number): readonly KeyValue[] {
  if (range.rangeEnd === "") {
    const kv = keyAt(state, range.key, revision);
    return kv === null ? [] : [kv];
  }
  const kvs: KeyValue[] = [];
  for (const kv of entriesFrom(byKey, state.current, range.key)) {
    if (!isBeforeEnd(kv.key, range)) break;
    if (kv.modRevision <= revision) kvs.push(kv);
  }
  const from = { key: range.key, modRevision: 0 };
  for (const { kv, until } of entriesFrom(byVersion, state.history, from)) {
    if (!isBeforeEnd(kv.key, range)) break;
    if (kv.modRevision <= revision && revision < until) kvs.push(kv);
  }
  // A key has one version at a revision, so the order of keys is an order of all.
  return kvs.sort((a, b) => compareBytes(a.key, b.key));
}

/** A key as it was at a revision, or null. */
export function keyAt(state: StoreState, key: Bytes, revision: number): KeyValue | null {
  const kv = keyOf(state, key);
  if (kv !== null && kv.modRevision <= revision) return kv;
  const past = floor(byVersion, state.history, { key, modRevision: revision });
  return past !== null && past.kv.key === key && revision < past.until ? past.kv : null;
}
