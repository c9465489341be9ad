/** What happened, for those who watch. */

import { keyOf } from "./keys.ts";
import { byRevision, byVersion } from "./orders.ts";
import type { Change } from "./orders.ts";
import { keyAt } from "./range.ts";
import type { StoreState } from "./state.ts";
import { entriesFrom, find } from "./tree/read.ts";
import type { KeyValue, StoreEvent } from "./types.ts";

/** All that happened at one revision, in order. */
export type Revision = { readonly revision: number; readonly events: readonly StoreEvent[] };

/**
 * The revisions from `revision` on, in order. Those before the compacted one are gone, and are left out. Costs O(log n)
 * for each event that is taken.
 */
export function* eventsSince(state: StoreState, revision: number): Generator<Revision, void> {
  let group: { readonly revision: number; readonly events: StoreEvent[] } | null = null;
  for (const change of entriesFrom(byRevision, state.changes, { revision, sub: 0 })) {
    if (group === null || group.revision !== change.revision) {
      if (group !== null && group.events.length > 0) yield group;
      group = { revision: change.revision, events: [] };
    }
    const kv = kvOf(state, change);
    if (kv !== null) group.events.push({ type: change.type, kv, prevKv: prevKvOf(state, change) });
  }
  if (group !== null && group.events.length > 0) yield group;
}

/** Null for a version of the compacted revision that a deletion of the same revision took away. */
function kvOf(state: StoreState, { type, key, revision }: Change): KeyValue | null {
  if (type === "delete") return { key, value: "", createRevision: 0, modRevision: revision, version: 0, lease: "0" };
  const kv = keyOf(state, key);
  if (kv !== null && kv.modRevision === revision) return kv;
  return find(byVersion, state.history, { key, modRevision: revision })?.kv ?? null;
}

/** The key as it was before the revision, as etcd has it: what the same revision did to it before is passed over. */
function prevKvOf(state: StoreState, { key, revision }: Change): KeyValue | null {
  return revision - 1 < state.compacted ? null : keyAt(state, key, revision - 1);
}
