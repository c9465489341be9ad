/**
 * LMDB, as storage uses it: one transaction at a time, on a thread of its own, flushed before it counts as done.
 *
 * `overlappingSync` is off: then a commit is LMDB's own, which writes the pages, flushes them, and then writes and flushes
 * the meta page that makes them count. Overlapping flushes help where several transactions are under way at once, and
 * storage has one; `noMetaSync` would leave the last transaction to chance.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { databaseError } from "./error.ts";

export type Operation =
  | { readonly type: "put"; readonly key: Buffer; readonly bytes: Buffer }
  | { readonly type: "remove"; readonly key: Buffer };

export type Database = {
  /** All operations or none. Resolves once they are flushed. */
  commit(operations: readonly Operation[]): Promise<void>;
  close(): Promise<void>;
};

/** The file in which LMDB keeps a directory's data. */
export function dataFile(directory: string): string {
  return join(directory, "data.mdb");
}

/** The size of that file in bytes. */
export function sizeOf(directory: string): number {
  const path = dataFile(directory);
  return existsSync(path) ? statSync(path).size : 0;
}

/** @throws StorageError if LMDB or the system refuse */
export function openDatabase(directory: string, sync: boolean): Database {
  const database = openLmdb(directory, sync);
  return {
    async commit(operations) {
      try {
        await database.batch(() => {
          for (const operation of operations) {
            if (operation.type === "put") void database.put(operation.key, operation.bytes);
            else void database.remove(operation.key);
          }
        });
      } catch (error) {
        throw databaseError(directory, "writing", await causeOf(error));
      }
    },
    close: () => database.close(),
  };
}

function openLmdb(directory: string, sync: boolean) {
  try {
    return open<Buffer, Buffer>({
      path: directory,
      noSubdir: false,
      encoding: "binary",
      keyEncoding: "binary",
      overlappingSync: false,
      noSync: !sync,
      // Operations reach the thread that writes them when they are complete, and not with the next turn of the event loop.
      eventTurnBatching: false,
      maxDbs: 1,
    });
  } catch (error) {
    throw databaseError(directory, "opening the database", error);
  }
}

/** LMDB's binding rejects with an error that only promises the one that says why. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  try {
    await error.commitError;
  } catch (cause) {
    return cause;
  }
  return error;
}
