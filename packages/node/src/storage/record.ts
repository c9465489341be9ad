/**
 * A record: a key of LMDB with its value. The value begins with a checksum of the key and the rest.
 *
 * Keys are one byte for the kind, and for what there are many of a number in eight bytes, so that LMDB's order, which is
 * that of bytes, is the numbers'. The log has the highest keys: it grows at its end, which is LMDB's.
 */

import { crc32 } from "node:zlib";
import type { Plain } from "@quorate/core";
import { decode, encode } from "../codec.ts";
import type { Cell } from "./tree-walk.ts";

const MARKER = 0x10;
const JOURNAL = 0x18;
const HEAD = 0x20;
const SNAPSHOT = 0x30;
const CHUNK = 0x40;
const ENTRY = 0x50;

const CHECKSUM_BYTES = 4;

export type RecordName =
  | { readonly type: "marker" | "journal" | "head" | "snapshot" }
  | { readonly type: "chunk" | "entry"; readonly number: number }
  | { readonly type: "unknown"; readonly key: string };

export const MARKER_KEY: Buffer = Buffer.from([MARKER]);
export const JOURNAL_KEY: Buffer = Buffer.from([JOURNAL]);
export const HEAD_KEY: Buffer = Buffer.from([HEAD]);
export const SNAPSHOT_KEY: Buffer = Buffer.from([SNAPSHOT]);

export function chunkKey(id: number): Buffer {
  return numberedKey(CHUNK, id);
}

export function entryKey(index: number): Buffer {
  return numberedKey(ENTRY, index);
}

function numberedKey(kind: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = kind;
  key.writeUInt32BE(Math.floor(number / 2 ** 32), 1);
  key.writeUInt32BE(number % 2 ** 32, 5);
  return key;
}

export function nameOf({ bytes, keyAt, dataAt }: Cell): RecordName {
  const kind = bytes[keyAt];
  if (dataAt - keyAt === 1) {
    if (kind === MARKER) return { type: "marker" };
    if (kind === JOURNAL) return { type: "journal" };
    if (kind === HEAD) return { type: "head" };
    if (kind === SNAPSHOT) return { type: "snapshot" };
  }
  if (dataAt - keyAt === 9) {
    const number = bytes.readUInt32BE(keyAt + 1) * 2 ** 32 + bytes.readUInt32BE(keyAt + 5);
    if (kind === CHUNK) return { type: "chunk", number };
    if (kind === ENTRY) return { type: "entry", number };
  }
  return { type: "unknown", key: bytes.toString("hex", keyAt, dataAt) };
}

/** How a message speaks of a record. */
export function describe(name: RecordName): string {
  switch (name.type) {
    case "marker":
      return "the marker record";
    case "journal":
      return "the journal record";
    case "head":
      return "the head record";
    case "snapshot":
      return "the snapshot's head record";
    case "chunk":
      return `the record of the snapshot's chunk ${name.number}`;
    case "entry":
      return `the record of the log's entry ${name.number}`;
    case "unknown":
      return `a record with the unknown key ${name.key}`;
  }
}

/** The value of the record of `value` under `key`. */
export function seal(key: Buffer, value: Plain): Buffer {
  return sealed(key, unsealed(value));
}

/** A record's value but for its checksum, which depends on the key. */
export function unsealed(value: Plain): Buffer {
  return encode(value, CHECKSUM_BYTES);
}

/** What `unsealed` has made, with the checksum that it has under `key`. */
export function sealed(key: Buffer, bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKSUM_BYTES), crc32(key)), 0);
  return bytes;
}

/**
 * The opposite of `seal`, of a key and the value right behind it, `end` included in neither: null if the checksum is another.
 * The bytes are not the same afterwards: the key moves to before the body, so that the sum is made in one piece.
 *
 * @throws CodecError if it is right, and `seal` can't have made the rest all the same
 */
export function unseal({ bytes, keyAt, dataAt, end }: Cell): { readonly value: Plain } | null {
  if (end - dataAt <= CHECKSUM_BYTES) return null;
  const checksum = bytes.readUInt32LE(dataAt);
  bytes.copyWithin(keyAt + CHECKSUM_BYTES, keyAt, dataAt);
  if (crc32(bytes.subarray(keyAt + CHECKSUM_BYTES, end)) !== checksum) return null;
  return { value: decode(bytes, dataAt + CHECKSUM_BYTES, end) };
}
