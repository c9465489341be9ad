/**
 * Frames: how a stream of bytes is cut into messages. README.md has the table.
 *
 * The CRC is there because TCP's own checksum misses one damaged segment in some sixty thousand, and the protocols are
 * proved for networks that lose and repeat messages, not for such that change them.
 */

import { crc32 } from "node:zlib";
import type { Plain } from "@quorate/core";
import { encode } from "../codec.ts";

/** By the number that stands for it on the wire, from 1 on. */
const TYPES = ["hello", "accept", "refuse", "message", "ask", "answer", "failure", "ping", "pong"] as const;
export type FrameType = (typeof TYPES)[number];
export type Frame = { readonly type: FrameType; readonly body: Buffer };

/** Length (u32, of type and body), CRC-32 (u32, of type and body), type (u8). */
export const HEAD_BYTES = 9;
const LENGTH_AND_CRC_BYTES = 8;

/** What was read is no frame, so what follows is none either: the connection has to end. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

export function frameOf(type: FrameType, body: Plain): Buffer {
  const frame = encode(body, HEAD_BYTES);
  frame.writeUInt8(TYPES.indexOf(type) + 1, LENGTH_AND_CRC_BYTES);
  frame.writeUInt32BE(frame.length - LENGTH_AND_CRC_BYTES, 0);
  frame.writeUInt32BE(crc32(frame.subarray(LENGTH_AND_CRC_BYTES)), 4);
  return frame;
}

const EMPTY = Buffer.alloc(0);
const FIRST_CAPACITY = 4096;

/**
 * Puts frames together from the pieces that a socket hands out. What it keeps takes at most twice the bytes that came, in
 * however small pieces, and never more than one frame may have.
 */
export class FrameReader {
  /** The beginning of a frame, whose end has not come. */
  #partial: Buffer = EMPTY;
  #filled = 0;

  /**
   * The frames that `piece` completes. `bytesMax` is asked at each frame: it depends on who has turned out to be there. A
   * body is good until the next piece is read.
   *
   * @throws FrameError if there is one that is too long, damaged, or of no known type
   */
  *read(piece: Buffer, bytesMax: () => number): Generator<Frame> {
    let rest = piece;
    while (this.#filled > 0 && rest.length > 0) {
      const wanted = this.#filled < HEAD_BYTES ? HEAD_BYTES : frameBytes(this.#partial, bytesMax());
      const taken = Math.min(wanted - this.#filled, rest.length);
      this.#keep(rest.subarray(0, taken), wanted);
      rest = rest.subarray(taken);
      if (this.#filled < HEAD_BYTES || this.#filled < frameBytes(this.#partial, bytesMax())) continue;
      const frame = this.#partial.subarray(0, this.#filled);
      this.#partial = EMPTY;
      this.#filled = 0;
      yield parse(frame);
    }
    while (rest.length >= HEAD_BYTES) {
      const bytes = frameBytes(rest, bytesMax());
      if (rest.length < bytes) break;
      const frame = rest.subarray(0, bytes);
      rest = rest.subarray(bytes);
      yield parse(frame);
    }
    if (rest.length > 0) this.#keep(rest, rest.length);
  }

  #keep(piece: Buffer, wanted: number): void {
    const filled = this.#filled + piece.length;
    if (filled > this.#partial.length) {
      const capacity = Math.min(Math.max(wanted, HEAD_BYTES), Math.max(2 * filled, FIRST_CAPACITY));
      const larger = Buffer.alloc(Math.max(filled, capacity));
      this.#partial.copy(larger, 0, 0, this.#filled);
      this.#partial = larger;
    }
    piece.copy(this.#partial, this.#filled);
    this.#filled = filled;
  }
}

function frameBytes(head: Buffer, bytesMax: number): number {
  const bytes = LENGTH_AND_CRC_BYTES + head.readUInt32BE(0);
  if (bytes < HEAD_BYTES || bytes > bytesMax) {
    throw new FrameError(`a frame of ${bytes} bytes was announced, and may have from ${HEAD_BYTES} to ${bytesMax}`);
  }
  return bytes;
}

function parse(frame: Buffer): Frame {
  if (crc32(frame.subarray(LENGTH_AND_CRC_BYTES)) !== frame.readUInt32BE(4)) throw new FrameError("a frame is damaged");
  const number = frame.readUInt8(LENGTH_AND_CRC_BYTES);
  const type = TYPES[number - 1];
  if (type === undefined) throw new FrameError(`there is no frame of the type ${number}`);
  return { type, body: frame.subarray(HEAD_BYTES) };
}
