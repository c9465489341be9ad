/** A checksum by which members find out that they differ. */

import { crc32 } from "node:zlib";
import { byKey, byVersion } from "./orders.ts";
import type { Past } from "./orders.ts";
import type { StoreState } from "./state.ts";
import { entriesFrom } from "./tree/read.ts";

export type KvHash = { readonly hash: number; readonly compactRevision: number };

/** How much is looked at before others may have their turn: some milliseconds' worth. */
const SLICE_VERSIONS = 1_000;
const SLICE_BYTES = 1024 * 1024;

/**
 * CRC-32 over all versions that are kept of revisions up to `revision`, 0 for the newest, and when those ended that had
 * ended by then. Members that have compacted the same revision have the same hash at the same revision, however much
 * further each of them is. A revision outside of what can be read is the caller's to refuse.
 */
export function hashKv(state: StoreState, revision: number): KvHash {
  const slices = hashKvInSlices(state, revision);
  let slice = slices.next();
  while (slice.done !== true) slice = slices.next();
  return slice.value;
}

/** The same, with pauses in which the caller may do something else: a large store takes seconds. */
export function* hashKvInSlices(state: StoreState, revision: number): Generator<void, KvHash> {
  const last = revision <= 0 ? state.revision : revision;
  let hash = 0;
  let versions = 0;
  let bytes = 0;
  for (const { kv, until } of allVersions(state)) {
    versions += 1;
    if (kv.modRevision <= last) {
      const { key, value, createRevision, modRevision, version, lease } = kv;
      const end = until <= last ? until : 0;
      const head = [key.length, value.length, createRevision, modRevision, version, lease, end].join(" ");
      hash = crc32(Buffer.from(`${head} ${key}${value}`, "latin1"), hash);
      bytes += key.length + value.length;
    }
    if (versions < SLICE_VERSIONS && bytes < SLICE_BYTES) continue;
    yield;
    versions = 0;
    bytes = 0;
  }
  return { hash, compactRevision: state.compacted };
}

/** In the order of keys and, of one key, of revisions: its past versions come before the present one, which ends at 0. */
function* allVersions({ current, history }: StoreState): Generator<Past, void> {
  const pasts = entriesFrom(byVersion, history, { key: "", modRevision: 0 })[Symbol.iterator]();
  let past = pasts.next();
  for (const kv of entriesFrom(byKey, current, "")) {
    for (; past.done !== true && past.value.kv.key <= kv.key; past = pasts.next()) yield past.value;
    yield { kv, until: 0 };
  }
  for (; past.done !== true; past = pasts.next()) yield past.value;
}
