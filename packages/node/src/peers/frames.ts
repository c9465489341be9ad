/**
 * What goes over a connection between members: frames of a length (u32, of what follows), a type (u8) and a body.
 *
 * A frame that is longer than allowed is refused by its length, before any of it is kept.
 */

import type { Plain } from "@quorate/core";
import { encode } from "../codec.ts";

/** By the number that stands for it on the wire. */
const TYPES = ["hello", "accept", "refuse", "message", "ask", "answer", "failure", "ping", "pong"] as const;
export type FrameType = (typeof TYPES)[number];
export type Frame = { readonly type: FrameType; readonly body: Buffer };

const LENGTH_BYTES = 4;
const TYPE_BYTES = 1;

export function frameOf(type: FrameType, body: Plain): Buffer {
  const encoded = encode(body);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + TYPE_BYTES + encoded.length);
  frame.writeUInt32BE(TYPE_BYTES + encoded.length, 0);
  frame.writeUInt8(TYPES.indexOf(type), LENGTH_BYTES);
  encoded.copy(frame, LENGTH_BYTES + TYPE_BYTES);
  return frame;
}

/** What was read is no frame: the connection can't be gone on with. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

/** Puts frames together from the pieces that a socket hands out. */
export class FrameReader {
  readonly #lengthMax: () => number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `lengthMax` is asked at each frame: before the other side is known it may send little. */
  constructor(lengthMax: () => number) {
    this.#lengthMax = lengthMax;
  }

  /**
   * The frames that `piece` completes.
   *
   * @throws FrameError if there is one that is too long, or of no known type
   */
  *read(piece: Buffer): Generator<Frame> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#bytes >= LENGTH_BYTES) {
      const length = this.#peek(LENGTH_BYTES).readUInt32BE(0);
      const lengthMax = this.#lengthMax();
      if (length < TYPE_BYTES || length > lengthMax) {
        throw new FrameError(`A frame of ${length} bytes came, where between 1 and ${lengthMax} may come.`);
      }
      if (this.#bytes < LENGTH_BYTES + length) return;
      const frame = this.#peek(LENGTH_BYTES + length);
      this.#drop(LENGTH_BYTES + length);
      const type = TYPES[frame.readUInt8(LENGTH_BYTES)];
      if (type === undefined)
        throw new FrameError(`A frame of the unknown type ${frame.readUInt8(LENGTH_BYTES)} came.`);
      yield { type, body: frame.subarray(LENGTH_BYTES + TYPE_BYTES) };
    }
  }

  /** The first `length` bytes, which are there, in one piece. */
  #peek(length: number): Buffer {
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all.subarray(0, length);
  }

  #drop(length: number): void {
    const first = this.#pieces[0];
    this.#bytes -= length;
    if (first === undefined || first.length < length) return;
    if (first.length === length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
  }
}
