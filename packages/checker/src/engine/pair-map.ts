/** What `get` answers for a pair that is not in the map. */
export const ABSENT = -1;

/** Three words an entry: the pair, and the value plus one, so that zero means an empty entry. */
const WORDS = 3;

/**
 * A map from pairs of ids to ids, over a typed array with open addressing: the memory of everything the engine has
 * computed. Ids are at most 2^31 - 2.
 */
export class PairMap {
  #entries: Int32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 16) {
    this.#entries = new Int32Array(capacity * WORDS);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  get(first: number, second: number): number {
    const entries = this.#entries;
    let slot = spread(first, second) & this.#mask;
    for (;;) {
      const at = slot * WORDS;
      const stored = entries[at + 2] as number;
      if (stored === 0) return ABSENT;
      if (entries[at] === first && entries[at + 1] === second) return stored - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a pair that is not in the map. */
  add(first: number, second: number, value: number): void {
    if (++this.#size * 2 > this.#mask) this.#grow();
    this.#place(first, second, value + 1);
  }

  #place(first: number, second: number, stored: number): void {
    const entries = this.#entries;
    let slot = spread(first, second) & this.#mask;
    while (entries[slot * WORDS + 2] !== 0) slot = (slot + 1) & this.#mask;
    entries[slot * WORDS] = first;
    entries[slot * WORDS + 1] = second;
    entries[slot * WORDS + 2] = stored;
  }

  #grow(): void {
    const old = this.#entries;
    const capacity = (this.#mask + 1) * 2;
    this.#entries = new Int32Array(capacity * WORDS);
    this.#mask = capacity - 1;
    for (let at = 0; at < old.length; at += WORDS) {
      const stored = old[at + 2] as number;
      if (stored !== 0) this.#place(old[at] as number, old[at + 1] as number, stored);
    }
  }
}

/** Spreads a pair of small integers over 32 bits: which slot, never which pair, depends on it. */
function spread(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77);
  return Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f) >>> 7;
}
