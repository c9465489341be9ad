/** The entries of the store's five trees, how they are ordered, and what each counts as in bytes. */

import type { Bytes, KeyValue, LeaseId } from "./types.ts";
import type { Order } from "./tree/node.ts";

/** A version that another one, or a deletion, has taken the place of: it is read at revisions below `until`. */
export type Past = { readonly kv: KeyValue; readonly until: number };

/**
 * What happened at a revision. `sub` counts the changes of one revision from 0. `replaced` is the revision of the version
 * that ended, or 0 if there was none.
 */
export type Change = {
  readonly revision: number;
  readonly sub: number;
  readonly type: "put" | "delete";
  readonly key: Bytes;
  readonly replaced: number;
};

/** `ttl` in seconds. `grant` is its number among all leases that were ever granted: ids may come again. */
export type Lease = { readonly id: LeaseId; readonly ttl: number; readonly grant: number };

/** The key ends with the lease. */
export type Attachment = { readonly lease: LeaseId; readonly key: Bytes };

/** What the numbers, and the names of fields, of an entry add to its bytes. */
const OVERHEAD_BYTES = 64;

export const byKey: Order<KeyValue, Bytes> = {
  keyOf: ({ key }) => key,
  compare: compareBytes,
  bytesOf: kvBytes,
};

/** What tells the versions of all keys apart. */
export type VersionKey = Pick<KeyValue, "key" | "modRevision">;

/** Each key's past versions, the oldest first. No two versions of a key have one revision. */
export const byVersion: Order<Past, VersionKey> = {
  keyOf: ({ kv }) => kv,
  compare: (a, b) => compareBytes(a.key, b.key) || a.modRevision - b.modRevision,
  bytesOf: ({ kv }) => kvBytes(kv),
};

/** What tells changes apart. */
export type ChangeKey = Pick<Change, "revision" | "sub">;

export const byRevision: Order<Change, ChangeKey> = {
  keyOf: (change) => change,
  compare: (a, b) => a.revision - b.revision || a.sub - b.sub,
  bytesOf: ({ key }) => key.length + OVERHEAD_BYTES,
};

export const byLease: Order<Lease, LeaseId> = {
  keyOf: ({ id }) => id,
  compare: compareLeaseIds,
  bytesOf: () => OVERHEAD_BYTES,
};

export const byAttachment: Order<Attachment, Attachment> = {
  keyOf: (attachment) => attachment,
  compare: (a, b) => compareLeaseIds(a.lease, b.lease) || compareBytes(a.key, b.key),
  bytesOf: ({ key }) => key.length + OVERHEAD_BYTES,
};

function kvBytes({ key, value }: KeyValue): number {
  return key.length + value.length + OVERHEAD_BYTES;
}

export function compareBytes(a: Bytes, b: Bytes): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** As numbers: neither has leading zeros, so the longer one is the greater. */
export function compareLeaseIds(a: LeaseId, b: LeaseId): number {
  return a.length - b.length || compareBytes(a, b);
}
