/**
 * gRPC's framing of messages: a byte that says whether it is compressed, its length in four, and the message.
 *
 * Source: `doc/PROTOCOL-HTTP2.md` of github grpc/grpc.
 */

import { CODE, StatusError } from "../status.ts";

const HEAD_BYTES = 5;

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** Finds the messages in what arrives. */
export class FrameReader {
  readonly #maxBytes: number;
  /** What has arrived of the next frame. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** How much of it there has to be to go on: its head, and once that is there all of it. */
  #wanted = HEAD_BYTES;

  /** A message may have `maxBytes` at most. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a frame has begun and not ended. */
  get isWithin(): boolean {
    return this.#bytes > 0;
  }

  /**
   * The messages that are whole now that `piece` has arrived.
   *
   * @throws StatusError if a message is compressed or too large: what comes after it means nothing
   */
  push(piece: Buffer): readonly Buffer[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= this.#wanted) {
      const arrived = this.#joined();
      if (this.#wanted === HEAD_BYTES) {
        this.#wanted += this.#lengthIn(arrived);
        if (this.#bytes < this.#wanted) break;
      }
      messages.push(arrived.subarray(HEAD_BYTES, this.#wanted));
      this.#pieces = this.#bytes > this.#wanted ? [arrived.subarray(this.#wanted)] : [];
      this.#bytes -= this.#wanted;
      this.#wanted = HEAD_BYTES;
    }
    return messages;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    const joined = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #lengthIn(head: Buffer): number {
    if (head[0] !== 0) {
      throw new StatusError({ code: CODE.unimplemented, message: "grpc: compressed messages are not supported" });
    }
    const length = head.readUInt32BE(1);
    if (length <= this.#maxBytes) return length;
    const message = `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`;
    throw new StatusError({ code: CODE.resourceExhausted, message });
  }
}
