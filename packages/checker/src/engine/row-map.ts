import { ABSENT } from "./pair-map.ts";

/** Entries that a new row has room for; a power of two, like every row's capacity. */
const ROW_ENTRIES = 8;
/** An entry is a key plus one, so that zero means empty, and a value. */
const WORDS = 2;
const WORD_MAX = 2 ** 31 - 1;
/** A row is where it begins in the entries, its capacity, and how many entries it has. */
const ROW_WORDS = 3;

/**
 * A map from pairs of ids to ids, with a small table of its own for each first id, all in one typed array. Where many
 * pairs with the same first id are looked up in turn, as the messages in flight are with a node's local state, they are
 * found side by side.
 */
export class RowMap {
  #entries: Int32Array = new Int32Array(64);
  #rows: Int32Array = new Int32Array(4 * ROW_WORDS);
  #end = 0;

  /** What a pair is mapped to, if it is; no pair with a key of ABSENT ever is. */
  get(row: number, key: number): number {
    const rows = this.#rows;
    const at = row * ROW_WORDS;
    if (at >= rows.length) return ABSENT;
    const capacity = rows[at + 1] as number;
    if (capacity === 0) return ABSENT;
    const entries = this.#entries;
    const start = rows[at] as number;
    let index = key & (capacity - 1);
    for (;;) {
      const stored = entries[start + index * WORDS] as number;
      if (stored === 0) return ABSENT;
      if (stored === key + 1) return entries[start + index * WORDS + 1] as number;
      index = (index + 1) & (capacity - 1);
    }
  }

  /** Adds a pair that is not in the map. */
  add(row: number, key: number, value: number): void {
    if (key < 0) throw new RangeError(`${key} is no id.`);
    const at = row * ROW_WORDS;
    while (at >= this.#rows.length) this.#rows = extended(this.#rows, this.#rows.length * 2);
    const capacity = this.#rows[at + 1] as number;
    const size = this.#rows[at + 2] as number;
    if ((size + 1) * 2 > capacity) this.#move(at, Math.max(ROW_ENTRIES, capacity * 2));
    this.#rows[at + 2] = size + 1;
    this.#place(at, key + 1, value);
  }

  /** Gives a row a larger place at the end. The old one is left behind: all of them together are no larger than the rest. */
  #move(at: number, capacity: number): void {
    // Where a row begins is a word itself. What is said here is what the engine says when it has no more memory.
    if (this.#end + capacity * WORDS > WORD_MAX) throw new RangeError("Invalid array length");
    const start = this.#rows[at] as number;
    const oldCapacity = this.#rows[at + 1] as number;
    while (this.#end + capacity * WORDS > this.#entries.length) {
      this.#entries = extended(this.#entries, this.#entries.length * 2);
    }
    this.#rows[at] = this.#end;
    this.#rows[at + 1] = capacity;
    this.#end += capacity * WORDS;
    for (let from = start; from < start + oldCapacity * WORDS; from += WORDS) {
      const stored = this.#entries[from] as number;
      if (stored !== 0) this.#place(at, stored, this.#entries[from + 1] as number);
    }
  }

  #place(at: number, stored: number, value: number): void {
    const start = this.#rows[at] as number;
    const mask = (this.#rows[at + 1] as number) - 1;
    let index = (stored - 1) & mask;
    while (this.#entries[start + index * WORDS] !== 0) index = (index + 1) & mask;
    this.#entries[start + index * WORDS] = stored;
    this.#entries[start + index * WORDS + 1] = value;
  }
}

function extended(array: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(array);
  return longer;
}
