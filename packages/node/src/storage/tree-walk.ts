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

/** A node of a page: for a leaf `word` is the size of its data, for a branch the number of the page below. */
type Node = { readonly word: number; readonly flags: number; readonly key: Buffer; readonly dataAt: number };

/**
 * Visits every page, and calls `entry` with each key of a leaf, and with what reads its data.
 *
 * @throws FileFault
 */
export function walk(given: Walk, entry: (key: Buffer, data: () => Buffer) => void): void {
  const { tree } = given;
  const count: Count = { branch: 0, leaf: 0, overflow: 0, entries: 0 };
  if (tree.depth > DEPTH_MAX) throw new FileFault(`${tree.name} has the depth ${tree.depth}`);
  const places: Place[] = tree.root === null ? [] : [{ page: tree.root, depth: 1, from: null, before: null }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const bytes = enter(given, place.page);
    if (place.depth < tree.depth) visitBranch(given, place, bytes, places, count);
    else visitLeaf(given, place, bytes, count, entry);
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
  const bytes = file.read(page);
  checkHeader({ tree, meta }, page, bytes);
  return bytes;
}

function claim({ tree, meta, used }: Pick<Walk, "tree" | "meta" | "used">, page: number, length: number): void {
  if (page < 2 || page + length - 1 > meta.lastPage || page + length > used.length) {
    throw new FileFault(`${tree.name} has page ${page}, which the file does not have`);
  }
  if (used.subarray(page, page + length).includes(1))
    throw new FileFault(`${tree.name} has page ${page} a second time`);
  used.fill(1, page, page + length);
}

function checkHeader({ tree, meta }: Pick<Walk, "tree" | "meta">, page: number, bytes: Buffer): void {
  if (natural(bytes, 0, tree.name) !== page) throw new FileFault(`page ${page} of ${tree.name} has another number`);
  if (natural(bytes, 8, tree.name) > meta.transaction) {
    throw new FileFault(`page ${page} of ${tree.name} is of a transaction that never was`);
  }
}

function visitBranch(given: Walk, place: Place, bytes: Buffer, places: Place[], count: Count): void {
  const nodes = nodesOf(given, place, bytes, BRANCH);
  if (nodes.length < 2) throw new FileFault(`page ${place.page} of ${given.tree.name} has fewer than two below it`);
  count.branch++;
  for (const [at, { word, key }] of nodes.entries()) {
    // The first key stands for everything before the second, and is not looked at.
    const from = at === 0 ? place.from : key;
    places.push({ page: word, depth: place.depth + 1, from, before: nodes[at + 1]?.key ?? place.before });
  }
}

function visitLeaf(
  given: Walk,
  place: Place,
  bytes: Buffer,
  count: Count,
  entry: (key: Buffer, data: () => Buffer) => void,
): void {
  const nodes = nodesOf(given, place, bytes, LEAF);
  if (nodes.length === 0) throw new FileFault(`page ${place.page} of ${given.tree.name} is empty`);
  count.leaf++;
  count.entries += nodes.length;
  for (const { word, flags, key, dataAt } of nodes) {
    if (flags === BIG_DATA) {
      const big = {
        first: natural(bytes, dataAt, given.tree.name),
        pages: natural(bytes, dataAt + 16, given.tree.name),
      };
      count.overflow += big.pages;
      enterOverflow(given, big, word);
      entry(key, () => given.file.read(big.first, PAGE_HEADER + word).subarray(PAGE_HEADER));
    } else entry(key, () => bytes.subarray(dataAt, dataAt + word));
  }
}

function enterOverflow(given: Walk, { first, pages }: { first: number; pages: number }, size: number): void {
  if (pages !== Math.ceil((PAGE_HEADER + size) / given.file.pageSize)) {
    throw new FileFault(`${given.tree.name} has ${size} bytes in ${pages} pages from ${first} on`);
  }
  claim(given, first, pages);
  const header = given.file.read(first, PAGE_HEADER);
  checkHeader(given, first, header);
  if ((header.readUInt16LE(18) & KINDS) !== OVERFLOW || header.readUInt32LE(20) !== pages) {
    throw new FileFault(`page ${first} of ${given.tree.name} is not the first of ${pages}`);
  }
}

/** The nodes of a page: within it, and in the order of their keys. */
function nodesOf({ tree, file }: Walk, place: Place, bytes: Buffer, kind: number): readonly Node[] {
  const where = `page ${place.page} of ${tree.name}`;
  if ((bytes.readUInt16LE(18) & KINDS) !== kind) throw new FileFault(`${where} is of another kind`);
  // The bounds, and where the nodes are, count from the end of the header on.
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  const areBounds = lower % 2 === 0 && lower <= upper && upper <= file.pageSize - PAGE_HEADER;
  if (!areBounds) throw new FileFault(`${where} has the bounds ${lower} and ${upper}`);
  const nodes: Node[] = [];
  for (let at = 0; at < lower; at += 2) {
    const offset = bytes.readUInt16LE(PAGE_HEADER + at);
    if (offset < upper || offset % 2 === 1) throw new FileFault(`${where} has an entry outside of it`);
    nodes.push(nodeAt(bytes, PAGE_HEADER + offset, kind, where));
  }
  checkOrder(place, nodes, kind, tree, where);
  return nodes;
}

function nodeAt(bytes: Buffer, at: number, kind: number, where: string): Node {
  if (at + NODE_HEADER > bytes.length) throw new FileFault(`${where} has an entry outside of it`);
  const low = bytes.readUInt32LE(at);
  const flags = bytes.readUInt16LE(at + 4);
  const dataAt = at + NODE_HEADER + bytes.readUInt16LE(at + 6);
  const key = bytes.subarray(at + NODE_HEADER, dataAt);
  if (kind === BRANCH) {
    if (dataAt > bytes.length) throw new FileFault(`${where} has an entry outside of it`);
    return { word: low + flags * 2 ** 32, flags: 0, key, dataAt };
  }
  if (flags !== 0 && flags !== BIG_DATA) throw new FileFault(`${where} has an entry with the flags ${flags}`);
  const end = dataAt + (flags === BIG_DATA ? BIG_DATA_BYTES : low);
  if (end > bytes.length || key.length === 0) throw new FileFault(`${where} has an entry outside of it`);
  return { word: low, flags, key, dataAt };
}

function checkOrder(place: Place, nodes: readonly Node[], kind: number, tree: Tree, where: string): void {
  const compare = tree.name === "the tree of free pages" ? compareNumbers : compareBytes;
  let last = place.from;
  for (const [at, { key }] of nodes.entries()) {
    if (kind === BRANCH && at === 0) continue;
    const order = last === null ? 1 : compare(key, last);
    const isFirst = at === 0 && last === place.from;
    if (order < 0 || (order === 0 && !isFirst)) throw new FileFault(`${where} has its keys out of order`);
    last = key;
  }
  if (place.before !== null && last !== null && compare(last, place.before) >= 0) {
    throw new FileFault(`${where} has a key that belongs to the next`);
  }
}

/** The keys of the tree of free pages are numbers of transactions. */
function compareNumbers(a: Buffer, b: Buffer): number {
  if (a.length !== 8 || b.length !== 8)
    throw new FileFault("the tree of free pages has a key that is no transaction's");
  const [x, y] = [a.readBigUInt64LE(0), b.readBigUInt64LE(0)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareBytes(a: Buffer, b: Buffer): number {
  return a.compare(b);
}
