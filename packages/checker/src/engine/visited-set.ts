import type { Fingerprint } from "./fingerprint.ts";

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
   * sort each stretch by itself. Those of the last stretch may have wrapped around to the front of the table.
   */
  smallestGap(): number {
    let smallest = 2 ** 64;
    let last: Fingerprint | null = this.#hasZero ? { lo: 0, hi: 0 } : null;
    const visit = (next: Fingerprint): void => {
      if (last !== null) smallest = Math.min(smallest, distance(last, next));
      last = next;
    };
    const front = this.#stretch(0);
    const wrapped = front.filter(({ hi }) => ((hi >>> 0) * this.#scale) >>> 0 >= front.length);
    for (const fingerprint of front) if (!wrapped.includes(fingerprint)) visit(fingerprint);
    let from = front.length;
    while (from < this.#capacity) {
      const stretch = this.#stretch(from);
      from += stretch.length + 1;
      const isLast = from > this.#capacity;
      for (const fingerprint of isLast ? [...stretch, ...wrapped].sort(ascending) : stretch) visit(fingerprint);
    }
    return smallest;
  }

  /** The fingerprints from a slot up to the next empty one, in ascending order. */
  #stretch(from: number): readonly Fingerprint[] {
    const slots = this.#slots;
    const stretch: Fingerprint[] = [];
    for (let at = from; at < this.#capacity; at++) {
      const lo = slots[2 * at] as number;
      const hi = slots[2 * at + 1] as number;
      if ((lo | hi) === 0) break;
      stretch.push({ lo: lo >>> 0, hi: hi >>> 0 });
    }
    return stretch.sort(ascending);
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

function ascending(a: Fingerprint, b: Fingerprint): number {
  return a.hi - b.hi || a.lo - b.lo;
}

/** From one fingerprint to a higher one; exact where they are near each other. */
function distance(low: Fingerprint, high: Fingerprint): number {
  return (high.hi - low.hi) * 2 ** 32 + (high.lo - low.lo);
}
