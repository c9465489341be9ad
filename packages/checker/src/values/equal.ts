import { DEPTH_MAX } from "./encode.ts";

/**
 * Whether two values have the same canonical encoding, found without encoding them. What is not plain is equal to
 * itself alone, as is what is nested too deep, and is left to the encoding to refuse.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  return isEqualAt(a, b, 0);
}

function isEqualAt(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (depth > DEPTH_MAX) return false;
  if (Array.isArray(a)) return Array.isArray(b) && areItemsEqual(a, b, depth + 1);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && areItemsEqual(a, b, depth + 1);
  if (Array.isArray(b) || b instanceof Uint8Array) return false;
  return areFieldsEqual(a as Fields, b as Fields, depth + 1);
}

type Fields = { readonly [field: string]: unknown };

function areItemsEqual(a: ArrayLike<unknown>, b: ArrayLike<unknown>, depth: number): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!isEqualAt(a[index], b[index], depth)) return false;
  return true;
}

function areFieldsEqual(a: Fields, b: Fields, depth: number): boolean {
  if (!isRecord(a) || !isRecord(b)) return false;
  const fields = Object.keys(a);
  if (fields.length !== Object.keys(b).length) return false;
  for (const field of fields) if (!Object.hasOwn(b, field) || !isEqualAt(a[field], b[field], depth)) return false;
  return true;
}

/** Whether an object is no instance of a class. */
function isRecord(object: Fields): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}
