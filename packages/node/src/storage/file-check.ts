/**
 * Reading LMDB's file, and checking it, before LMDB opens it.
 *
 * LMDB maps the file into memory and follows the numbers that stand in it without doubting them: one that was cut short, or
 * has a bit flipped in the wrong place, ends the process by a signal, or lets a page in use count as free and be
 * overwritten. So the whole structure is walked first, with nothing but reads: which pages the two trees have, that each is
 * in its place, within its bounds and in its order, that their numbers are what the meta page counts, and that no page is
 * spoken of twice, by a tree or by the list of free pages. What records hold is not looked at here: they are handed on as they
 * are met, since this way their pages are read once, and they have checksums.
 *
 * The format is that of the LMDB that npm's `lmdb` 3 carries, data version 2: `mdb.c` there, `MDB_meta`, `MDB_page_header`,
 * `MDB_node`, `MDB_ovpage`. Its machines are all little-endian.
 */

import { closeSync, openSync } from "node:fs";
import { dataFile } from "./database.ts";
import { corrupt, StorageError, systemError } from "./error.ts";
import { FileFault, PageFile } from "./page-file.ts";
import { walk } from "./tree-walk.ts";
import type { Cell } from "./tree-walk.ts";

/**
 * Checks the file, if there is one, and gives each of its records to `take`, in the order of their keys.
 *
 * @throws StorageError `corrupt` if LMDB must not be given the file; and what `take` throws
 */
export function readRecords(directory: string, take: (record: Cell) => void): void {
  const path = dataFile(directory);
  const file = openToRead(directory, path);
  if (file === null) return;
  try {
    checkPages(new PageFile(file), take);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (error instanceof FileFault) throw corrupt(directory, `in ${path}, ${error.message}`, { cause: error });
    throw systemError(directory, `reading ${path}`, error);
  } finally {
    closeSync(file);
  }
}

function openToRead(directory: string, path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw systemError(directory, `opening ${path}`, error);
  }
}

function checkPages(file: PageFile, take: (record: Cell) => void): void {
  // LMDB makes an empty file before it writes its first two pages.
  if (file.size === 0) return;
  const meta = file.latestMeta();
  const used = new Uint8Array(file.pages);
  used.fill(1, 0, 2);
  walk({ file, tree: meta.main, meta, used }, take);
  const free = new Uint8Array(meta.lastPage + 1);
  const lists: Buffer[] = [];
  walk({ file, tree: meta.free, meta, used }, ({ bytes, keyAt, dataAt, end }) => {
    if (dataAt - keyAt !== 8) throw new FileFault("the list of free pages has a key that is no transaction's");
    lists.push(Buffer.from(bytes.subarray(dataAt, end)));
  });
  for (const list of lists) checkFree(list, used, free);
}

/**
 * A list of free pages: how many items follow, then those. An item is 0 for nothing, the number of a page, or -n before the
 * number of the first of n pages.
 */
function checkFree(list: Buffer, used: Uint8Array, free: Uint8Array): void {
  const items = list.length / 8 - 1;
  if (!Number.isInteger(items) || items < 0 || list.readBigUInt64LE(0) > BigInt(items)) {
    throw new FileFault("a list of free pages does not have its length");
  }
  const count = Number(list.readBigUInt64LE(0));
  for (let at = 1; at <= count; at++) {
    const item = Number(list.readBigInt64LE(at * 8));
    if (item === 0) continue;
    const length = item > 0 ? 1 : -item;
    if (item < 0) at++;
    const first = item > 0 ? item : at <= count ? Number(list.readBigInt64LE(at * 8)) : -1;
    if (first < 2 || first + length > free.length) throw new FileFault(`page ${first} counts as free, and is none`);
    for (let page = first; page < first + length; page++) {
      if (used[page] === 1) throw new FileFault(`page ${page} counts as free, and is in use`);
      if (free[page] === 1) throw new FileFault(`page ${page} counts as free twice`);
      free[page] = 1;
    }
  }
}
