import type { Plain } from "@quorate/core";

/** About how many bytes a value takes. */
export function sizeOf(value: Plain): number {
  let bytes = 0;
  const open: Plain[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string") bytes += next.length;
    else if (next instanceof Uint8Array) bytes += next.byteLength;
    else if (next !== null && typeof next === "object") open.push(...Object.values(next));
    bytes += 8;
  }
  return bytes;
}
