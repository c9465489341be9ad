import { DEPTH_MAX, NotPlainError } from "./encode.ts";

/**
 * The objects that `deepFreeze` has frozen to the bottom, so that structure shared by many states is walked once. Those
 * with few objects inside are as quickly walked as they are looked up; those at the top are not shared by others.
 */
const frozen = new WeakSet<object>();
/** How many objects have to be inside of another for it to be looked up. */
const MANY = 3;

/** In place of the number of objects: something is not as it should be. */
const FAULT = -1;

/**
 * Freezes a plain value to the bottom and returns it. Byte strings can't be frozen in JavaScript and stay as they are.
 *
 * @throws NotPlainError for what an encoding can't show: fields beside an array's items, and fields named by symbols
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || frozen.has(value)) return value;
  if (freezeAt(value, 0) === FAULT) throw findFault(value, "", 0) ?? new Error("What can't be frozen can't be found.");
  return value;
}

/** Freezes an object and what is in it, and returns how many objects that were; FAULT if one can't be. */
function freezeAt(value: object, depth: number): number {
  if (depth > DEPTH_MAX || !showsAll(value)) return FAULT;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let inside = 0;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (typeof part !== "object" || part === null || part instanceof Uint8Array) continue;
    inside++;
    if (frozen.has(part)) continue;
    const within = freezeAt(part, depth + 1);
    if (within === FAULT) return FAULT;
    if (within >= MANY) frozen.add(part);
    inside += within;
  }
  Object.freeze(value);
  return inside;
}

/** Whether an encoding shows everything that the object holds. */
function showsAll(value: object): boolean {
  if (Array.isArray(value) && Object.keys(value).length > value.length) return false;
  return Object.getOwnPropertySymbols(value).length === 0;
}

/** The first object that can't be frozen, in the order of a reader. Slow, and only called when there is one. */
function findFault(value: unknown, path: string, depth: number): NotPlainError | null {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return null;
  if (depth > DEPTH_MAX) return new NotPlainError(path, `nested more than ${DEPTH_MAX} deep`);
  if (!showsAll(value)) {
    const found = Array.isArray(value) ? "an array with fields of its own" : "a record with a symbol for a field";
    return new NotPlainError(path, found);
  }
  for (const [field, part] of Object.entries(value)) {
    const fault = findFault(part, Array.isArray(value) ? `${path}[${field}]` : `${path}.${field}`, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}
