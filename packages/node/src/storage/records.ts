/** Records as they lie in LMDB: a CRC-32 over the key and the body, then the body. */

import { crc32 } from "node:zlib";
import type { Plain } from "@quorate/core";
import { decode, encode } from "../codec.ts";
import { HOW_TO_MEND, StorageError } from "./error.ts";

/** A key: the kind of record, and its number where there are many. */
export type RecordKey = [kind: "marker" | "bounds" | "head" | "snapshot"] | [kind: "log" | "chunk", number: number];

const CRC_BYTES = 4;

export function nameOf(key: RecordKey): string {
  return key.join(" ");
}

export function sealed(key: RecordKey, value: Plain): Buffer {
  const body = encode(value);
  const record = Buffer.allocUnsafe(CRC_BYTES + body.length);
  record.writeUInt32BE(checksum(key, body), 0);
  body.copy(record, CRC_BYTES);
  return record;
}

/** @throws StorageError if the record is missing or not as it was written */
export function unsealed(directory: string, key: RecordKey, record: Uint8Array | undefined): Plain {
  if (record === undefined) throw corrupt(directory, key, "is missing");
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const body = bytes.subarray(CRC_BYTES);
  if (bytes.length <= CRC_BYTES || bytes.readUInt32BE(0) !== checksum(key, body)) {
    throw corrupt(directory, key, "is damaged: its checksum does not match");
  }
  return decode(body);
}

export function corrupt(directory: string, key: RecordKey, what: string): StorageError {
  return new StorageError("corrupt", `In ${directory}, the record "${nameOf(key)}" ${what}. ${HOW_TO_MEND}`);
}

function checksum(key: RecordKey, body: Uint8Array): number {
  return crc32(body, crc32(nameOf(key)));
}
