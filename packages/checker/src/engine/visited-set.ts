/** A set fuller than this grows, and is at most two thirds as full then: 16 bytes a state at the worst, 10 at the best. */
const LOAD_MAX = 0.78;
const GROWTH = 1.5;

/**
 * The fingerprints of the states found, 8 bytes each, with open addressing in one typed array.
 *
 * A fingerprint's slot is its high lane scaled to the capacity, so slots are in the order of the fingerprints. Growing
 * is therefore one pass from front to back over both arrays, the capacity need not be a power of two, and neighbouring
 * fingerprints can be compared at the end without sorting.
 */
export class VisitedSet {
  #slots: Int32Array;
  #capacity: number;
  #scale: number;
  #limit: number;
  #size = 0;
  /** The fingerprint (0, 0) marks an empty slot, so it is remembered here. */
  #hasZero = false;

  constructor(capacity = 4096) {
    this.#slots = new Int32Array(capacity * 2);
    this.#capacity = capacity;
    this.#scale = capacity / 2 ** 32;
    this.#limit = Math.floor(capacity * LOAD_MAX);
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Adds a fingerprint, and returns whether it is new. */
  add(lo: number, hi: number): boolean {
    if ((lo | hi) === 0) return this.#addZero();
    const slots = this.#slots;
    let at = ((hi >>> 0) * this.#scale) >>> 0;
    for (;;) {
      const slotLo = slots[2 * at] as number;
      const slotHi = slots[2 * at + 1] as number;
      if (slotLo === lo && slotHi === hi) return false;
      if ((slotLo | slotHi) === 0) break;
      if (++at === this.#capacity) at = 0;
    }
    slots[2 * at] = lo;
    slots[2 * at + 1] = hi;
    if (++this.#size > this.#limit) this.#grow();
    return true;
  }

  has(lo: number, hi: number): boolean {
    if ((lo | hi) === 0) return this.#hasZero;
    const slots = this.#slots;
    let at = ((hi >>> 0) * this.#scale) >>> 0;
    for (;;) {
      const slotLo = slots[2 * at] as number;
      const slotHi = slots[2 * at + 1] as number;
      if (slotLo === lo && slotHi === hi) return true;
      if ((slotLo | slotHi) === 0) return false;
      if (++at === this.#capacity) at = 0;
    }
  }

  /**
   * The smallest distance between two fingerprints, read as unsigned 64-bit integers; 2^64 if there are fewer than two.
   *
   * A fingerprint is displaced at most to the end of the stretch of full slots that it falls into, so it is enough to
   * sort each stretch by itself, in place: each fingerprint still stands at or after the slot that it hashes to. Only
   * those that wrapped around to the front of the table belong to its end.
   */
  smallestGap(): number {
    const slots = this.#slots;
    let wrapped = 0;
    while (wrapped < this.#capacity && this.#isDisplacedToFront(wrapped)) wrapped++;
    let smallest = 2 ** 64;
    let last: { lo: number; hi: number } | null = this.#hasZero ? { lo: 0, hi: 0 } : null;
    const visit = (at: number): void => {
      const next = { lo: (slots[2 * at] as number) >>> 0, hi: (slots[2 * at + 1] as number) >>> 0 };
      if (last !== null) smallest = Math.min(smallest, (next.hi - last.hi) * 2 ** 32 + (next.lo - last.lo));
      last = next;
    };
    let from = wrapped;
    while (from < this.#capacity) {
      let end = from;
      while (end < this.#capacity && !isEmpty(slots, end)) end++;
      sortStretch(slots, from, end);
      for (let at = from; at < end; at++) visit(at);
      from = end + 1;
    }
    sortStretch(slots, 0, wrapped);
    for (let at = 0; at < wrapped; at++) visit(at);
    return smallest;
  }

  #isDisplacedToFront(at: number): boolean {
    if (isEmpty(this.#slots, at)) return false;
    const home = (((this.#slots[2 * at + 1] as number) >>> 0) * this.#scale) >>> 0;
    return home > at;
  }

  #addZero(): boolean {
    if (this.#hasZero) return false;
    this.#hasZero = true;
    this.#size++;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity = Math.ceil(this.#capacity * GROWTH);
    this.#scale = this.#capacity / 2 ** 32;
    this.#limit = Math.floor(this.#capacity * LOAD_MAX);
    this.#slots = new Int32Array(this.#capacity * 2);
    const slots = this.#slots;
    for (let from = 0; from < old.length; from += 2) {
      const lo = old[from] as number;
      const hi = old[from + 1] as number;
      if ((lo | hi) === 0) continue;
      let at = ((hi >>> 0) * this.#scale) >>> 0;
      while (((slots[2 * at] as number) | (slots[2 * at + 1] as number)) !== 0) if (++at === this.#capacity) at = 0;
      slots[2 * at] = lo;
      slots[2 * at + 1] = hi;
    }
  }
}

function isEmpty(slots: Int32Array, at: number): boolean {
  return ((slots[2 * at] as number) | (slots[2 * at + 1] as number)) === 0;
}

/** Sorts the fingerprints in the slots from `from` to before `end`, by insertion: stretches are short. */
function sortStretch(slots: Int32Array, from: number, end: number): void {
  for (let next = from + 1; next < end; next++) {
    const lo = slots[2 * next] as number;
    const hi = slots[2 * next + 1] as number;
    let at = next;
    while (at > from && isBelow(lo, hi, slots[2 * at - 2] as number, slots[2 * at - 1] as number)) {
      slots[2 * at] = slots[2 * at - 2] as number;
      slots[2 * at + 1] = slots[2 * at - 1] as number;
      at--;
    }
    slots[2 * at] = lo;
    slots[2 * at + 1] = hi;
  }
}

function isBelow(lo: number, hi: number, otherLo: number, otherHi: number): boolean {
  return hi === otherHi ? lo >>> 0 < otherLo >>> 0 : hi >>> 0 < otherHi >>> 0;
}
