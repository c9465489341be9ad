/**
 * What an entry of a journal says, as bytes: operations on records, of each its kind, the lengths of its key and its value, and
 * the two; or a mark, of one byte.
 */

import type { Operation } from "../database.ts";

/** The journal is full, and the next one goes on. */
export const END_MARK: Buffer = Buffer.from([0x80]);
/** The journal follows on what the database was given without one. */
export const BEGIN_MARK: Buffer = Buffer.from([0x81]);

const PUT = 1;
const REMOVE = 2;
/** The kind in one byte, the key's length in another, the value's in four. */
const PREFIX_BYTES = 6;

export function encodeOperations(operations: readonly Operation[]): Buffer {
  const parts: Buffer[] = [];
  for (const operation of operations) {
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix.writeUInt8(operation.type === "put" ? PUT : REMOVE, 0);
    prefix.writeUInt8(operation.key.length, 1);
    prefix.writeUInt32LE(operation.type === "put" ? operation.bytes.length : 0, 2);
    parts.push(prefix, operation.key);
    if (operation.type === "put") parts.push(operation.bytes);
  }
  return Buffer.concat(parts);
}

/** The opposite, of what is no mark. Null if `encodeOperations` can't have made `bytes`; what is returned are views of them. */
export function decodeOperations(bytes: Buffer): readonly Operation[] | null {
  const operations: Operation[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < PREFIX_BYTES) return null;
    const kind = bytes.readUInt8(at);
    const keyAt = at + PREFIX_BYTES;
    const valueAt = keyAt + bytes.readUInt8(at + 1);
    const end = valueAt + bytes.readUInt32LE(at + 2);
    if (end > bytes.length) return null;
    const key = bytes.subarray(keyAt, valueAt);
    if (kind === PUT) operations.push({ type: "put", key, bytes: bytes.subarray(valueAt, end) });
    else if (kind === REMOVE && end === valueAt) operations.push({ type: "remove", key });
    else return null;
    at = end;
  }
  return operations;
}
