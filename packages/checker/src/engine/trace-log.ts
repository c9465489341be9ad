const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
/** How long the first chunk is to begin with; it doubles until it is as long as the others. */
const FIRST_CHUNK = 1 << 6;
/** The most successors that one state may have: an ordinal takes two bytes. */
export const SUCCESSORS_MAX: number = 2 ** 16;

/** Marks a state that is initial. */
const NO_PARENT = 0xffff_ffff;

/**
 * How each state was first found: its parent, and which of the parent's successors it was, counted in the order in
 * which the engine computes them. That is enough to run any shortest path again, at 6 bytes a state.
 */
export class TraceLog {
  readonly #parents: Uint32Array[] = [];
  readonly #ordinals: Uint16Array[] = [];
  /** The chunk that is being filled. */
  #lastParents = new Uint32Array(0);
  #lastOrdinals = new Uint16Array(0);
  #size = 0;
  /** How many states the chunks have room for. */
  #capacity = 0;

  get bytes(): number {
    return this.#capacity * 6;
  }

  /** Records the next state; states are numbered in the order of the calls. A `parent` of -1 means an initial state. */
  push(parent: number, ordinal: number): void {
    if (this.#size === this.#capacity) this.#extend();
    const at = this.#size++ & (CHUNK - 1);
    this.#lastParents[at] = parent;
    this.#lastOrdinals[at] = ordinal;
  }

  #extend(): void {
    const isFirst = this.#capacity < CHUNK;
    const length = isFirst ? Math.max(FIRST_CHUNK, this.#capacity * 2) : CHUNK;
    const parents = new Uint32Array(length);
    const ordinals = new Uint16Array(length);
    if (isFirst) {
      parents.set(this.#lastParents);
      ordinals.set(this.#lastOrdinals);
    }
    const chunk = this.#size >>> CHUNK_BITS;
    this.#parents[chunk] = parents;
    this.#ordinals[chunk] = ordinals;
    this.#lastParents = parents;
    this.#lastOrdinals = ordinals;
    this.#capacity = isFirst ? length : this.#capacity + CHUNK;
  }

  /** The ordinals that lead to the state `index`: of the initial state first, then of each step. */
  path(index: number): readonly number[] {
    const path: number[] = [];
    for (let at = index; at !== NO_PARENT; at = this.#parents[at >>> CHUNK_BITS]?.[at & (CHUNK - 1)] ?? NO_PARENT) {
      path.push(this.#ordinals[at >>> CHUNK_BITS]?.[at & (CHUNK - 1)] ?? 0);
    }
    return path.reverse();
  }
}
