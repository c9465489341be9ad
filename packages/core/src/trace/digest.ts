/**
 * Digests of plain data: equal values have equal digests, different ones different digests as far as the hash can tell.
 *
 * A value's text is canonical. Where that of a part is long, a hash of it stands in its place, which is remembered with the
 * part: so the digest of a state that shares most of itself with the one before costs what has changed, however long its
 * log is. The hash itself is the shell's to bring.
 */

import type { Plain } from "../plain.ts";

/** A strong hash of text or bytes, as text of a fixed length in the alphabet of base64url. */
export type Hash = (content: string | Uint8Array) => string;

export type Digester = {
  /** The canonical text of `value`: as one would write it in JSON if it is short, else `~` and a hash. */
  readonly text: (value: Plain) => string;
  /** The digest of `value`, of the length that the hash has. */
  readonly digest: (value: Plain) => string;
};

/** Parts whose text is longer are hashed. The text of a hash is shorter. */
const TEXT_MAX = 96;
const BYTES_MAX = 32;

/**
 * Digests by `hash`. Values are remembered by reference, and must not change: those of a protocol don't.
 *
 * @throws TypeError, from what is returned, if a value is not plain
 */
export function digester(hash: Hash): Digester {
  const known = new WeakMap<object, string>();

  const shortened = (text: string): string => (text.length > TEXT_MAX ? `~${hash(text)}` : text);

  const textOf = (value: Plain): string => {
    switch (typeof value) {
      case "string":
        return shortened(JSON.stringify(value));
      case "number":
        if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no safe integer, and not plain.`);
        return value === 0 ? "0" : String(value);
      case "boolean":
        return value ? "true" : "false";
      case "object": {
        if (value === null) return "null";
        const before = known.get(value);
        if (before !== undefined) return before;
        const text = shortened(wholeText(value));
        known.set(value, text);
        return text;
      }
      case "undefined":
      case "function":
      case "symbol":
      case "bigint":
        throw new TypeError(`A value that is ${typeof value} is not plain.`);
    }
  };

  const wholeText = (value: object): string => {
    if (value instanceof Uint8Array) return bytesText(value);
    if (isList(value)) return `[${value.map(textOf).join(",")}]`;
    const record = value as { readonly [field: string]: Plain };
    const fields = Object.keys(record);
    if (!isAscending(fields)) fields.sort();
    let text = "{";
    for (const field of fields) text += `${JSON.stringify(field)}:${textOf(record[field] as Plain)},`;
    return `${text}}`;
  };

  const bytesText = (bytes: Uint8Array): string => {
    if (bytes.length > BYTES_MAX) return `#~${hash(bytes)}`;
    let text = "#";
    for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
    return text;
  };

  return {
    text: textOf,
    digest: (value) => {
      const text = textOf(value);
      return text.startsWith("~") ? text.slice(1) : hash(text);
    },
  };
}

function isAscending(fields: readonly string[]): boolean {
  return fields.every((field, at) => at === 0 || (fields[at - 1] ?? "") <= field);
}

/** `Array.isArray` does not tell a readonly array from a record. */
function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}
