import { isRecord } from "./codec.ts";

/**
 * Where two values first differ, as one would write it in code, or null if they are structurally equal. The order of a
 * record's fields is no difference. Functions and instances of classes are taken as equal to others of their kind: that
 * they are there at all is the law `plainData`'s to find.
 */
export function difference(a: unknown, b: unknown): string | null {
  return differenceAt(a, b, "");
}

function differenceAt(a: unknown, b: unknown, path: string): string | null {
  const here = path === "" ? "the whole value" : path;
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return null;
  if (typeof a === "function" && typeof b === "function") return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return here;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return here;
    return a.every((byte, index) => byte === b[index]) ? null : here;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return here;
  if (!Array.isArray(a) && !(isRecord(a) && isRecord(b))) {
    return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) ? null : here;
  }
  const parts = new Map(Object.entries(b));
  if (Object.keys(a).length !== parts.size) return here;
  for (const [field, part] of Object.entries(a)) {
    const at = Array.isArray(a) ? `${path}[${field}]` : `${path}.${field}`;
    if (!parts.has(field)) return at;
    const found = differenceAt(part, parts.get(field), at);
    if (found !== null) return found;
  }
  return null;
}
