/** A walk over one of LMDB's trees, which holds every page to what LMDB takes for granted. */

import { FileFault, natural, PAGE_HEADER } from "./page-file.ts";
import type { Meta, PageFile, Tree } from "./page-file.ts";

const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
/** Flags above these are notes of a transaction under way, which a page on disk may still bear. */
const KINDS = 0x0fff;
const NODE_HEADER = 8;
/** The node's data are the number, the transaction and the count of pages of their own. */
const BIG_DATA = 0x01;
const BIG_DATA_BYTES = 24;
/** LMDB's own limit. */
const DEPTH_MAX = 32;

type Walk = {
  readonly file: PageFile;
  readonly tree: Tree;
  readonly meta: Meta;
  /** A byte for each page of the file: 1 once it has been met. */
  readonly used: Uint8Array;
};

/** A page that is still to be visited. Its keys lie from `from` on, and before `before`; null for no bound. */
type Place = {
  readonly page: number;
  readonly depth: number;
  readonly from: Buffer | null;
  readonly before: Buffer | null;
};

type Count = { branch: number; leaf: number; overflow: number; entries: number };

/** An entry of a leaf: the key, and its data right behind it. The bytes are the visitor's until it returns. */
export type Cell = {
  readonly bytes: Buffer;
  readonly keyAt: number;
  readonly dataAt: number;
  readonly end: number;
};

type Visit = (cell: Cell) => void;

/**
 * Visits every page, and the entries of the leaves in the order of their keys.
 *
 * @throws FileFault
 */
export function walk(given: Walk, visit: Visit): void {
  const { tree } = given;
  const count: Count = { branch: 0, leaf: 0, overflow: 0, entries: 0 };
  if (tree.depth > DEPTH_MAX) throw new FileFault(`${tree.name} has the depth ${tree.depth}`);
  const overflow = new OverflowPages(given);
  const places: Place[] = tree.root === null ? [] : [{ page: tree.root, depth: 1, from: null, before: null }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const bytes = enter(given, place.page);
    if (place.depth < tree.depth) visitBranch(given, place, bytes, places, count);
    else visitLeaf(given, place, bytes, count, overflow, visit);
  }
  const isCounted =
    count.branch === tree.branchPages &&
    count.leaf === tree.leafPages &&
    count.overflow === tree.overflowPages &&
    count.entries === tree.entries &&
    (tree.root === null) === (tree.depth === 0);
  if (!isCounted) throw new FileFault(`${tree.name} does not have as many pages and entries as its meta page says`);
}

/** The page, which nobody has met yet. */
function enter({ file, tree, meta, used }: Walk, page: number): Buffer {
  claim({ tree, meta, used }, page, 1);
  const bytes = file.page(page);
  checkHeader({ tree, meta }, page, bytes, 0);
  return bytes;
}

function claim({ tree, meta, used }: Pick<Walk, "tree" | "meta" | "used">, page: number, length: number): void {
  if (page < 2 || page + length - 1 > meta.lastPage || page + length > used.length) {
    throw new FileFault(`${tree.name} has page ${page}, which the file does not have`);
  }
  for (let at = page; at < page + length; at++) {
    if (used[at] === 1) throw new FileFault(`${tree.name} has page ${page} a second time`);
    used[at] = 1;
  }
}

function checkHeader({ tree, meta }: Pick<Walk, "tree" | "meta">, page: number, bytes: Buffer, at: number): void {
  if (natural(bytes, at, tree.name) !== page) throw new FileFault(`page ${page} of ${tree.name} has another number`);
  if (natural(bytes, at + 8, tree.name) > meta.transaction) {
    throw new FileFault(`page ${page} of ${tree.name} is of a transaction that never was`);
  }
}

function visitBranch(given: Walk, place: Place, bytes: Buffer, places: Place[], count: Count): void {
  const where = `page ${place.page} of ${given.tree.name}`;
  const lower = lowerOf(given, bytes, BRANCH, where);
  if (lower < 4) throw new FileFault(`${where} has fewer than two below it`);
  checkOrder(given, place, bytes, BRANCH, lower, where);
  count.branch++;
  const below: Place[] = [];
  for (let at = 0; at < lower; at += 2) {
    const node = nodeOf(bytes, at);
    // The first key stands for everything before the second, and is not looked at.
    const from = at === 0 ? place.from : Buffer.from(bytes.subarray(node + NODE_HEADER, dataOf(bytes, node)));
    const page = bytes.readUInt32LE(node) + bytes.readUInt16LE(node + 4) * 2 ** 32;
    below.push({ page, depth: place.depth + 1, from, before: place.before });
  }
  // The last one is visited first: so the leaves come in their order.
  for (let [at, before] = [below.length - 1, place.before]; at >= 0; at--) {
    const child = below[at];
    if (child === undefined) continue;
    places.push({ ...child, before });
    before = child.from;
  }
}

function visitLeaf(
  given: Walk,
  place: Place,
  bytes: Buffer,
  count: Count,
  overflow: OverflowPages,
  visit: Visit,
): void {
  const where = `page ${place.page} of ${given.tree.name}`;
  const lower = lowerOf(given, bytes, LEAF, where);
  if (lower === 0) throw new FileFault(`${where} is empty`);
  checkOrder(given, place, bytes, LEAF, lower, where);
  count.leaf++;
  count.entries += lower / 2;
  for (let at = 0; at < lower; at += 2) {
    const node = nodeOf(bytes, at);
    const dataAt = dataOf(bytes, node);
    const size = bytes.readUInt32LE(node);
    if (bytes.readUInt16LE(node + 4) === BIG_DATA) {
      const cell = overflow.cellOf(bytes, node + NODE_HEADER, dataAt, size);
      count.overflow += overflow.pagesOf(size);
      visit(cell);
    } else visit({ bytes, keyAt: node + NODE_HEADER, dataAt, end: dataAt + size });
  }
}

/** Data that have pages of their own, read into memory that is used again for the next. */
class OverflowPages {
  readonly #given: Walk;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(given: Walk) {
    this.#given = given;
  }

  /** How many pages `size` bytes take. */
  pagesOf(size: number): number {
    return Math.ceil((PAGE_HEADER + size) / this.#given.file.pageSize);
  }

  /** The key that stands in `leaf`, and its data, which `leaf` says the place of at `dataAt`. */
  cellOf(leaf: Buffer, keyAt: number, dataAt: number, size: number): Cell {
    const { file, tree } = this.#given;
    const [first, pages] = [natural(leaf, dataAt, tree.name), natural(leaf, dataAt + 16, tree.name)];
    if (pages !== this.pagesOf(size)) {
      throw new FileFault(`${tree.name} has ${size} bytes in ${pages} pages from ${first} on`);
    }
    claim(this.#given, first, pages);
    const header = dataAt - keyAt;
    const end = header + PAGE_HEADER + size;
    if (this.#bytes.length < end) this.#bytes = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.length));
    file.readInto(this.#bytes, header, first, PAGE_HEADER + size);
    this.#checkFirst(first, pages, header);
    // The header is done with, and gives its place to the key.
    leaf.copy(this.#bytes, PAGE_HEADER, keyAt, dataAt);
    return { bytes: this.#bytes, keyAt: PAGE_HEADER, dataAt: header + PAGE_HEADER, end };
  }

  #checkFirst(first: number, pages: number, at: number): void {
    const { tree } = this.#given;
    checkHeader(this.#given, first, this.#bytes, at);
    if ((this.#bytes.readUInt16LE(at + 18) & KINDS) !== OVERFLOW || this.#bytes.readUInt32LE(at + 20) !== pages) {
      throw new FileFault(`page ${first} of ${tree.name} is not the first of ${pages}`);
    }
  }
}

/**
 * Where the list of a page's nodes ends, which has two bytes for each: that is counted from the end of the header on, as are
 * the page's bounds and its nodes. All nodes are within the page then.
 */
function lowerOf({ file }: Walk, bytes: Buffer, kind: number, where: string): number {
  if ((bytes.readUInt16LE(18) & KINDS) !== kind) throw new FileFault(`${where} is of another kind`);
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  const areBounds = lower % 2 === 0 && lower <= upper && upper <= file.pageSize - PAGE_HEADER;
  if (!areBounds) throw new FileFault(`${where} has the bounds ${lower} and ${upper}`);
  for (let at = 0; at < lower; at += 2) {
    const offset = bytes.readUInt16LE(PAGE_HEADER + at);
    if (offset < upper || offset % 2 === 1) throw new FileFault(`${where} has an entry outside of it`);
    checkNode(bytes, PAGE_HEADER + offset, kind, where);
  }
  return lower;
}

function checkNode(bytes: Buffer, node: number, kind: number, where: string): void {
  if (node + NODE_HEADER > bytes.length) throw new FileFault(`${where} has an entry outside of it`);
  const dataAt = dataOf(bytes, node);
  if (kind === BRANCH) {
    if (dataAt > bytes.length) throw new FileFault(`${where} has an entry outside of it`);
    return;
  }
  const flags = bytes.readUInt16LE(node + 4);
  if (flags !== 0 && flags !== BIG_DATA) throw new FileFault(`${where} has an entry with the flags ${flags}`);
  const end = dataAt + (flags === BIG_DATA ? BIG_DATA_BYTES : bytes.readUInt32LE(node));
  const hasKey = dataAt > node + NODE_HEADER;
  if (end > bytes.length || !hasKey) throw new FileFault(`${where} has an entry outside of it`);
}

/** Where the node begins that the list of nodes has at `at`. */
function nodeOf(bytes: Buffer, at: number): number {
  return PAGE_HEADER + bytes.readUInt16LE(PAGE_HEADER + at);
}

/** Where a node's key ends and its data begin. */
function dataOf(bytes: Buffer, node: number): number {
  return node + NODE_HEADER + bytes.readUInt16LE(node + 6);
}

function checkOrder({ tree }: Walk, place: Place, bytes: Buffer, kind: number, lower: number, where: string): void {
  const compare = tree.name === "the tree of free pages" ? compareNumbers : compareBytes;
  let last = place.from === null ? null : { bytes: place.from, from: 0, end: place.from.length };
  for (let at = kind === BRANCH ? 2 : 0; at < lower; at += 2) {
    const node = nodeOf(bytes, at);
    const key = { bytes, from: node + NODE_HEADER, end: dataOf(bytes, node) };
    const order = last === null ? 1 : compare(key, last);
    if (order < 0 || (order === 0 && at > 0)) throw new FileFault(`${where} has its keys out of order`);
    last = key;
  }
  if (place.before === null || last === null) return;
  if (compare(last, { bytes: place.before, from: 0, end: place.before.length }) >= 0) {
    throw new FileFault(`${where} has a key that belongs to the next`);
  }
}

type Key = { readonly bytes: Buffer; readonly from: number; readonly end: number };

/** The keys of the tree of free pages are numbers of transactions. */
function compareNumbers(a: Key, b: Key): number {
  if (a.end - a.from !== 8 || b.end - b.from !== 8)
    throw new FileFault("the tree of free pages has a key that is no transaction's");
  const [x, y] = [a.bytes.readBigUInt64LE(a.from), b.bytes.readBigUInt64LE(b.from)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Without a call of the system's, which costs more than keys as short as these are. */
function compareBytes(a: Key, b: Key): number {
  const length = Math.min(a.end - a.from, b.end - b.from);
  for (let at = 0; at < length; at++) {
    const difference = (a.bytes[a.from + at] ?? 0) - (b.bytes[b.from + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.end - a.from - (b.end - b.from);
}
