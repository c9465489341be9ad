/** Reading keys: etcd's `Range`. */

import type { StoreState } from "./state.ts";
import type { KeyRecord } from "./state.ts";
import { get, scan } from "./tree.ts";
import type { Tree } from "./tree.ts";
import type { KeyRange, KeyValue, RangeOp, RangeResult, SortTarget, StoreError } from "./types.ts";
import { versionAt } from "./versions.ts";

export type RangeOutcome =
  | { readonly ok: true; readonly value: RangeResult; readonly revision: number }
  | { readonly ok: false; readonly error: StoreError };

/** What `op` asks of the store. `revision` is the store's, whichever was read at. */
export function range(state: StoreState, op: RangeOp): RangeOutcome {
  const error = revisionFault(state, op.revision);
  if (error !== null) return { ok: false, error };
  const at = op.revision === 0 ? state.revision : op.revision;
  const value = rangeOf(op, state.keys, (record) => versionAt(state, record, at));
  return { ok: true, value, revision: state.revision };
}

/** Why nothing can be read at `revision`, or null. 0 is the newest. */
export function revisionFault(state: StoreState, revision: number): StoreError | null {
  if (revision === 0) return null;
  if (revision > state.revision) return "futureRevision";
  return revision < state.compacted ? "compacted" : null;
}

/** The same where the keys are seen through `versionOf`. */
export function rangeOf(
  op: RangeOp,
  keys: Tree<KeyRecord>,
  versionOf: (record: KeyRecord) => KeyValue | null,
): RangeResult {
  const isSorted = op.sortOrder !== "none" && !(op.sortTarget === "key" && op.sortOrder === "ascend");
  const isFiltered =
    op.minModRevision > 0 || op.maxModRevision > 0 || op.minCreateRevision > 0 || op.maxCreateRevision > 0;
  // Where all that is found may be returned, no more than the limit and one needs to be kept.
  const keepMax = op.countOnly ? 0 : op.limit === 0 || isSorted || isFiltered ? Infinity : op.limit + 1;
  const found: KeyValue[] = [];
  let count = 0;
  for (const record of recordsIn(keys, op)) {
    const kv = versionOf(record);
    if (kv === null) continue;
    count += 1;
    if (found.length < keepMax) found.push(kv);
  }
  const kept = isFiltered ? found.filter((kv) => isWithin(kv, op)) : found;
  const sorted = isSorted ? kept.sort(comparison(op.sortTarget, op.sortOrder === "descend")) : kept;
  const more = op.limit > 0 && sorted.length > op.limit;
  const kvs = more ? sorted.slice(0, op.limit) : sorted;
  return { type: "range", kvs: op.keysOnly ? kvs.map((kv) => ({ ...kv, value: "" })) : kvs, more, count };
}

/** The records of the keys in a range, those of deleted keys too. */
export function* recordsIn(keys: Tree<KeyRecord>, { key, rangeEnd }: KeyRange): Generator<KeyRecord> {
  if (rangeEnd === "") {
    const record = get(keys, key);
    if (record !== null) yield record;
    return;
  }
  yield* scan(keys, key, rangeEnd === "\0" ? null : rangeEnd);
}

function isWithin(kv: KeyValue, op: RangeOp): boolean {
  if (op.minModRevision > 0 && kv.modRevision < op.minModRevision) return false;
  if (op.maxModRevision > 0 && kv.modRevision > op.maxModRevision) return false;
  if (op.minCreateRevision > 0 && kv.createRevision < op.minCreateRevision) return false;
  return !(op.maxCreateRevision > 0 && kv.createRevision > op.maxCreateRevision);
}

type Comparison = (a: KeyValue, b: KeyValue) => number;

function comparison(target: SortTarget, isDescending: boolean): Comparison {
  const ascending = ASCENDING[target];
  return isDescending ? (a, b) => ascending(b, a) : ascending;
}

function byText(of: (kv: KeyValue) => string): Comparison {
  return (a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0);
}

const ASCENDING: { readonly [target in SortTarget]: Comparison } = {
  key: byText(({ key }) => key),
  value: byText(({ value }) => value),
  version: (a, b) => a.version - b.version,
  create: (a, b) => a.createRevision - b.createRevision,
  mod: (a, b) => a.modRevision - b.modRevision,
};
