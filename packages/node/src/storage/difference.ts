/** What has to be written for a database to hold other parts than it does: as little as what they share allows. */

import { log } from "@quorate/core";
import type { Log, Plain } from "@quorate/core";
import { encode } from "../codec.ts";
import type { Operation } from "./database.ts";
import type { Parts, SnapshotParts } from "./layout.ts";
import type { PreparedChunks } from "./prepared.ts";
import { chunkKey, entryKey, HEAD_KEY, seal, sealed, SNAPSHOT_KEY } from "./record.ts";

/** What a database holds: parts, and under which numbers. */
export type Held = {
  /** The head record's bytes. Null before the first write. */
  readonly headBytes: Buffer | null;
  readonly log: Log<Plain>;
  readonly snapshot: HeldSnapshot | null;
  /** Above the numbers of all snapshots and all ids of chunks so far, as far as they matter. */
  readonly nextNumber: number;
};

type HeldSnapshot = SnapshotParts & {
  readonly number: number;
  readonly ids: readonly number[];
  /** The same the other way around. Objects are told apart by what they are in memory. */
  readonly idOf: ReadonlyMap<Plain, number>;
};

export const NOTHING_HELD: Held = { headBytes: null, log: log.emptyLog(), snapshot: null, nextNumber: 1 };

/** The operations that lead from `held` to `parts`, and what is held after them. None if nothing changes. */
export function difference(
  held: Held,
  parts: Parts,
  prepared: PreparedChunks,
): { readonly operations: readonly Operation[]; readonly after: Held } {
  const operations: Operation[] = [];
  const { snapshot, nextNumber } = changeSnapshot(held, parts.snapshot, prepared, operations);
  const head = {
    head: parts.head,
    before: parts.log.before,
    lastIndex: log.lastIndex(parts.log),
    snapshot: snapshot?.number ?? null,
  };
  const headBytes = seal(HEAD_KEY, head);
  if (held.headBytes === null || !held.headBytes.equals(headBytes)) {
    operations.push({ type: "put", key: HEAD_KEY, bytes: headBytes });
  }
  changeLog(held.log, parts.log, operations);
  return { operations, after: { headBytes, log: parts.log, snapshot, nextNumber } };
}

function changeLog(before: Log<Plain>, after: Log<Plain>, operations: Operation[]): void {
  if (before === after) return;
  const last = log.lastIndex(before);
  removeEntries(log.firstIndex(before), Math.min(after.before, last), operations);
  removeEntries(Math.max(log.lastIndex(after) + 1, log.firstIndex(before)), last, operations);
  const { truncatedAfter, appended } = log.changes(before, after);
  for (const [at, entry] of appended.entries()) {
    const key = entryKey(truncatedAfter + 1 + at);
    operations.push({ type: "put", key, bytes: seal(key, entry) });
  }
}

function removeEntries(from: number, through: number, operations: Operation[]): void {
  for (let index = from; index <= through; index++) operations.push({ type: "remove", key: entryKey(index) });
}

function changeSnapshot(
  held: Held,
  snapshot: SnapshotParts | null,
  prepared: PreparedChunks,
  operations: Operation[],
): { readonly snapshot: HeldSnapshot | null; readonly nextNumber: number } {
  const before = held.snapshot;
  if (snapshot === null) {
    if (before !== null) operations.push({ type: "remove", key: SNAPSHOT_KEY });
    removeChunks(before, new Map(), operations);
    return { snapshot: null, nextNumber: held.nextNumber };
  }
  if (before !== null && isSameSnapshot(before, snapshot)) return { snapshot: before, nextNumber: held.nextNumber };
  const number = held.nextNumber;
  let nextNumber = number + 1;
  const idOf = new Map<Plain, number>();
  for (const chunk of snapshot.chunks) {
    if (idOf.has(chunk)) continue;
    const known = before?.idOf.get(chunk);
    const id = known ?? nextNumber++;
    idOf.set(chunk, id);
    if (known !== undefined) continue;
    const key = chunkKey(id);
    operations.push({ type: "put", key, bytes: sealed(key, prepared.take(chunk)) });
  }
  removeChunks(before, idOf, operations);
  const ids = snapshot.chunks.map((chunk) => idOf.get(chunk) ?? 0);
  const bytes = seal(SNAPSHOT_KEY, { number, head: snapshot.head, chunks: ids });
  operations.push({ type: "put", key: SNAPSHOT_KEY, bytes });
  return { snapshot: { ...snapshot, number, ids, idOf }, nextNumber };
}

/** Whether the two hold the same by what they are in memory. The head may be made anew with each split. */
function isSameSnapshot(before: HeldSnapshot, after: SnapshotParts): boolean {
  if (before.chunks !== after.chunks) {
    if (before.chunks.length !== after.chunks.length) return false;
    if (!before.chunks.every((chunk, at) => chunk === after.chunks[at])) return false;
  }
  return before.head === after.head || encode(before.head).equals(encode(after.head));
}

function removeChunks(before: HeldSnapshot | null, kept: ReadonlyMap<Plain, number>, operations: Operation[]): void {
  for (const [chunk, id] of before?.idOf ?? []) {
    if (!kept.has(chunk)) operations.push({ type: "remove", key: chunkKey(id) });
  }
}
