import type { Plain } from "../plain.ts";

/** Whether `value` is a record, and so has fields: the first question of every `isCommand`. */
export function isRecord(value: Plain): value is { readonly [field: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
