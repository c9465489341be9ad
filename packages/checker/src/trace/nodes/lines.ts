/** The lines of a file, read as they are needed. */

import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** `isWhole` unless the file ends within it. */
export type Line = { readonly text: string; readonly number: number; readonly isWhole: boolean };

/** The lines of `file`, from the first one on. */
export function* linesOf(file: string): Generator<Line> {
  const descriptor = openSync(file, "r");
  try {
    let number = 0;
    let parts: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      let from = 0;
      for (;;) {
        const end = chunk.subarray(0, length).indexOf(NEWLINE, from);
        if (end === -1) break;
        parts.push(chunk.subarray(from, end));
        number += 1;
        yield { text: Buffer.concat(parts).toString(), number, isWhole: true };
        parts = [];
        from = end + 1;
      }
      if (from < length) parts.push(chunk.subarray(from, length));
    }
    if (parts.length > 0) yield { text: Buffer.concat(parts).toString(), number: number + 1, isWhole: false };
  } finally {
    closeSync(descriptor);
  }
}
