import type { Cursor } from "./frontier.ts";

/** How many states are remembered at the most; a power of two. */
const CAPACITY = 1 << 15;

/**
 * A set of states, told apart by some of their slots alone. It forgets: each state has one place, and the last one that
 * was added is there.
 */
export class WordsCache {
  readonly #slots: readonly number[];
  /** By place, the words at the slots, each plus one, so that zeros stand for no state. */
  readonly #words: Int32Array;

  constructor(slots: readonly number[]) {
    this.#slots = slots;
    this.#words = new Int32Array(slots.length * CAPACITY);
  }

  /** Whether the state at `cursor` is remembered; never, if no slots were given. */
  has({ words, at }: Cursor): boolean {
    const slots = this.#slots;
    const kept = this.#words;
    const place = this.#placeOf(words, at);
    for (let index = 0; index < slots.length; index++) {
      if (kept[place + index] !== (words[at + (slots[index] as number)] as number) + 1) return false;
    }
    return slots.length > 0;
  }

  add({ words, at }: Cursor): void {
    const slots = this.#slots;
    const place = this.#placeOf(words, at);
    for (let index = 0; index < slots.length; index++) {
      this.#words[place + index] = (words[at + (slots[index] as number)] as number) + 1;
    }
  }

  #placeOf(words: Int32Array, at: number): number {
    const slots = this.#slots;
    let hash = 0;
    for (let index = 0; index < slots.length; index++) {
      hash = Math.imul(hash ^ (words[at + (slots[index] as number)] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return (hash & (CAPACITY - 1)) * slots.length;
  }
}
