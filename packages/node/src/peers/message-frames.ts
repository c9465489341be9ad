/** Frames of messages. A leader says the same to each of its followers, and it is encoded once. */

import type { Plain } from "@quorate/core";
import { frameOf } from "./frames.ts";

export class MessageFrames {
  readonly #bytesMax: number;
  #latest: { readonly message: Plain; readonly frame: Buffer } | null = null;

  /** Longer frames are not kept. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Nobody may change what it returns, nor `message` afterwards. */
  frameOf(message: Plain): Buffer {
    if (this.#latest !== null && isSameByParts(this.#latest.message, message)) return this.#latest.frame;
    const frame = frameOf("message", message);
    this.#latest = frame.length <= this.#bytesMax ? { message, frame } : null;
    return frame;
  }
}

type Fields = { readonly [field: string]: Plain };

/**
 * Whether two messages have fields that are identical, or lists of what is identical, in the same order. False says nothing:
 * parts that are equal and lie in two places in memory are not compared.
 */
function isSameByParts(a: Plain, b: Plain): boolean {
  if (a === b) return true;
  if (!isFields(a) || !isFields(b)) return false;
  const names = Object.keys(a);
  const others = Object.keys(b);
  return (
    names.length === others.length &&
    names.every((name, at) => name === others[at] && isSamePart(a[name] ?? null, b[name] ?? null))
  );
}

function isSamePart(a: Plain, b: Plain): boolean {
  if (a === b) return true;
  if (!isList(a) || !isList(b) || a.length !== b.length) return false;
  return a.every((item, at) => item === b[at]);
}

function isFields(value: Plain): value is Fields {
  return typeof value === "object" && value !== null && !isList(value) && !(value instanceof Uint8Array);
}

/** `Array.isArray` does not tell a readonly array from a record. */
function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
