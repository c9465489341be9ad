/** LMDB's file as pages, and the two meta pages that it begins with. */

import { fstatSync, readSync } from "node:fs";

/** The file's structure is damaged. The message says what is wrong, as a part of a sentence. */
export class FileFault extends Error {
  override readonly name = "FileFault";
}

/** A tree as a meta page describes it. `root` is null where it has no page. */
export type Tree = {
  readonly name: string;
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  readonly root: number | null;
};

export type Meta = {
  readonly transaction: number;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
};

/** Bytes of a page before what it holds: its number, its transaction, padding, flags, and two bounds or a count. */
export const PAGE_HEADER = 24;
/** A meta page's content: magic, version, address, size of the map, two trees, last page, transaction. */
const META_BYTES = 8 + 8 + 8 + 2 * 48 + 8 + 8;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const META_FLAG = 0x08;
const NO_PAGE = 2n ** 64n - 1n;

/** So many bytes are read at once where pages follow each other: as many calls as pages would take most of the time. */
const WINDOW_BYTES = 128 * 1024;

export class PageFile {
  readonly size: number;
  readonly pageSize: number;
  readonly #file: number;
  readonly #window: Buffer = Buffer.alloc(WINDOW_BYTES);
  /** The pages that are in the window: from the first up to, and without, the other. */
  #windowFrom = 0;
  #windowBefore = 0;

  constructor(file: number) {
    this.#file = file;
    this.size = fstatSync(file).size;
    this.pageSize = this.size === 0 ? 1 : this.#pageSizeOf();
  }

  /** How many pages the file has. */
  get pages(): number {
    return Math.floor(this.size / this.pageSize);
  }

  /** The first `length` bytes from the beginning of a page on, in memory of their own. */
  read(page: number, length: number = this.pageSize): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    this.readInto(bytes, 0, page, length);
    return bytes;
  }

  /** The same, into `bytes` from `at` on. */
  readInto(bytes: Buffer, at: number, page: number, length: number): void {
    this.#readAt(page * this.pageSize, bytes, at, length);
  }

  /** A whole page, in memory that is used again with the next call of this function. */
  page(page: number): Buffer {
    if (page < this.#windowFrom || page >= this.#windowBefore) this.#moveWindow(page);
    const at = (page - this.#windowFrom) * this.pageSize;
    return this.#window.subarray(at, at + this.pageSize);
  }

  /** What follows the window is likely to be followed by what will be asked for next; of anything else, one page is read. */
  #moveWindow(page: number): void {
    const follows = page === this.#windowBefore;
    const pages = follows ? Math.min(WINDOW_BYTES / this.pageSize, this.pages - page) : 1;
    this.#windowBefore = this.#windowFrom;
    this.readInto(this.#window, 0, page, Math.max(1, pages) * this.pageSize);
    this.#windowFrom = page;
    this.#windowBefore = page + Math.max(1, pages);
  }

  #readAt(position: number, bytes: Buffer, at: number, length: number): void {
    for (let done = 0; done < length;) {
      const count = readSync(this.#file, bytes, at + done, length - done, position + done);
      if (count === 0) throw new FileFault(`the file ends at byte ${position + done}, within what is in use`);
      done += count;
    }
  }

  #pageSizeOf(): number {
    const bytes = Buffer.alloc(PAGE_HEADER + META_BYTES);
    this.#readAt(0, bytes, 0, bytes.length);
    const size = bytes.readUInt32LE(PAGE_HEADER + 24);
    const isPowerOfTwo = size >= 512 && size <= 65536 && (size & (size - 1)) === 0;
    if (!isPowerOfTwo) throw new FileFault(`meta page 0 gives pages ${size} bytes`);
    return size;
  }

  /**
   * What the newer meta page says. Transactions write the two in turn, so that their numbers follow each other: a page with
   * another number was damaged, and the older of the two would make LMDB go back to an older state.
   */
  latestMeta(): Meta {
    const [even, odd] = [this.#meta(0), this.#meta(1)];
    const isNew = even.transaction === 0 && odd.transaction === 0;
    const inTurn = even.transaction % 2 === 0 && odd.transaction % 2 === 1;
    if (!isNew && (!inTurn || Math.abs(even.transaction - odd.transaction) !== 1)) {
      const both = `${even.transaction} and ${odd.transaction}`;
      throw new FileFault(`the meta pages are of the transactions ${both}, which do not follow each other`);
    }
    for (const meta of [even, odd]) this.#checkRoot(meta);
    return even.transaction >= odd.transaction ? even : odd;
  }

  /**
   * Every transaction changes a record and so makes a new root, and the one after it leaves that alone. So a meta page
   * whose transaction is another than its root's was damaged, even where the two meta pages seem to follow each other.
   */
  #checkRoot({ transaction, main: { root } }: Meta): void {
    if (root === null || root >= this.pages) return;
    const header = this.read(root, PAGE_HEADER);
    if (natural(header, 8, `page ${root}`) === transaction) return;
    throw new FileFault(`the meta page of transaction ${transaction} has a root of another one`);
  }

  #meta(page: number): Meta {
    const bytes = this.read(page);
    const name = `meta page ${page}`;
    const content = bytes.subarray(PAGE_HEADER);
    const isMeta = bytes.readUInt16LE(18) === META_FLAG && content.readUInt32LE(0) === MAGIC;
    if (!isMeta) throw new FileFault(`${name} is none`);
    const version = content.readUInt32LE(4) & 0xffff;
    if (version !== DATA_VERSION)
      throw new FileFault(`${name} is of LMDB's data version ${version}, not ${DATA_VERSION}`);
    if (content.readUInt32LE(24) !== this.pageSize) throw new FileFault(`${name} gives pages another size`);
    const lastPage = natural(content, 24 + 96, name);
    // Pages at the end that are free need not have been written, but a file grows by what is written.
    if (lastPage > 2 * this.pages + 2 ** 20)
      throw new FileFault(`${name} has pages up to ${lastPage}, far beyond the file`);
    return {
      lastPage,
      transaction: natural(content, 24 + 104, name),
      free: treeAt(content, 24, `the tree of free pages`),
      main: treeAt(content, 24 + 48, `the tree of records`),
    };
  }
}

function treeAt(meta: Buffer, at: number, name: string): Tree {
  const root = meta.readBigUInt64LE(at + 40);
  return {
    name,
    flags: meta.readUInt16LE(at + 4),
    depth: meta.readUInt16LE(at + 6),
    branchPages: natural(meta, at + 8, name),
    leafPages: natural(meta, at + 16, name),
    overflowPages: natural(meta, at + 24, name),
    entries: natural(meta, at + 32, name),
    root: root === NO_PAGE ? null : natural(meta, at + 40, name),
  };
}

/** A number of 64 bits that has to be a sensible one. */
export function natural(bytes: Buffer, at: number, name: string): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FileFault(`${name} has the number ${value}`);
  return Number(value);
}
