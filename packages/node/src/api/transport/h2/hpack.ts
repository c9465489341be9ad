/**
 * HPACK, the compression of HTTP/2's headers: RFC 7541. What is read may use all of it; what is written uses no dynamic
 * table, so that blocks which are sent again and again are encoded once.
 */

import { HpackError } from "./hpack-error.ts";
import { huffmanDecoded } from "./huffman.ts";

/** Appendix A, from index 1 on. */
const STATIC_TABLE: readonly Field[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

type Field = readonly [name: string, value: string];

/** What every reader has to offer unless it says otherwise, and this one does not: section 4.2, RFC 9113 section 6.5.2. */
const TABLE_BYTES_MAX = 4096;
/** What an entry costs beyond its name and value: section 4.1. */
const ENTRY_BYTES = 32;
const INTEGER_MAX = 2 ** 28;

/** The headers of one request. Of a name that comes several times it has the first value. */
export type Headers = ReadonlyMap<string, string>;

/** Reads the blocks of one connection, one after the other: each may refer to fields of those before. */
export class HpackReader {
  readonly #listBytesMax: number;
  /** The dynamic table, the oldest entry first. */
  #table: Field[] = [];
  #tableBytes = 0;
  #tableBytesMax = TABLE_BYTES_MAX;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The fields of a block may have so many bytes, each with `ENTRY_BYTES` more. */
  constructor(listBytesMax: number) {
    this.#listBytesMax = listBytesMax;
  }

  /** @throws HpackError if the block can't be read, or has too much in it */
  read(block: Buffer): Headers {
    this.#block = block;
    this.#at = 0;
    const headers = new Map<string, string>();
    let left = this.#listBytesMax;
    while (this.#at < block.length) {
      const field = this.#field(headers.size === 0);
      if (field === null) continue;
      const [name, value] = field;
      left -= bytesOf(field);
      if (left < 0) throw new HpackError("there are more headers than may be");
      if (!headers.has(name)) headers.set(name, value);
    }
    return headers;
  }

  /** The next field, or null where the size of the table changes instead, which it may at the beginning. */
  #field(isFirst: boolean): Field | null {
    const byte = this.#block[this.#at] ?? 0;
    if ((byte & 0x80) !== 0) return this.#entry(this.#integer(7));
    if ((byte & 0x40) !== 0) {
      const field = this.#literal(6);
      this.#add(field);
      return field;
    }
    if ((byte & 0x20) === 0) return this.#literal(4);
    if (!isFirst) throw new HpackError("the table's size changes within a block");
    this.#tableBytesMax = this.#integer(5);
    if (this.#tableBytesMax > TABLE_BYTES_MAX) throw new HpackError("the table is made larger than it may be");
    this.#evict(0);
    return null;
  }

  #literal(prefixBits: number): Field {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    return [name, this.#string()];
  }

  #entry(index: number): Field {
    const fixed = STATIC_TABLE[index - 1];
    const field = fixed ?? this.#table[this.#table.length - (index - STATIC_TABLE.length)];
    if (field === undefined) throw new HpackError(`there is no entry ${index}`);
    return field;
  }

  #add(field: Field): void {
    const bytes = bytesOf(field);
    this.#evict(bytes);
    if (bytes > this.#tableBytesMax) return;
    this.#table.push(field);
    this.#tableBytes += bytes;
  }

  /** Forgets the oldest entries until there is room for so many bytes: section 4.4. */
  #evict(bytes: number): void {
    let evicted = 0;
    while (this.#tableBytes + bytes > this.#tableBytesMax) {
      const oldest = this.#table[evicted];
      if (oldest === undefined) break;
      this.#tableBytes -= bytesOf(oldest);
      evicted += 1;
    }
    if (evicted > 0) this.#table = this.#table.slice(evicted);
  }

  /** Section 5.1. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (value > INTEGER_MAX || unit > INTEGER_MAX) throw new HpackError("an integer is too large");
      if (byte < 0x80) return value;
    }
  }

  /** Section 5.2. */
  #string(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new HpackError("the block ends within a string");
    if (isHuffman) return huffmanDecoded(this.#block, start, this.#at);
    return this.#block.toString("latin1", start, this.#at);
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw new HpackError("the block ends within a field");
    this.#at += 1;
    return byte;
  }
}

function bytesOf([name, value]: Field): number {
  return name.length + value.length + ENTRY_BYTES;
}

/** The block of `fields`, each a literal that nobody has to remember: section 6.2.2. Values are of ASCII. */
export function blockOf(fields: readonly Field[]): Buffer {
  const pieces: Buffer[] = [];
  for (const [name, value] of fields) {
    const index = STATIC_TABLE.findIndex((of) => of[0] === name && of[1] === value);
    if (index !== -1) pieces.push(integerOf(0x80, 7, index + 1));
    else pieces.push(Buffer.from([0]), stringOf(name), stringOf(value));
  }
  return Buffer.concat(pieces);
}

function stringOf(text: string): Buffer {
  return Buffer.concat([integerOf(0, 7, text.length), Buffer.from(text, "latin1")]);
}

function integerOf(pattern: number, prefixBits: number, value: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.from([pattern | value]);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
