/** A set fuller than this grows, and is at most two thirds as full then: 16 bytes a state at the worst, 10 at the best. */
const LOAD_MAX = 0.78;
const GROWTH = 1.5;
/** Slots beyond those that fingerprints are scaled to, for what is pushed on from the last ones. */
const MARGIN = 64;

/**
 * The fingerprints of the states found, 8 bytes each, with open addressing in one typed array.
 *
 * A fingerprint's slot is its high lane scaled to the capacity, or one soon after that: the array holds them all in
 * ascending order, with gaps. So a search ends at the first one that is higher; growing is one pass from front to back
 * over both arrays, and the capacity need not be a power of two; and neighbouring fingerprints are neighbours.
 */
export class VisitedSet {
  /** The low lane and the high lane of each slot. The last slot is always empty, so that every search ends. */
  #slots: Int32Array;
  #capacity: number;
  #scale: number;
  #limit: number;
  #size = 0;
  /** The fingerprint (0, 0) marks an empty slot, so it is remembered here. */
  #hasZero = false;

  constructor(capacity = 4096) {
    this.#slots = new Int32Array((capacity + MARGIN) * 2);
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
    let at = 2 * (((hi >>> 0) * this.#scale) >>> 0);
    for (;;) {
      const slotLo = slots[at] as number;
      const slotHi = slots[at + 1] as number;
      if (slotHi === hi) {
        if (slotLo === lo) return false;
        if (slotLo >>> 0 > lo >>> 0) break;
      } else if (slotHi >>> 0 > hi >>> 0) break;
      if ((slotLo | slotHi) === 0) break;
      at += 2;
    }
    this.#insert(at, lo, hi);
    return true;
  }

  has(lo: number, hi: number): boolean {
    if ((lo | hi) === 0) return this.#hasZero;
    const slots = this.#slots;
    let at = 2 * (((hi >>> 0) * this.#scale) >>> 0);
    for (;;) {
      const slotLo = slots[at] as number;
      const slotHi = slots[at + 1] as number;
      if (slotHi === hi) {
        if (slotLo === lo) return true;
        if (slotLo >>> 0 > lo >>> 0) return false;
      } else if (slotHi >>> 0 > hi >>> 0) return false;
      if ((slotLo | slotHi) === 0) return false;
      at += 2;
    }
  }

  /** The smallest distance between two fingerprints, read as unsigned 64-bit integers; 2^64 if there are fewer than two. */
  smallestGap(): number {
    const slots = this.#slots;
    let smallest = 2 ** 64;
    let lastLo = 0;
    let lastHi = 0;
    let isFirst = !this.#hasZero;
    for (let at = 0; at < slots.length; at += 2) {
      const lo = (slots[at] as number) >>> 0;
      const hi = (slots[at + 1] as number) >>> 0;
      if ((lo | hi) === 0) continue;
      // Exact where they are near each other.
      const gap = (hi - lastHi) * 2 ** 32 + (lo - lastLo);
      if (gap < smallest && !isFirst) smallest = gap;
      isFirst = false;
      lastLo = lo;
      lastHi = hi;
    }
    return smallest;
  }

  #addZero(): boolean {
    if (this.#hasZero) return false;
    this.#hasZero = true;
    this.#size++;
    return true;
  }

  /** Puts a fingerprint at a slot, and pushes on by one what stands there and after it, as far as the next gap. */
  #insert(at: number, lo: number, hi: number): void {
    const slots = this.#slots;
    let nextLo = lo;
    let nextHi = hi;
    let to = at;
    while ((nextLo | nextHi) !== 0) {
      const slotLo = slots[to] as number;
      const slotHi = slots[to + 1] as number;
      slots[to] = nextLo;
      slots[to + 1] = nextHi;
      nextLo = slotLo;
      nextHi = slotHi;
      to += 2;
    }
    this.#size++;
    if (this.#size > this.#limit) this.#move(Math.ceil(this.#capacity * GROWTH));
    else if (to === slots.length) this.#move(this.#capacity);
  }

  /** Moves to an array of another capacity, with a margin large enough for what is pushed on at its end. */
  #move(capacity: number): void {
    const old = this.#slots;
    const scale = capacity / 2 ** 32;
    let margin = MARGIN;
    let slots: Int32Array | null = null;
    while (slots === null) {
      slots = movedTo(new Int32Array((capacity + margin) * 2), old, scale);
      margin *= 2;
    }
    this.#slots = slots;
    this.#capacity = capacity;
    this.#scale = scale;
    this.#limit = Math.floor(capacity * LOAD_MAX);
  }
}

/** What stands in `old`, in an array of another scale; null if that leaves no empty slot at its end. */
function movedTo(slots: Int32Array, old: Int32Array, scale: number): Int32Array | null {
  let free = 0;
  for (let from = 0; from < old.length; from += 2) {
    const lo = old[from] as number;
    const hi = old[from + 1] as number;
    if ((lo | hi) === 0) continue;
    const home = 2 * (((hi >>> 0) * scale) >>> 0);
    const to = home > free ? home : free;
    if (to + 2 >= slots.length) return null;
    slots[to] = lo;
    slots[to + 1] = hi;
    free = to + 2;
  }
  return slots;
}
