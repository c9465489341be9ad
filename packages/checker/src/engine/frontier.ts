/** Where in some array of words a state stands. The same cursor is moved from state to state. */
export interface Cursor {
  words: Int32Array;
  /** Where the state's words begin. */
  at: number;
  /** How many words it has. */
  length: number;
}

/** 1 MiB a chunk. */
const CHUNK_WORDS = 2 ** 18;
/** Before each state: how many words it has, its fingerprint, and the two words of its sleep set. */
const HEADER_WORDS = 5;
/** In the place of a length: the rest of the chunk is unused. */
const END_OF_CHUNK = -1;

/** The states found but not expanded yet, first in first out, in chunks that are used again once they are read. */
export class Frontier {
  #chunks: Int32Array[] = [new Int32Array(CHUNK_WORDS)];
  #spare: Int32Array | null = null;
  #readAt = 0;
  #writeAt = 0;
  #size = 0;
  #chunksMax = 1;

  get size(): number {
    return this.#size;
  }

  /** The most memory that the frontier has taken so far. */
  get bytesMax(): number {
    return this.#chunksMax * CHUNK_WORDS * Int32Array.BYTES_PER_ELEMENT;
  }

  push(words: Int32Array, length: number, lo: number, hi: number, asleep: number, loud: number): void {
    let chunk = this.#chunks[this.#chunks.length - 1] as Int32Array;
    if (this.#writeAt + HEADER_WORDS + length > chunk.length) chunk = this.#extend(chunk, HEADER_WORDS + length);
    let at = this.#writeAt;
    chunk[at++] = length;
    chunk[at++] = lo;
    chunk[at++] = hi;
    chunk[at++] = asleep;
    chunk[at++] = loud;
    for (let index = 0; index < length; index++) chunk[at++] = words[index] as number;
    this.#writeAt = at;
    this.#size++;
  }

  /** Takes the first state: `into` points at it until the next call, and what came with it is returned through `into`. */
  shift(into: Cursor & { lo: number; hi: number; asleep: number; loud: number }): void {
    let chunk = this.#chunks[0] as Int32Array;
    if (this.#readAt >= chunk.length || chunk[this.#readAt] === END_OF_CHUNK) {
      this.#spare = chunk;
      this.#chunks.shift();
      chunk = this.#chunks[0] as Int32Array;
      this.#readAt = 0;
    }
    const length = chunk[this.#readAt] as number;
    into.words = chunk;
    into.length = length;
    into.lo = chunk[this.#readAt + 1] as number;
    into.hi = chunk[this.#readAt + 2] as number;
    into.asleep = chunk[this.#readAt + 3] as number;
    into.loud = chunk[this.#readAt + 4] as number;
    into.at = this.#readAt + HEADER_WORDS;
    this.#readAt = into.at + length;
    this.#size--;
  }

  #extend(full: Int32Array, words: number): Int32Array {
    if (this.#writeAt < full.length) full[this.#writeAt] = END_OF_CHUNK;
    const reusable = this.#spare !== null && words <= this.#spare.length ? this.#spare : null;
    const chunk = reusable ?? new Int32Array(Math.max(CHUNK_WORDS, words));
    if (reusable !== null) this.#spare = null;
    this.#chunks.push(chunk);
    this.#chunksMax = Math.max(this.#chunksMax, this.#chunks.length);
    this.#writeAt = 0;
    return chunk;
  }
}
