import type { Notes } from "./notes.ts";
import type { FingerprintedCursor } from "./system.ts";

/** Where in some array of words a state stands. The same cursor is moved from state to state. */
export interface Cursor {
  words: Int32Array;
  /** Where the state's words begin. */
  at: number;
  /** How many words it has. */
  length: number;
}

/** 1 MiB a chunk, but for the first ones, each of which is twice as long as the one before. */
const CHUNK_WORDS = 1 << 18;
const FIRST_CHUNK_WORDS = 1 << 8;
/** Before each state: how many words it has, its fingerprint, and its notes. */
const HEADER_WORDS = 7;
/** In the place of a length: the rest of the chunk is unused. */
const END_OF_CHUNK = -1;

/** The states found but not expanded yet, first in first out, in chunks that are used again once they are read. */
export class Frontier {
  /** The chunk that is written to, and where in it. */
  words: Int32Array = new Int32Array(FIRST_CHUNK_WORDS);
  at: number = HEADER_WORDS;
  readonly #chunks: Int32Array[] = [this.words];
  #spare: Int32Array | null = null;
  #readAt = 0;
  #writeAt = 0;
  #size = 0;
  /** The words of all chunks that hold a state, and the most that they have been. */
  #words = FIRST_CHUNK_WORDS;
  #wordsMax = FIRST_CHUNK_WORDS;

  get size(): number {
    return this.#size;
  }

  /** The most memory that the frontier has taken so far. */
  get bytesMax(): number {
    return this.#wordsMax * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Makes room for a state of so many words at the most: `words` and `at` say where it may be written. */
  reserve(length: number): void {
    if (this.#writeAt + HEADER_WORDS + length > this.words.length) this.#extend(HEADER_WORDS + length);
    this.at = this.#writeAt + HEADER_WORDS;
  }

  /** Takes the state that was written where there was room for it. */
  push(length: number, lo: number, hi: number, notes: Notes): void {
    const { words } = this;
    const at = this.#writeAt;
    words[at] = length;
    words[at + 1] = lo;
    words[at + 2] = hi;
    words[at + 3] = notes.asleep;
    words[at + 4] = notes.loud;
    words[at + 5] = notes.asleepOptions;
    words[at + 6] = notes.histories;
    this.#writeAt = at + HEADER_WORDS + length;
    this.#size++;
  }

  /** Takes the first state: `into` points at it until the next call, and what came with it is returned through `into`. */
  shift(into: FingerprintedCursor): void {
    let chunk = this.#chunks[0] as Int32Array;
    if (this.#readAt >= chunk.length || chunk[this.#readAt] === END_OF_CHUNK) {
      this.#spare = chunk;
      this.#words -= chunk.length;
      this.#chunks.shift();
      chunk = this.#chunks[0] as Int32Array;
      this.#readAt = 0;
    }
    const length = chunk[this.#readAt] as number;
    into.words = chunk;
    into.length = length;
    into.lo = chunk[this.#readAt + 1] as number;
    into.hi = chunk[this.#readAt + 2] as number;
    into.notes.asleep = chunk[this.#readAt + 3] as number;
    into.notes.loud = chunk[this.#readAt + 4] as number;
    into.notes.asleepOptions = chunk[this.#readAt + 5] as number;
    into.notes.histories = chunk[this.#readAt + 6] as number;
    into.at = this.#readAt + HEADER_WORDS;
    this.#readAt = into.at + length;
    this.#size--;
  }

  #extend(words: number): void {
    const full = this.words;
    if (this.#writeAt < full.length) full[this.#writeAt] = END_OF_CHUNK;
    const length = Math.max(words, Math.min(2 * full.length, CHUNK_WORDS));
    const reusable = this.#spare !== null && length <= this.#spare.length ? this.#spare : null;
    const chunk = reusable ?? new Int32Array(length);
    if (reusable !== null) this.#spare = null;
    this.#chunks.push(chunk);
    this.#words += chunk.length;
    this.#wordsMax = Math.max(this.#wordsMax, this.#words);
    this.words = chunk;
    this.#writeAt = 0;
  }
}
