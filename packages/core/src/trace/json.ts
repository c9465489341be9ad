/**
 * Plain data as JSON, exactly. A byte string is a record whose only field is `#`, with a character for each byte; a field
 * that begins with `#` gets one more, so that no record looks like a byte string. Lone surrogates are escaped by
 * `JSON.stringify` itself.
 */

import type { Plain } from "../plain.ts";

/** What `JSON.parse` returns and `JSON.stringify` takes. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** How many bytes become characters in one call: engines limit how many arguments a call has. */
const CHUNK = 8192;

/** `value` for `JSON.stringify`. */
export function toJson(value: Plain): Json {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { "#": characters(value) };
  if (isList(value)) return value.map(toJson);
  const fields = Object.entries(value);
  return Object.fromEntries(fields.map(([field, part]) => [field.startsWith("#") ? `#${field}` : field, toJson(part)]));
}

/**
 * The value of which `toJson` made `json`.
 *
 * @throws TypeError if it made it of none
 */
export function fromJson(json: Json): Plain {
  if (typeof json === "number" && !Number.isSafeInteger(json)) throw new TypeError(`${json} is no safe integer.`);
  if (json === null || typeof json !== "object") return json;
  if (isList(json)) return json.map(fromJson);
  const fields = Object.entries(json);
  const [first] = fields;
  if (first !== undefined && first[0] === "#") return bytes(first[1], fields.length);
  return Object.fromEntries(
    fields.map(([field, part]) => [field.startsWith("##") ? field.slice(1) : field, fromJson(part)]),
  );
}

/**
 * `value`, of which nothing is known, as plain data.
 *
 * @throws TypeError if it is none
 */
export function asPlain(value: unknown): Plain {
  demandPlain(value);
  return value as Plain;
}

function demandPlain(value: unknown): void {
  if (value === null || typeof value === "boolean" || typeof value === "string" || value instanceof Uint8Array) return;
  if (Number.isSafeInteger(value)) return;
  if (typeof value !== "object") throw new TypeError(`A value that is ${typeof value} is not plain.`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    throw new TypeError("An instance of a class is not plain.");
  }
  for (const part of Object.values(value)) demandPlain(part);
}

function characters(value: Uint8Array): string {
  let text = "";
  for (let at = 0; at < value.length; at += CHUNK) text += String.fromCharCode(...value.subarray(at, at + CHUNK));
  return text;
}

function bytes(text: Json, fields: number): Uint8Array {
  if (typeof text !== "string" || fields !== 1) throw new TypeError("A record with the field # is a byte string.");
  const value = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw new TypeError("A byte string has a character for each byte, and none beyond.");
    value[at] = code;
  }
  return value;
}

/** `Array.isArray` does not tell a readonly array from a record. */
function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
