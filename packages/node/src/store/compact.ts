/** Compaction: etcd's `Compact`. Its cost is that of what it forgets. */

import { log } from "@quorate/core";
import { sizeOfVersion } from "./state.ts";
import type { KeyRecord, StoreState } from "./state.ts";
import { get, put, remove } from "./tree.ts";
import type { Bytes, StoreError } from "./types.ts";
import { keyOf, versionAt } from "./versions.ts";

/** Forgets what was before `revision`: of each key, all versions that were replaced by then. */
export function compact(state: StoreState, revision: number): StoreState | StoreError {
  if (revision <= state.compacted) return "compacted";
  if (revision > state.revision) return "futureRevision";
  let { keys, size } = state;
  for (const key of keysChanged(state, revision)) {
    const record = get(keys, key);
    if (record === null) continue;
    const after = forgetBefore(state, record, revision);
    size -= after.forgotten;
    keys = after.record === null ? remove(keys, key) : put(keys, after.record);
  }
  return { ...state, compacted: revision, keys, size, revisions: log.dropThrough(state.revisions, revision - 1) };
}

/** The keys that were changed since the last compaction, up to `revision`. */
function keysChanged({ revisions, compacted }: StoreState, revision: number): ReadonlySet<Bytes> {
  const from = Math.max(log.firstIndex(revisions), compacted + 1);
  return new Set(
    log
      .slice(revisions, from, Math.min(revision, log.lastIndex(revisions)))
      .flat()
      .map(keyOf),
  );
}

type Forgetting = { readonly record: KeyRecord | null; readonly forgotten: number };

function forgetBefore(state: StoreState, record: KeyRecord, revision: number): Forgetting {
  const base = versionAt(state, record, revision);
  let { revisions } = record;
  let forgotten = record.base === null ? 0 : sizeOfVersion(record.base);
  while (log.firstIndex(revisions) <= log.lastIndex(revisions)) {
    const first = log.entryAt(revisions, log.firstIndex(revisions));
    if (first > revision) break;
    const version = versionAt(state, record, first);
    if (version !== null) forgotten += sizeOfVersion(version);
    revisions = log.dropThrough(revisions, log.firstIndex(revisions));
  }
  if (base !== null) forgotten -= sizeOfVersion(base);
  const isGone = base === null && log.firstIndex(revisions) > log.lastIndex(revisions);
  return { record: isGone ? null : { key: record.key, base, revisions }, forgotten };
}
