/** Leases: etcd's `LeaseGrant` and `LeaseRevoke`, and their expiry. */

import { attachmentKey } from "./state.ts";
import type { StoreState } from "./state.ts";
import { get, leavesOf, put, remove, scan } from "./tree.ts";
import type { Bytes, LeaseId } from "./types.ts";
import { Working } from "./working.ts";

export function leaseOf(
  state: StoreState,
  id: LeaseId,
): { readonly id: LeaseId; readonly ttl: number; readonly keys: readonly Bytes[] } | null {
  const lease = get(state.leases, id);
  return lease === null ? null : { id, ttl: lease.ttl, keys: [...keysOn(state, id)] };
}

/** The time to live of a lease in seconds, or null if there is none. */
export function leaseTtlOf(state: StoreState, id: LeaseId): number | null {
  return get(state.leases, id)?.ttl ?? null;
}

export function* leasesOf(state: StoreState): Generator<LeaseId> {
  for (const { records } of leavesOf(state.leases)) {
    for (const { key } of records) yield key;
  }
}

/** The keys that hang on a lease, in their order. */
function* keysOn({ attachments }: StoreState, id: LeaseId): Generator<Bytes> {
  const prefix = attachmentKey(id, "");
  for (const { key } of scan(attachments, prefix, `${id}0`)) yield key.slice(prefix.length);
}

export function grant(state: StoreState, id: LeaseId, ttl: number): StoreState {
  return { ...state, leases: put(state.leases, { key: id, ttl }) };
}

/** The lease ends, and its keys with it, in one revision. */
export function end(state: StoreState, id: LeaseId): StoreState {
  const working = new Working(state);
  for (const key of keysOn(state, id)) {
    const kv = working.current(key);
    if (kv !== null) working.delete(kv);
  }
  const ended = working.done();
  return { ...ended, leases: remove(ended.leases, id) };
}
