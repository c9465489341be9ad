/**
 * Chunks that are encoded before they are written. A snapshot of a large store has thousands, and to encode them all in one
 * turn of the event loop would keep a member from its heartbeats.
 */

import type { Plain } from "@quorate/core";
import { unsealed } from "./record.ts";

/** So many bytes are encoded in one turn: about a millisecond's worth. */
const TURN_BYTES = 256 * 1024;

export class PreparedChunks {
  /** The values of their records, without checksums. They go with their chunks. */
  readonly #bytes = new WeakMap<object, Buffer>();

  /** Encodes those that `isHeld` does not know to be on the disk already, a few in each turn. */
  async prepare(chunks: readonly Plain[], isHeld: (chunk: Plain) => boolean): Promise<void> {
    let bytes = 0;
    for (const chunk of chunks) {
      if (chunk === null || typeof chunk !== "object" || this.#bytes.has(chunk) || isHeld(chunk)) continue;
      const encoded = unsealed(chunk);
      this.#bytes.set(chunk, encoded);
      bytes += encoded.length;
      if (bytes < TURN_BYTES) continue;
      bytes = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What `unsealed` makes of `chunk`. It is the caller's: what was prepared is given out once. */
  take(chunk: Plain): Buffer {
    if (chunk === null || typeof chunk !== "object") return unsealed(chunk);
    const bytes = this.#bytes.get(chunk) ?? unsealed(chunk);
    this.#bytes.delete(chunk);
    return bytes;
  }
}
