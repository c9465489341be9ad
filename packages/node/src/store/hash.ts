import { crc32 } from "node:zlib";
import { log } from "@quorate/core";
import type { StoreState } from "./state.ts";
import { leavesOf } from "./tree.ts";
import type { KeyValue } from "./types.ts";
import { keyOf } from "./versions.ts";

/**
 * A CRC-32 over all that can be read of the store up to `revision`, for comparing members: etcd's `HashKV`, though not its
 * number. Stores that went through the same commands have the same.
 */
export function hashKv(
  state: StoreState,
  revision: number,
): { readonly hash: number; readonly compactRevision: number } {
  const through = revision === 0 ? state.revision : revision;
  let hash = 0;
  const add = (text: string): void => {
    hash = crc32(Buffer.from(text, "latin1"), hash);
  };
  for (const { records } of leavesOf(state.keys)) {
    for (const record of records) addVersion(record.base, add);
  }
  for (let at = Math.max(log.firstIndex(state.revisions), state.compacted + 1); at <= through; at++) {
    for (const change of log.entryAt(state.revisions, at)) {
      add(`${at} ${change.type} ${keyOf(change)}\n`);
      if (change.type === "put") addVersion(change.kv, add);
    }
  }
  return { hash, compactRevision: state.compacted };
}

function addVersion(kv: KeyValue | null, add: (text: string) => void): void {
  if (kv === null) return;
  const { key, value, createRevision, modRevision, version, lease } = kv;
  add(`${key.length} ${value.length} ${createRevision} ${modRevision} ${version} ${lease}\n`);
  add(key);
  add(value);
}
