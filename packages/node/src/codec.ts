/**
 * Plain data as bytes, for disks and for peers. Reading gives exactly what was written: byte strings, integers to 2^53,
 * and strings of any code units, lone surrogates included, which UTF-8 could not carry.
 *
 * Bytes may come from anybody. So what is read takes memory in proportion to what came, nesting is bounded, and what the
 * writer could not have meant is an error. General formats promise none of this: a few bytes of MessagePack can announce
 * an array of millions of items, or a class that the decoder is to build.
 *
 * A value is a tag and what the tag asks for. Lengths are variable: seven bits a byte, the lowest first.
 *
 *     0x00 null, 0x01 false, 0x02 true
 *     0x03 integer: its value                     0x40..0x7f integer from 0 to 63
 *     0x04 negative integer n: -1 - n
 *     0x05 string: length, a byte a code unit     0x80..0xbf the same, of 0 to 63 code units
 *     0x06 string: length, two bytes a code unit, the lower first
 *     0x07 byte string: length, bytes
 *     0x08 array: length, items
 *     0x09 record: length, fields. A field is its name's number, from 1 on in the order of appearance, and its value.
 *          A name that appears first is written as 0 and a string.
 */

import type { Plain } from "@quorate/core";
import { CodecError, DEPTH_MAX, SHORT_STRING, SMALL_INTEGER, SMALL_MAX, TAG, VALUES_MAX } from "./codec-format.ts";

export { CodecError, DEPTH_MAX, VALUES_MAX } from "./codec-format.ts";
export { decode } from "./codec-reader.ts";

/** Kept from one call to the next, unless a large value made it grow. */
const SCRATCH_BYTES = 64 * 1024;
const SCRATCH_KEPT_BYTES = 4 * 1024 * 1024;
/** From so many code units on the built-in copy is faster than a loop. */
const LOOP_MAX = 24;

let scratch: Buffer = Buffer.alloc(SCRATCH_BYTES);
let end = 0;
let values = 0;
let names = new Map<string, number>();

/**
 * The bytes of `value`, in memory of their own, after `reserved` bytes of zeros that the caller fills.
 *
 * @throws CodecError if it is not plain, or nested more than `DEPTH_MAX` deep, or has more than `VALUES_MAX` parts
 */
export function encode(value: Plain, reserved = 0): Buffer {
  end = 0;
  values = 0;
  names = new Map();
  makeRoom(reserved);
  scratch.fill(0, 0, reserved);
  end = reserved;
  writeValue(value, 0);
  const bytes = Buffer.from(scratch.subarray(0, end));
  if (scratch.length > SCRATCH_KEPT_BYTES) scratch = Buffer.alloc(SCRATCH_BYTES);
  return bytes;
}

function makeRoom(bytes: number): void {
  if (end + bytes <= scratch.length) return;
  const larger = Buffer.alloc(Math.max(2 * scratch.length, end + bytes));
  scratch.copy(larger, 0, 0, end);
  scratch = larger;
}

function writeValue(value: Plain, depth: number): void {
  makeRoom(16);
  values += 1;
  if (values > VALUES_MAX) throw new CodecError(`The value has more than ${VALUES_MAX} parts.`);
  switch (typeof value) {
    case "string":
      writeString(value);
      return;
    case "number":
      writeNumber(value);
      return;
    case "boolean":
      scratch[end++] = value ? TAG.true : TAG.false;
      return;
    case "object":
      if (value === null) scratch[end++] = TAG.null;
      else if (value instanceof Uint8Array) writeBytes(value);
      else if (depth === DEPTH_MAX) throw new CodecError(`The value is nested more than ${DEPTH_MAX} deep.`);
      else if (isList(value)) writeArray(value, depth);
      else writeRecord(value, depth);
      return;
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
      throw new CodecError(`${typeof value} is not plain data.`);
  }
}

/** `Array.isArray` does not tell a readonly array from a record. */
function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function writeArray(items: readonly Plain[], depth: number): void {
  scratch[end++] = TAG.array;
  writeLength(items.length);
  for (const item of items) writeValue(item, depth + 1);
}

function writeRecord(record: { readonly [field: string]: Plain }, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new CodecError(`An instance of ${record.constructor.name} is not plain data.`);
  }
  const fields = Object.keys(record);
  scratch[end++] = TAG.record;
  writeLength(fields.length);
  for (const field of fields) {
    const value = record[field];
    if (value === undefined) throw new CodecError(`The field ${field} is undefined, which is not plain data.`);
    const number = names.get(field);
    makeRoom(32);
    if (number === undefined) {
      names.set(field, names.size + 1);
      scratch[end++] = 0;
      writeString(field);
    } else {
      writeLength(number);
    }
    writeValue(value, depth + 1);
  }
}

function writeNumber(value: number): void {
  if (!Number.isSafeInteger(value)) throw new CodecError(`${value} is no safe integer.`);
  if (value >= 0 && value <= SMALL_MAX) {
    scratch[end++] = SMALL_INTEGER + value;
  } else {
    scratch[end++] = value >= 0 ? TAG.integer : TAG.negative;
    writeLength(value >= 0 ? value : -1 - value);
  }
}

/** Wants eight bytes of room. */
function writeLength(length: number): void {
  let rest = length;
  while (rest > 0x7f) {
    scratch[end++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[end++] = rest;
}

function writeBytes(bytes: Uint8Array): void {
  scratch[end++] = TAG.bytes;
  writeLength(bytes.length);
  makeRoom(bytes.length);
  scratch.set(bytes, end);
  end += bytes.length;
}

function writeString(text: string): void {
  makeRoom(16 + 2 * text.length);
  if (text.length <= LOOP_MAX) {
    const start = end;
    scratch[end++] = SHORT_STRING + text.length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0xff) {
        end = start;
        writeWide(text);
        return;
      }
      scratch[end++] = unit;
    }
  } else if (/[^\0-\xff]/.test(text)) {
    writeWide(text);
  } else {
    if (text.length <= SMALL_MAX) {
      scratch[end++] = SHORT_STRING + text.length;
    } else {
      scratch[end++] = TAG.narrow;
      writeLength(text.length);
    }
    end += scratch.write(text, end, "latin1");
  }
}

function writeWide(text: string): void {
  scratch[end++] = TAG.wide;
  writeLength(text.length);
  end += scratch.write(text, end, "utf16le");
}
