/** What the tests of storage share: a durable state whose parts are plain, and folders that are gone afterwards. */

import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log, Plain } from "@quorate/core";
import { openDatabase } from "./database.ts";
import type { Operation } from "./database.ts";
import { readRecords } from "./file-check.ts";
import type { Layout, SnapshotParts } from "./layout.ts";
import { nameOf, seal } from "./record.ts";
import { openStorage } from "./storage.ts";
import type { Storage, StorageOptions } from "./storage.ts";

export type Durable = { readonly head: Plain; readonly entries: Log<Plain>; readonly snapshot: SnapshotParts | null };

export const layout: Layout<Durable> = {
  format: "test/1",
  earlierFormats: ["test/0"],
  split: ({ head, entries, snapshot }) => ({ head, log: entries, snapshot }),
  join: ({ head, log, snapshot }) => ({ head, entries: log, snapshot }),
};

export function open(directory: string, other: Partial<StorageOptions<Durable>> = {}): Promise<Storage<Durable>> {
  return openStorage({ directory, identity: { clusterId: "c1", memberId: "m1" }, layout, sync: true, ...other });
}

export async function inFolder(use: (directory: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-storage-"));
  try {
    await use(join(folder, "member"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What a kill would leave of an open `directory`, as a directory of its own. Nothing may be being written to the journal: then
 * its files do not change, and LMDB's is good at any moment.
 */
export function crashed(directory: string, name: string): string {
  const copy = `${directory}-${name}`;
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** The seed of a random test. Set QUORATE_SEED to replay what a failure printed. */
export function seedOfRun(): number {
  return Number(process.env["QUORATE_SEED"] ?? Math.floor(Math.random() * 1_000_000) + 1);
}

/** Numbers from 0 up to `below`, by the generator of Park and Miller. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** What the version without journals would have written in the place of `directory`, as a directory of its own. */
export async function formerFrom(directory: string): Promise<string> {
  const former = `${directory}-former`;
  mkdirSync(former);
  const records: Operation[] = [];
  readRecords(directory, (cell) => {
    const { bytes, keyAt, dataAt, end } = cell;
    const { type } = nameOf(cell);
    const key = Buffer.from(bytes.subarray(keyAt, dataAt));
    if (type === "journal") return;
    const marker: Plain = { storeVersion: 1, format: "test/1", clusterId: "c1", memberId: "m1" };
    const value = type === "marker" ? seal(key, marker) : Buffer.from(bytes.subarray(dataAt, end));
    records.push({ type: "put", key, bytes: value });
  });
  const database = openDatabase(former, false);
  await database.commit(records);
  await database.close();
  return former;
}
