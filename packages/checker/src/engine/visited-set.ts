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
    const front = new Neighbours();
    const wrapped = new Neighbours();
    if (this.#hasZero) front.insert(0, 0);
    let from = 0;
    for (; from < this.#capacity && this.#isFull(from); from++) {
      const home = ((this.#slots[2 * from + 1] as number) >>> 0) * this.#scale;
      (home < from + 1 ? front : wrapped).insert(this.#slots[2 * from] as number, this.#slots[2 * from + 1] as number);
    }
    let smallest = front.flush(2 ** 64);
    const stretch = front;
    for (; from < this.#capacity; from++) {
      if (this.#isFull(from)) stretch.insert(this.#slots[2 * from] as number, this.#slots[2 * from + 1] as number);
      else smallest = stretch.flush(smallest);
    }
    wrapped.moveTo(stretch);
    return stretch.flush(smallest);
  }

  #isFull(slot: number): boolean {
    return ((this.#slots[2 * slot] as number) | (this.#slots[2 * slot + 1] as number)) !== 0;
  }

  #addZero(): boolean {
    if (this.#hasZero) return false;
    this.#hasZero = true;
    this.#size++;
    return true;
  }

  /** Slots are in the order of the fingerprints, so both arrays are gone through from front to back. */
  #grow(): void {
    const old = this.#slots;
    const capacity = Math.ceil(this.#capacity * GROWTH);
    const scale = capacity / 2 ** 32;
    const slots = new Int32Array(capacity * 2);
    for (let from = 0; from < old.length; from += 2) {
      const lo = old[from] as number;
      const hi = old[from + 1] as number;
      if ((lo | hi) === 0) continue;
      let to = 2 * (((hi >>> 0) * scale) >>> 0);
      while (((slots[to] as number) | (slots[to + 1] as number)) !== 0) {
        to += 2;
        if (to === slots.length) to = 0;
      }
      slots[to] = lo;
      slots[to + 1] = hi;
    }
    this.#slots = slots;
    this.#capacity = capacity;
    this.#scale = scale;
    this.#limit = Math.floor(capacity * LOAD_MAX);
  }
}

/**
 * The fingerprints of one stretch of full slots, in ascending order, and the last one before them. They come almost in
 * order, so that putting each in its place is cheap.
 */
class Neighbours {
  #lo: Uint32Array = new Uint32Array(64);
  #hi: Uint32Array = new Uint32Array(64);
  #size = 0;
  #last: Fingerprint | null = null;

  insert(lo: number, hi: number): void {
    if (this.#size === this.#lo.length) {
      this.#lo = doubled(this.#lo);
      this.#hi = doubled(this.#hi);
    }
    const los = this.#lo;
    const his = this.#hi;
    let at = this.#size++;
    for (; at > 0 && isAbove(los[at - 1] as number, his[at - 1] as number, lo >>> 0, hi >>> 0); at--) {
      los[at] = los[at - 1] as number;
      his[at] = his[at - 1] as number;
    }
    los[at] = lo;
    his[at] = hi;
  }

  moveTo(other: Neighbours): void {
    for (let at = 0; at < this.#size; at++) other.insert(this.#lo[at] as number, this.#hi[at] as number);
    this.#size = 0;
  }

  /** The smaller of `smallest` and the distances between neighbours; all but the last one are forgotten. */
  flush(smallest: number): number {
    if (this.#size === 0) return smallest;
    let least = smallest;
    let last = this.#last;
    for (let at = 0; at < this.#size; at++) {
      const next = { lo: this.#lo[at] as number, hi: this.#hi[at] as number };
      if (last !== null) least = Math.min(least, distance(last, next));
      last = next;
    }
    this.#last = last;
    this.#size = 0;
    return least;
  }
}

function isAbove(lo: number, hi: number, otherLo: number, otherHi: number): boolean {
  return hi > otherHi || (hi === otherHi && lo > otherLo);
}

function doubled(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** From one fingerprint to a higher one; exact where they are near each other. */
function distance(low: Fingerprint, high: Fingerprint): number {
  return (high.hi - low.hi) * 2 ** 32 + (high.lo - low.lo);
}
