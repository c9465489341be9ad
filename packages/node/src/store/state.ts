/**
 * The store's state, an immutable value.
 *
 * Each key has a record of the revisions in which it was changed; what it was changed to stands in the log of revisions.
 * What is older than the last compaction is no longer in the log, and the one version of it that can still be seen stands in
 * the key's record.
 */

import { log } from "@quorate/core";
import type { Log } from "@quorate/core";
import { emptyTree } from "./tree.ts";
import type { Tree } from "./tree.ts";
import type { AlarmType, Bytes, KeyValue, LeaseId, Member, MemberId } from "./types.ts";

/** What one revision did to one key. */
export type Change = { readonly type: "put"; readonly kv: KeyValue } | { readonly type: "delete"; readonly key: Bytes };

/** What one revision did, in the order in which it was done, no key twice. */
export type Revision = readonly Change[];

export type KeyRecord = {
  readonly key: Bytes;
  /** What the key was at the compacted revision, or null if it was not. */
  readonly base: KeyValue | null;
  /** The revisions after that which changed it. */
  readonly revisions: Log<number>;
};

/** A lease, with its time to live in seconds. `key` is its id. */
export type LeaseRecord = { readonly key: LeaseId; readonly ttl: number };

/** That a key hangs on a lease: see `attachmentKey`. */
export type Attachment = { readonly key: string };

export type StoreAlarm = { readonly member: MemberId; readonly alarm: AlarmType };

export type StoreState = {
  readonly revision: number;
  /** What was before this revision can't be read any more. 0 before the first compaction. */
  readonly compacted: number;
  readonly keys: Tree<KeyRecord>;
  /** By revision; from the compacted one on. */
  readonly revisions: Log<Revision>;
  readonly leases: Tree<LeaseRecord>;
  /** Follows from the keys. */
  readonly attachments: Tree<Attachment>;
  /** The term of the leader that watches over the leases. */
  readonly lessorTerm: number;
  readonly members: readonly Member[];
  readonly alarms: readonly StoreAlarm[];
  /** Bytes of all keys and values, of all versions. */
  readonly size: number;
  readonly keyCount: number;
};

/** The revision of a store that nothing was written to, as etcd has it. */
const FIRST_REVISION = 1;

export const initialStore: StoreState = {
  revision: FIRST_REVISION,
  compacted: 0,
  keys: emptyTree(),
  revisions: log.emptyLog(FIRST_REVISION),
  leases: emptyTree(),
  attachments: emptyTree(),
  lessorTerm: 0,
  members: [],
  alarms: [],
  size: 0,
  keyCount: 0,
};

/** Ids are digits, so that all keys of one lease stand together: from `"id/"` up to `"id0"`. */
export function attachmentKey(id: LeaseId, key: Bytes): string {
  return `${id}/${key}`;
}

/** What a version of a key counts for in `size`. */
export function sizeOfVersion({ key, value }: KeyValue): number {
  return key.length + value.length;
}
