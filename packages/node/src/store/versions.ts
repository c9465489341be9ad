/** The versions of one key. */

import { log } from "@quorate/core";
import { get } from "./tree.ts";
import type { Change, KeyRecord, StoreState } from "./state.ts";
import type { Bytes, KeyValue } from "./types.ts";

/** The parts of a state that versions are read from. */
export type Versions = Pick<StoreState, "keys" | "revisions">;

/** What `record` is at `revision`, which is not before the compacted one: null if the key does not exist then. */
export function versionAt(of: Versions, record: KeyRecord, revision: number): KeyValue | null {
  const at = lastUpTo(record, revision);
  return at === null ? record.base : kvOf(changeAt(of, at, record.key));
}

/** What the key is now. */
export function currentVersion(of: Versions, key: Bytes): KeyValue | null {
  const record = get(of.keys, key);
  return record === null ? null : versionAt(of, record, Infinity);
}

/** The latest revision up to `revision` that changed the key, or null if that was before the compaction, or never. */
function lastUpTo({ revisions }: KeyRecord, revision: number): number | null {
  const end = log.lastIndex(revisions);
  if (end === revisions.before) return null;
  const newest = log.entryAt(revisions, end);
  if (newest <= revision) return newest;
  let [low, high] = [revisions.before, end];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (log.entryAt(revisions, middle) <= revision) low = middle;
    else high = middle - 1;
  }
  return low === revisions.before ? null : log.entryAt(revisions, low);
}

function changeAt({ revisions }: Versions, revision: number, key: Bytes): Change | undefined {
  return log.entryAt(revisions, revision).find((change) => keyOf(change) === key);
}

export function keyOf(change: Change): Bytes {
  return change.type === "put" ? change.kv.key : change.key;
}

export function kvOf(change: Change | undefined): KeyValue | null {
  return change?.type === "put" ? change.kv : null;
}
