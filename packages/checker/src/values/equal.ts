/**
 * Whether two values have the same canonical encoding, found without encoding them. What is not plain is equal to
 * itself alone, and is left to the encoding to refuse.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && areItemsEqual(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && areItemsEqual(a, b);
  if (Array.isArray(b) || b instanceof Uint8Array) return false;
  return areFieldsEqual(a as Fields, b as Fields);
}

type Fields = { readonly [field: string]: unknown };

function areItemsEqual(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!isEqual(a[index], b[index])) return false;
  return true;
}

function areFieldsEqual(a: Fields, b: Fields): boolean {
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const fields = Object.keys(a);
  if (fields.length !== Object.keys(b).length) return false;
  for (const field of fields) if (!Object.hasOwn(b, field) || !isEqual(a[field], b[field])) return false;
  return true;
}
