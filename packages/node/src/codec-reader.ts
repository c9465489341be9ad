/**
 * The reading side of the codec: see `codec.ts` for what the bytes mean.
 *
 * A log is read entry by entry, and its entries have the same few fields. So names and short strings that came lately are
 * used again, and not made anew: that spares their making, and the memory for all the copies of them.
 */

import type { Plain } from "@quorate/core";
import { CodecError, DEPTH_MAX, SHORT_STRING, SMALL_INTEGER, SMALL_MAX, TAG, VALUES_MAX } from "./codec-format.ts";

/** A name of fields. `knownIn` is the last call of `decode` in which it came as a new one, `seenIn` the last record with it. */
type Name = { readonly text: string; knownIn: number; seenIn: number };

const NAMES_KEPT_MAX = 4096;
const namesByText = new Map<string, Name>();
/** Short strings that came lately, each in the place that its length and its ends give. */
const TEXTS = 1024;
const texts: string[] = Array.from({ length: TEXTS }, () => "");

const NOTHING = Buffer.alloc(0);
let bytes: Buffer = NOTHING;
let start = 0;
let end = 0;
let at = 0;
let values = 0;
/** The names of this call so far, in their order. */
let names: Name[] = [];
/** Calls and records are numbered through, and no number comes again. */
let calls = 0;
let records = 0;

/**
 * What `encode` made the bytes of `from` up to `before` of.
 *
 * @throws CodecError if it made nothing of the kind
 */
export function decode(given: Uint8Array, from = 0, before: number = given.length): Plain {
  bytes = Buffer.isBuffer(given) ? given : Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  [start, at, end] = [from, from, Math.min(before, bytes.length)];
  values = 0;
  calls += 1;
  if (namesByText.size > NAMES_KEPT_MAX) namesByText.clear();
  try {
    const value = readValue(0);
    if (at !== end) throw fault("there are bytes after the value");
    return value;
  } finally {
    bytes = NOTHING;
    if (names.length > 0) names = [];
  }
}

function readValue(depth: number): Plain {
  values += 1;
  if (values > VALUES_MAX) throw fault(`there are more than ${VALUES_MAX} parts`);
  const tag = readByte();
  if (tag >= SHORT_STRING) {
    if (tag > SHORT_STRING + SMALL_MAX) throw fault(`there is no tag ${tag}`);
    return readShort(tag - SHORT_STRING);
  }
  if (tag >= SMALL_INTEGER) return tag - SMALL_INTEGER;
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.integer:
      return readLength();
    case TAG.negative:
      return readNegative();
    case TAG.narrow:
      return readNarrow(readLength());
    case TAG.wide:
      return readWide(readLength());
    case TAG.bytes:
      return readByteString(readLength());
    case TAG.array:
      return readArray(depth);
    case TAG.record:
      return readRecord(depth);
    default:
      throw fault(`there is no tag ${tag}`);
  }
}

function fault(reason: string): CodecError {
  return new CodecError(`At byte ${at - start} of ${end - start}, ${reason}.`);
}

function readByte(): number {
  const byte = at < end ? bytes[at] : undefined;
  if (byte === undefined) throw fault("the bytes end within a value");
  at += 1;
  return byte;
}

function readLength(): number {
  let length = 0;
  for (let unit = 1; ; unit *= 0x80) {
    const byte = readByte();
    length += (byte & 0x7f) * unit;
    if (!Number.isSafeInteger(length) || unit > Number.MAX_SAFE_INTEGER) throw fault("an integer is too large");
    if (byte < 0x80) return length;
  }
}

function readNegative(): number {
  const value = -1 - readLength();
  if (!Number.isSafeInteger(value)) throw fault("an integer is too small");
  return value;
}

/** Moves on by `length` bytes, and says where they began. */
function skip(length: number): number {
  const from = at;
  if (length > end - from) throw fault(`${length} bytes are announced, and fewer are there`);
  at = from + length;
  return from;
}

function readShort(length: number): string {
  const from = skip(length);
  if (length === 0) return "";
  const slot = (length * 31 + (bytes[from] ?? 0) * 7 + (bytes[at - 1] ?? 0)) % TEXTS;
  const known = texts[slot];
  if (known !== undefined && known.length === length && standsAt(known, from)) return known;
  const text = bytes.toString("latin1", from, at);
  texts[slot] = text;
  return text;
}

/** From its end on: what is alike in a log, such as keys, is so at the beginning. */
function standsAt(text: string, from: number): boolean {
  for (let i = text.length - 1; i >= 0; i--) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

function readNarrow(length: number): string {
  const from = skip(length);
  return bytes.toString("latin1", from, at);
}

function readWide(length: number): string {
  const from = skip(2 * length);
  return bytes.toString("utf16le", from, at);
}

/** In memory of its own: what is kept of a message must not keep the whole of it. */
function readByteString(length: number): Uint8Array {
  const from = skip(length);
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(from, at));
  return copy;
}

function readArray(depth: number): readonly Plain[] {
  const length = readCount(depth);
  const items: Plain[] = [];
  for (let i = 0; i < length; i++) items.push(readValue(depth + 1));
  return items;
}

function readRecord(depth: number): Plain {
  const length = readCount(depth);
  const id = (records += 1);
  const record: { [field: string]: Plain } = {};
  for (let i = 0; i < length; i++) {
    const name = readName(id);
    const value = readValue(depth + 1);
    if (name === "__proto__") {
      // An assignment would change what the record inherits.
      Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    } else {
      record[name] = value;
    }
  }
  return record;
}

function readCount(depth: number): number {
  if (depth === DEPTH_MAX) throw fault(`values are nested more than ${DEPTH_MAX} deep`);
  const count = readLength();
  if (count > end - at) throw fault(`${count} parts are announced, and fewer are there`);
  return count;
}

function readName(record: number): string {
  const number = readLength();
  if (number === 0) return readNewName(record);
  const name = names[number - 1];
  if (name === undefined) throw fault(`there is no name ${number}`);
  if (name.seenIn === record) throw fault(`a record has the field ${name.text} twice`);
  name.seenIn = record;
  return name.text;
}

function readNewName(record: number): string {
  const text = readValue(0);
  if (typeof text !== "string") throw fault("a name is no string");
  let name = namesByText.get(text);
  if (name === undefined) {
    name = { text, knownIn: 0, seenIn: 0 };
    namesByText.set(text, name);
  }
  if (name.knownIn === calls) throw fault(`the name ${text} comes as a new one twice`);
  name.knownIn = calls;
  name.seenIn = record;
  names.push(name);
  return name.text;
}
