/** A checksum by which members find out that they differ. */

import { crc32 } from "node:zlib";
import { byKey, byVersion, compareBytes } from "./orders.ts";
import type { StoreState } from "./state.ts";
import { entriesFrom } from "./tree/read.ts";
import type { KeyValue } from "./types.ts";

/**
 * CRC-32 over all versions that are kept of revisions up to `revision`, 0 for the newest, and when those ended that had
 * ended by then. Members that have compacted the same revision have the same hash at the same revision, however much
 * further each of them is. A revision outside of what can be read is the caller's to refuse.
 */
export function hashKv(
  state: StoreState,
  revision: number,
): { readonly hash: number; readonly compactRevision: number } {
  const last = revision <= 0 ? state.revision : revision;
  const versions: { readonly kv: KeyValue; readonly until: number }[] = [];
  for (const kv of entriesFrom(byKey, state.current, "")) {
    if (kv.modRevision <= last) versions.push({ kv, until: 0 });
  }
  for (const { kv, until } of entriesFrom(byVersion, state.history, { key: "", modRevision: 0 })) {
    if (kv.modRevision <= last) versions.push({ kv, until: until <= last ? until : 0 });
  }
  versions.sort(({ kv: a }, { kv: b }) => compareBytes(a.key, b.key) || a.modRevision - b.modRevision);
  let hash = 0;
  for (const { kv, until } of versions) {
    const { key, value, createRevision, modRevision, version, lease } = kv;
    const head = [key.length, value.length, createRevision, modRevision, version, lease, until].join(" ");
    hash = crc32(Buffer.from(`${head} ${key}${value}`, "latin1"), hash);
  }
  return { hash, compactRevision: state.compacted };
}
