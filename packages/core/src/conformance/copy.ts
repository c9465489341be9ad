import { isRecord } from "./codec.ts";

/** `value` built anew, down to its byte strings. What is not plain in it is shared, since only its maker can copy it. */
export function copy<T>(value: T): T {
  return copyPart(value) as T;
}

function copyPart(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(copyPart);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, copyPart(part)]));
}

/** `value` built anew and frozen to the bottom. Byte strings can't be frozen in JavaScript and stay as they are. */
export function frozenCopy<T>(value: T): T {
  const copied = copy(value);
  deepFreeze(copied);
  return copied;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  Object.freeze(value);
  if (Array.isArray(value) || isRecord(value)) for (const part of Object.values(value)) deepFreeze(part);
}
