import { FrameReader } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { PREFACE, versionOf, WIRE_VERSION } from "./words.ts";

/** The other side speaks another version than this one, which says so before anything else. */
export class VersionError extends Error {
  constructor(version: number) {
    super(`version mismatch: this side speaks version ${WIRE_VERSION} of the peer protocol, the other one ${version}`);
    this.name = "VersionError";
  }
}

/** All that the other side of a connection says: the preface, then frames. */
export class Incoming {
  readonly #frames = new FrameReader();
  /** What came of the preface while it is not complete. */
  #preface: Buffer | null = Buffer.alloc(0);

  /** @throws FrameError or VersionError, after which nothing can be read any more */
  *read(piece: Buffer, bytesMax: () => number): Generator<Frame> {
    let rest = piece;
    if (this.#preface !== null) {
      const start = Buffer.concat([this.#preface, piece.subarray(0, PREFACE.length - this.#preface.length)]);
      const version = versionOf(start);
      rest = piece.subarray(start.length - this.#preface.length);
      this.#preface = version === null ? start : null;
      if (version === null) return;
      if (version !== WIRE_VERSION) throw new VersionError(version);
    }
    yield* this.#frames.read(rest, bytesMax);
  }
}
