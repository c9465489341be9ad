/** What happened, for those who watch. */

import { log } from "@quorate/core";
import type { Change, StoreState } from "./state.ts";
import { get } from "./tree.ts";
import type { KeyValue, StoreEvent } from "./types.ts";
import { keyOf, versionAt } from "./versions.ts";

/**
 * What the revisions from `revision` on have changed, in their order. `revision` is not before the compacted one. Costs what
 * is taken of it.
 */
export function* eventsSince(
  state: StoreState,
  revision: number,
): Generator<{ readonly revision: number; readonly events: readonly StoreEvent[] }> {
  const last = log.lastIndex(state.revisions);
  for (let at = Math.max(revision, log.firstIndex(state.revisions)); at <= last; at++) {
    const events = log.entryAt(state.revisions, at).map((change) => eventOf(state, change, at));
    yield { revision: at, events };
  }
}

function eventOf(state: StoreState, change: Change, revision: number): StoreEvent {
  const prevKv = previous(state, change, revision);
  if (change.type === "put") return { type: "put", kv: change.kv, prevKv };
  const tombstone = { key: change.key, value: "", createRevision: 0, modRevision: revision, version: 0, lease: "0" };
  return { type: "delete", kv: tombstone, prevKv };
}

function previous(state: StoreState, change: Change, revision: number): KeyValue | null {
  if (revision - 1 < state.compacted) return null;
  const record = get(state.keys, keyOf(change));
  return record === null ? null : versionAt(state, record, revision - 1);
}
