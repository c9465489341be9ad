/** Leases: keys that end together. Which of them have run out, a leader says; here is no clock. */

import { committed, deleteKey, draftOf, keyOf } from "./keys.ts";
import { byLease } from "./orders.ts";
import { done, failed, keysOf } from "./state.ts";
import type { Applied, StoreState } from "./state.ts";
import { find } from "./tree/read.ts";
import { put, remove } from "./tree/write.ts";
import type { LeaseId } from "./types.ts";

export function onLeaseGrant(state: StoreState, { id, ttl }: { readonly id: LeaseId; readonly ttl: number }): Applied {
  if (state.alarms.some(({ alarm }) => alarm === "noSpace")) return failed(state, "noSpace");
  if (find(byLease, state.leases, id) !== null) return failed(state, "leaseExists");
  const grant = state.grants + 1;
  return done({ ...state, grants: grant, leases: put(byLease, state.leases, { id, ttl, grant }) });
}

/** Deletes the lease and, in one revision and in their order, its keys. */
export function onLeaseRevoke(state: StoreState, { id }: { readonly id: LeaseId }): Applied {
  if (find(byLease, state.leases, id) === null) return failed(state, "leaseNotFound");
  let draft = draftOf({ ...state, leases: remove(byLease, state.leases, id) });
  for (const key of keysOf(state, id)) {
    const kv = keyOf(draft.state, key);
    if (kv !== null) draft = deleteKey(draft, kv);
  }
  return done(committed(draft));
}

/** A leader of a later term takes the leases over. */
export function onLessor(state: StoreState, { term }: { readonly term: number }): Applied {
  return done(term > state.lessorTerm ? { ...state, lessorTerm: term } : state);
}

/**
 * Only the leader that watches over the leases knows which were renewed. It may say twice that one has run out: what was
 * granted under the same id in between is another lease.
 */
export function onLeaseExpire(
  state: StoreState,
  { id, term, grant }: { readonly id: LeaseId; readonly term: number; readonly grant: number },
): Applied {
  if (term !== state.lessorTerm) return done(state);
  const lease = find(byLease, state.leases, id);
  return lease !== null && lease.grant !== grant ? done(state) : onLeaseRevoke(state, { id });
}
