/** A set fuller than this grows, and is at most two thirds as full then: 16 bytes a state at the worst, 10 at the best. */
const LOAD_MAX = 0.78;
const GROWTH = 1.5;
/** Slots beyond those that fingerprints are scaled to, for what is pushed on from the last ones. */
const MARGIN = 64;
/** How many words are looked through at a time. */
const STRETCH = 1 << 12;

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

  constructor(capacity = 64) {
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
      if (((slotLo ^ lo) | (slotHi ^ hi)) === 0) return false;
      if ((slotLo | slotHi) === 0 || isAbove(slotLo, slotHi, lo, hi)) break;
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
      if (((slotLo ^ lo) | (slotHi ^ hi)) === 0) return true;
      if ((slotLo | slotHi) === 0 || isAbove(slotLo, slotHi, lo, hi)) return false;
      at += 2;
    }
  }

  /** The smallest distance between two fingerprints, read as unsigned 64-bit integers; 2^64 if there are fewer than two. */
  smallestGap(): number {
    const slots = this.#slots;
    let smallest = 2 ** 64;
    const first = nextFilled(slots, 0);
    if (this.#hasZero && first < slots.length) smallest = gapBetween(0, 0, slots[first] ?? 0, slots[first + 1] ?? 0);
    // By stretches, since one pass over millions of slots would be over before it is compiled.
    for (let from = 0; from < slots.length; from += STRETCH) {
      smallest = Math.min(smallest, smallestGapIn(slots, from, Math.min(from + STRETCH, slots.length)));
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

/**
 * Whether the first fingerprint is the higher one. Two that share their high lane are rare: asked for without a branch,
 * they can't surprise code that was compiled before the first of them came.
 */
function isAbove(lo: number, hi: number, otherLo: number, otherHi: number): boolean {
  const isHigher = hi >>> 0 > otherHi >>> 0 ? 1 : 0;
  const isLevel = hi === otherHi ? 1 : 0;
  const isLowHigher = lo >>> 0 > otherLo >>> 0 ? 1 : 0;
  return (isHigher | (isLevel & isLowHigher)) === 1;
}

/** What stands in `old`, in an array of another scale; null if that leaves no empty slot at its end. */
function movedTo(slots: Int32Array, old: Int32Array, scale: number): Int32Array | null {
  let free = 0;
  for (let from = 0; from < old.length; from += STRETCH) {
    free = moveStretch(slots, old, from, Math.min(from + STRETCH, old.length), scale, free);
    if (free >= slots.length) return null;
  }
  return slots;
}

/**
 * Moves the fingerprints of a stretch of `old`, none of them to a place before `free`.
 *
 * @returns the place after the last one; the length of `slots` or more if the last slot were not to stay empty
 */
function moveStretch(
  slots: Int32Array,
  old: Int32Array,
  begin: number,
  end: number,
  scale: number,
  free: number,
): number {
  let next = free;
  for (let from = begin; from < end; from += 2) {
    const lo = old[from] as number;
    const hi = old[from + 1] as number;
    // Which slots are empty is anybody's guess, a processor's too, so it is asked without a branch: what is empty goes to
    // the place after the last one, which is empty, and takes none.
    const isFilled = (lo | hi) === 0 ? 0 : 1;
    const ahead = 2 * (((hi >>> 0) * scale) >>> 0) - next;
    const to = next + (ahead & ~(ahead >> 31));
    if (to + 2 >= slots.length) return slots.length;
    slots[to] = lo;
    slots[to + 1] = hi;
    next = to + 2 * isFilled;
  }
  return next;
}

/** The smallest distance between a fingerprint in the stretch and the next one, which may stand after it. */
function smallestGapIn(slots: Int32Array, from: number, to: number): number {
  let smallest = 2 ** 64;
  let at = nextFilled(slots, from);
  while (at < to) {
    const next = nextFilled(slots, at + 2);
    if (next >= slots.length) break;
    const gap = gapBetween(
      slots[at] as number,
      slots[at + 1] as number,
      slots[next] as number,
      slots[next + 1] as number,
    );
    if (gap < smallest) smallest = gap;
    at = next;
  }
  return smallest;
}

/** The first slot from `from` on that is not empty; the length, if all are. */
function nextFilled(slots: Int32Array, from: number): number {
  let at = from;
  while (at < slots.length && ((slots[at] as number) | (slots[at + 1] as number)) === 0) at += 2;
  return at;
}

/** How far the second of two fingerprints is above the first: exact where they are near each other. */
function gapBetween(lo: number, hi: number, nextLo: number, nextHi: number): number {
  return ((nextHi >>> 0) - (hi >>> 0)) * 2 ** 32 + ((nextLo >>> 0) - (lo >>> 0));
}
