/** The store's state, an immutable value, and what is asked of it. */

import { byAttachment, byLease } from "./orders.ts";
import type { Attachment, Change, ChangeKey, Lease, Past, VersionKey } from "./orders.ts";
import { EMPTY } from "./tree/node.ts";
import type { Tree } from "./tree/node.ts";
import { entriesFrom, find } from "./tree/read.ts";
import type { AlarmType, Bytes, KeyValue, LeaseId, Member, MemberId, StoreError, StoreResult } from "./types.ts";

export type StoreAlarm = { readonly member: MemberId; readonly alarm: AlarmType };

/**
 * - revision: that of the last change; 1 before the first one
 * - compacted: the last revision that was compacted. Older ones can't be read. -1 if there was none
 * - current: each key that there is, as it is
 * - history: the versions of keys that were replaced or deleted after `compacted`
 * - changes: what happened at each revision from `compacted` on
 * - leases, attachments: the leases, and which keys each one takes along
 * - grants: how many leases were ever granted
 * - lessorTerm: the term of the leader that watches over the leases, 0 before the first
 * - members: in the order of their ids
 * - removedMembers: ids that can't come back, in order
 * - alarms: in the order of members and types
 */
export type StoreState = {
  readonly revision: number;
  readonly compacted: number;
  readonly current: Tree<KeyValue, Bytes>;
  readonly history: Tree<Past, VersionKey>;
  readonly changes: Tree<Change, ChangeKey>;
  readonly leases: Tree<Lease, LeaseId>;
  readonly attachments: Tree<Attachment, Attachment>;
  readonly grants: number;
  readonly lessorTerm: number;
  readonly members: readonly Member[];
  readonly removedMembers: readonly MemberId[];
  readonly alarms: readonly StoreAlarm[];
};

export const INITIAL: StoreState = {
  revision: 1,
  compacted: -1,
  current: EMPTY,
  history: EMPTY,
  changes: EMPTY,
  leases: EMPTY,
  attachments: EMPTY,
  grants: 0,
  lessorTerm: 0,
  members: [],
  removedMembers: [],
  alarms: [],
};

/** A state and what the command's client is told. */
export type Applied = { readonly state: StoreState; readonly result: StoreResult };

/** The state after a command that has nothing to tell but that it was carried out. */
export function done(state: StoreState): Applied {
  return { state, result: { ok: true, value: { type: "done" }, revision: state.revision } };
}

/** The state as it was: the command was not carried out. */
export function failed(state: StoreState, error: StoreError): Applied {
  return { state, result: { ok: false, error, revision: state.revision } };
}

export function revisionOf(state: StoreState): number {
  return state.revision;
}

/** The last compacted revision, or -1. It can still be read itself. */
export function compactedOf(state: StoreState): number {
  return state.compacted;
}

/** How many keys there are. */
export function keyCountOf(state: StoreState): number {
  return state.current.count;
}

/** About how many bytes the store takes, all kept revisions included. */
export function sizeOf(state: StoreState): number {
  const { current, history, changes, leases, attachments } = state;
  return current.bytes + history.bytes + changes.bytes + leases.bytes + attachments.bytes;
}

/** The ids of all leases, in order. */
export function leasesOf(state: StoreState): readonly LeaseId[] {
  return Array.from(entriesFrom(byLease, state.leases, "0"), ({ id }) => id);
}

/** A lease and its keys in order, or null if there is none. `ttl` in seconds, as granted. */
export function leaseOf(
  state: StoreState,
  id: LeaseId,
): { readonly id: LeaseId; readonly ttl: number; readonly keys: readonly Bytes[] } | null {
  const lease = find(byLease, state.leases, id);
  return lease === null ? null : { id, ttl: lease.ttl, keys: keysOf(state, id) };
}

/** The time to live of a lease in seconds, as granted, or null if there is none. */
export function leaseTtlOf(state: StoreState, id: LeaseId): number | null {
  return find(byLease, state.leases, id)?.ttl ?? null;
}

/** The number of a lease's grant, or null if there is no such lease. Another one with the same id has another number. */
export function leaseGrantOf(state: StoreState, id: LeaseId): number | null {
  return find(byLease, state.leases, id)?.grant ?? null;
}

/** The keys that are attached to a lease, in order. */
export function keysOf(state: StoreState, id: LeaseId): readonly Bytes[] {
  const keys: Bytes[] = [];
  for (const { lease, key } of entriesFrom(byAttachment, state.attachments, { lease: id, key: "" })) {
    if (lease !== id) break;
    keys.push(key);
  }
  return keys;
}

/** The term of the leader that watches over the leases. */
export function lessorTermOf(state: StoreState): number {
  return state.lessorTerm;
}

/** The members, in the order of their ids. */
export function membersOf(state: StoreState): readonly Member[] {
  return state.members;
}

/** Whether a member was removed. One that was restored under its old id is there again. */
export function isRemoved({ members, removedMembers }: StoreState, id: MemberId): boolean {
  return removedMembers.includes(id) && !members.some((member) => member.id === id);
}

export function alarmsOf(state: StoreState): readonly StoreAlarm[] {
  return state.alarms;
}
