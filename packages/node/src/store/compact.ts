/** Compaction: forgetting what can only be seen at old revisions. */

import { byRevision, byVersion } from "./orders.ts";
import type { Change, Past } from "./orders.ts";
import { done, failed } from "./state.ts";
import type { Applied, StoreState } from "./state.ts";
import { entriesFrom, floor } from "./tree/read.ts";
import { dropBefore, remove } from "./tree/write.ts";

/**
 * Forgets the versions that are not seen at `revision` or later. Each was replaced or deleted by a change since the last
 * compaction, so those changes lead to all of them, and what they cost is paid once.
 */
export function onCompact(state: StoreState, { revision }: { readonly revision: number }): Applied {
  if (revision <= state.compacted) return failed(state, "compacted");
  if (revision > state.revision) return failed(state, "futureRevision");
  let { history } = state;
  for (const change of entriesFrom(byRevision, state.changes, { revision: state.compacted + 1, sub: 0 })) {
    if (change.revision > revision) break;
    for (const replaced of replacedBy(history, change)) history = remove(byVersion, history, replaced.kv);
  }
  const changes = dropBefore(byRevision, state.changes, { revision, sub: 0 });
  return done({ ...state, compacted: revision, history, changes });
}

/** The versions that ended with a change: of the revisions before, and of its own if that put a key and deleted it. */
function replacedBy(history: StoreState["history"], { key, revision }: Change): readonly Past[] {
  return [revision - 1, revision]
    .map((modRevision) => floor(byVersion, history, { key, modRevision }))
    .filter((past) => past !== null)
    .filter((past) => past.kv.key === key && past.until === revision);
}
