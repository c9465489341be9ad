import { NotPlainError } from "./encode.ts";

/**
 * The objects with objects inside that `deepFreeze` has frozen to the bottom, so that structure shared by many states is
 * walked once. Those without are as quickly looked through as they are looked up.
 */
const frozen = new WeakSet<object>();

/**
 * Freezes a plain value to the bottom and returns it. Byte strings can't be frozen in JavaScript and stay as they are.
 *
 * @throws NotPlainError for what an encoding can't show: fields beside an array's items, and fields named by symbols
 */
export function deepFreeze<T>(value: T): T {
  freezeAt(value, "");
  return value;
}

function freezeAt(value: unknown, path: string): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || frozen.has(value)) return;
  if (Array.isArray(value) && Object.keys(value).length > value.length) {
    throw new NotPlainError(path, "an array with fields of its own");
  }
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw new NotPlainError(path, "a record with a symbol for a field");
  for (const field of Object.keys(value)) {
    const part: unknown = (value as { readonly [field: string]: unknown })[field];
    if (typeof part !== "object" || part === null) continue;
    frozen.add(value);
    freezeAt(part, Array.isArray(value) ? `${path}[${field}]` : `${path}.${field}`);
  }
  Object.freeze(value);
}
