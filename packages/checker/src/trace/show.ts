import type { Plain } from "@quorate/core";

/** A plain value on one line, as one would write it in code. */
export function show(value: Plain): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `#${Buffer.from(value).toString("hex")}`;
  if (isArray(value)) return `[${value.map(show).join(", ")}]`;
  return `{${Object.entries(value).map(showField).join(", ")}}`;
}

function showField([field, value]: [string, Plain]): string {
  return `${/^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field)}: ${show(value)}`;
}

/** Whether a plain value is an array; `Array.isArray` forgets that arrays may be readonly. */
export function isArray(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Whether a plain value is a record. */
export function isRecord(value: Plain | undefined): value is { readonly [field: string]: Plain } {
  return typeof value === "object" && value !== null && !isArray(value) && !(value instanceof Uint8Array);
}
