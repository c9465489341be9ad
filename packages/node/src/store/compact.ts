/** Compaction: forgetting what can only be seen at old revisions. */

import { byRevision, byVersion } from "./orders.ts";
import type { VersionKey } from "./orders.ts";
import { done, failed } from "./state.ts";
import type { Applied, StoreState } from "./state.ts";
import { entriesFrom } from "./tree/read.ts";
import { removeAll } from "./tree/remove-all.ts";
import { dropBefore } from "./tree/write.ts";

/** Forgets the versions that are not seen at `revision` or later. Costs O(log n) for each of them at most. */
export function onCompact(state: StoreState, { revision }: { readonly revision: number }): Applied {
  if (revision <= state.compacted) return failed(state, "compacted");
  if (revision > state.revision) return failed(state, "futureRevision");
  const history = removeAll(byVersion, state.history, replacedThrough(state, revision));
  const changes = dropBefore(byRevision, state.changes, { revision, sub: 0 });
  return done({ ...state, compacted: revision, history, changes });
}

/**
 * The versions that ended after the last compaction, up to `revision`, in order. The changes that ended them lead to all of
 * them, so that the rest of the store need not be looked at.
 */
function replacedThrough({ changes, compacted }: StoreState, revision: number): readonly VersionKey[] {
  const versions: VersionKey[] = [];
  for (const change of entriesFrom(byRevision, changes, { revision: compacted + 1, sub: 0 })) {
    if (change.revision > revision) break;
    if (change.replaced > 0) versions.push({ key: change.key, modRevision: change.replaced });
  }
  return versions.sort(byVersion.compare);
}
