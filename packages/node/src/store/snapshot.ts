/**
 * The store as pieces, each of which fits a message: the leaves of its trees and blocks of its log, as they are. A snapshot
 * that is taken soon after another one consists of the very same pieces, but for those that have changed.
 */

import { InvariantViolation, log } from "@quorate/core";
import type { Log, Plain } from "@quorate/core";
import { z } from "zod";
import { memberSchema } from "./commands.ts";
import { attachmentKey } from "./state.ts";
import type { Attachment, Change, KeyRecord, LeaseRecord, Revision, StoreState } from "./state.ts";
import { emptyTree, leavesOf, put, treeOf } from "./tree.ts";
import type { Keyed, Leaf, Tree } from "./tree.ts";
import { versionAt } from "./versions.ts";

/** So many revisions make a block, unless they are large. */
const BLOCK_REVISIONS = 64;
/** From so many bytes on a block, or a leaf, is cut. One revision, or one record, is never cut. */
const PIECE_BYTES = 512 * 1024;

type Head = Omit<StoreState, "keys" | "revisions" | "leases" | "attachments"> & {
  readonly type: "store";
  /** The log begins after this revision. */
  readonly before: number;
};
type Piece =
  | { readonly type: "keys"; readonly records: readonly KeyRecord[] }
  | { readonly type: "leases"; readonly records: readonly LeaseRecord[] }
  | { readonly type: "revisions"; readonly revisions: readonly Revision[] };

export function toChunks(state: StoreState): readonly Plain[] {
  const { keys, revisions, leases, attachments: _, ...rest } = state;
  const head: Head = { type: "store", ...rest, before: revisions.before };
  return [head, ...leafPieces("leases", leases), ...leafPieces("keys", keys), ...blocksOf(revisions)];
}

/** The pieces of leaves, and of blocks by their first revision. They follow from what they are made of. */
const madeOfLeaf = new WeakMap<object, readonly Plain[]>();
const madeOfBlock = new WeakMap<Revision, { readonly last: Revision; readonly pieces: readonly Plain[] }>();

function leafPieces<R extends Keyed>(type: "keys" | "leases", tree: Tree<R>): readonly Plain[] {
  return [...leavesOf(tree)].flatMap((leaf) => {
    const known = madeOfLeaf.get(leaf);
    if (known !== undefined) return known;
    const pieces = cut(leaf.records).map((records) => ({ type, records }));
    madeOfLeaf.set(leaf, pieces);
    return pieces;
  });
}

/** Blocks end at multiples of their length, so that they stay the same while the log grows and is cut. */
function blocksOf(revisions: Log<Revision>): readonly Plain[] {
  const pieces: Plain[] = [];
  const last = log.lastIndex(revisions);
  for (let from = log.firstIndex(revisions); from <= last;) {
    const through = Math.min(last, Math.ceil(from / BLOCK_REVISIONS) * BLOCK_REVISIONS);
    pieces.push(...blockPieces(revisions, from, through));
    from = through + 1;
  }
  return pieces;
}

function blockPieces(revisions: Log<Revision>, from: number, through: number): readonly Plain[] {
  const [first, last] = [log.entryAt(revisions, from), log.entryAt(revisions, through)];
  const known = madeOfBlock.get(first);
  if (known?.last === last) return known.pieces;
  const pieces = cut(log.slice(revisions, from, through)).map((part) => ({ type: "revisions", revisions: part }));
  madeOfBlock.set(first, { last, pieces });
  return pieces;
}

/** Parts of a list that are small enough each, if their items are. */
function cut<T extends Plain>(items: readonly T[]): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = sizeOfItem(item);
    if (bytes + size > PIECE_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  const [only, second] = parts;
  // The list itself, and not a copy of it, so that memory holds it once.
  return only !== undefined && second === undefined ? [items] : parts;
}

function sizeOfItem(item: Plain): number {
  if (typeof item === "string") return item.length;
  if (item === null || typeof item !== "object") return 8;
  return Object.values(item).reduce<number>((sum, part) => sum + sizeOfItem(part), 16);
}

const natural = z.number().int().nonnegative();
const headSchema: z.ZodType<Head> = z.strictObject({
  type: z.literal("store"),
  revision: natural.positive(),
  compacted: natural,
  lessorTerm: natural,
  members: z.array(memberSchema),
  alarms: z.array(z.strictObject({ member: z.string(), alarm: z.enum(["noSpace", "corrupt"]) })),
  size: natural,
  keyCount: natural,
  before: natural,
});
const kvSchema = z.strictObject({
  key: z.string(),
  value: z.string(),
  createRevision: natural,
  modRevision: natural,
  version: natural,
  lease: z.string(),
});
const changeSchema: z.ZodType<Change> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("put"), kv: kvSchema }),
  z.strictObject({ type: z.literal("delete"), key: z.string() }),
]);
const numbersSchema = z.custom<Log<number>>((value) => isLogOfNumbers(value));
const pieceSchema: z.ZodType<Piece> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("keys"),
    records: z.array(z.strictObject({ key: z.string(), base: kvSchema.nullable(), revisions: numbersSchema })),
  }),
  z.strictObject({
    type: z.literal("leases"),
    records: z.array(z.strictObject({ key: z.string(), ttl: natural })),
  }),
  z.strictObject({ type: z.literal("revisions"), revisions: z.array(z.array(changeSchema)) }),
]);

/** The very value is taken, and not what the schema makes of it, so that memory holds it once. */
function isPiece(value: Plain): value is Piece {
  return pieceSchema.safeParse(value).success;
}

/** A log of numbers has `before`, and a tree of numbers. Its own functions look at the rest. */
function isLogOfNumbers(value: unknown): boolean {
  if (value === null || typeof value !== "object" || !("before" in value)) return false;
  return typeof value.before === "number" && isTreeOfNumbers(value);
}

function isTreeOfNumbers(tree: object): boolean {
  if ("entries" in tree) return Array.isArray(tree.entries) && tree.entries.every((entry) => typeof entry === "number");
  if (!("children" in tree) || !Array.isArray(tree.children)) return false;
  return tree.children.every((child: unknown) => child !== null && typeof child === "object" && isTreeOfNumbers(child));
}

/** @throws InvariantViolation if the chunks are no snapshot of a store, or of another version's */
export function fromChunks(chunks: readonly Plain[]): StoreState {
  const head = headSchema.safeParse(chunks[0]);
  if (!head.success) throw unreadable(z.prettifyError(head.error));
  const keys: Leaf<KeyRecord>[] = [];
  const leases: Leaf<LeaseRecord>[] = [];
  const { type: _, before, ...rest } = head.data;
  let revisions = log.emptyLog<Revision>(before);
  for (const [at, chunk] of chunks.slice(1).entries()) {
    if (!isPiece(chunk)) throw unreadable(`chunk ${at + 1} is no piece of a store`);
    switch (chunk.type) {
      case "keys":
        keys.push(leafOf(chunk, chunk.records));
        break;
      case "leases":
        leases.push(leafOf(chunk, chunk.records));
        break;
      case "revisions":
        revisions = log.append(revisions, chunk.revisions);
        break;
    }
  }
  const state = { ...rest, keys: treeOf(keys), leases: treeOf(leases), revisions };
  if (log.lastIndex(revisions) !== Math.max(before, state.revision)) throw unreadable("revisions are missing");
  return { ...state, attachments: attachmentsOf(state) };
}

/** The next snapshot has the very chunk again, if nothing in it changes. */
function leafOf<R extends Keyed>(chunk: Plain, records: readonly R[]): Leaf<R> {
  const leaf = { records };
  madeOfLeaf.set(leaf, [chunk]);
  return leaf;
}

function attachmentsOf(state: Pick<StoreState, "keys" | "revisions">): Tree<Attachment> {
  let attachments = emptyTree<Attachment>();
  for (const { records } of leavesOf(state.keys)) {
    for (const record of records) {
      const lease = versionAt(state, record, Infinity)?.lease ?? "0";
      if (lease !== "0") attachments = put(attachments, { key: attachmentKey(lease, record.key) });
    }
  }
  return attachments;
}

function unreadable(why: string): InvariantViolation {
  return new InvariantViolation(`a snapshot of the store is one that this version can read; it is not: ${why}`);
}
