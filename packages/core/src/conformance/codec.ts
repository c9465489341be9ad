/**
 * The encoding that the laws send plain values through: what a disk or a wire does to a value, and nothing else.
 *
 * It is JSON with the fields of records in code-unit order, so that equal values have equal encodings. A byte string
 * becomes a record whose only field is `#`; a field of a record that begins with `#` gets one more, so that no record
 * looks like a byte string.
 */

import type { Plain } from "../plain.ts";

/** Why `value` is not plain, as the path to the first fault and what stands there; null if it is plain. */
export function plainFault(value: unknown): string | null {
  return faultAt(value, "", []);
}

function faultAt(value: unknown, path: string, within: readonly object[]): string | null {
  const where = path === "" ? "the value" : path;
  if (value === null || typeof value === "boolean" || typeof value === "string") return null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? null : `${where} is ${value}, not a safe integer`;
  if (typeof value !== "object") return `${where} is ${value === undefined ? "undefined" : `a ${typeof value}`}`;
  if (value instanceof Uint8Array) return null;
  if (within.includes(value)) return `${where} is a cycle`;
  if (!Array.isArray(value) && !isRecord(value)) return `${where} is an instance of a class`;
  if (Object.getOwnPropertySymbols(value).length > 0) return `${where} has a symbol for a field`;
  if (Array.isArray(value) && Object.keys(value).length !== value.length) return `${where} has holes or named fields`;
  for (const [field, part] of Object.entries(value)) {
    const fault = faultAt(part, Array.isArray(value) ? `${path}[${field}]` : `${path}.${field}`, [...within, value]);
    if (fault !== null) return fault;
  }
  return null;
}

/** Whether `value` is a record and not an instance of some class. */
export function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The canonical encoding of a plain value.
 *
 * @throws TypeError if the value is not plain
 */
export function encode(value: unknown): string {
  const fault = plainFault(value);
  if (fault !== null) throw new TypeError(`Only plain values can be encoded: ${fault}.`);
  return JSON.stringify(toJson(value as Plain));
}

/** The value that `encode` encoded, built anew. */
export function decode(encoding: string): Plain {
  return fromJson(JSON.parse(encoding) as Json);
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

function toJson(value: Plain): Json {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { "#": [...value] };
  // TypeScript does not tell readonly arrays from records by Array.isArray.
  if (Array.isArray(value)) return (value as readonly Plain[]).map(toJson);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([field, part]) => [field.startsWith("#") ? `#${field}` : field, toJson(part)]));
}

function fromJson(json: Json): Plain {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return (json as readonly Json[]).map(fromJson);
  const fields = Object.entries(json);
  const [first] = fields;
  if (first?.[0] === "#") return Uint8Array.from(first[1] as readonly number[]);
  return Object.fromEntries(
    fields.map(([field, part]) => [field.startsWith("#") ? field.slice(1) : field, fromJson(part)]),
  );
}
