/** Every object that `deepFreeze` has frozen to the bottom, so that structure shared by many states is walked once. */
const frozen = new WeakSet<object>();

/** Freezes a plain value to the bottom and returns it. Byte strings can't be frozen in JavaScript and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || frozen.has(value)) return value;
  frozen.add(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
