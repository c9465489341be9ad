const CHUNK_BITS = 16;
const CHUNK = 2 ** CHUNK_BITS;
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
  #size = 0;

  get bytes(): number {
    return this.#parents.length * CHUNK * 6;
  }

  /** Records the next state; states are numbered in the order of the calls. A `parent` of -1 means an initial state. */
  push(parent: number, ordinal: number): void {
    const chunk = this.#size >>> CHUNK_BITS;
    if (chunk === this.#parents.length) {
      this.#parents.push(new Uint32Array(CHUNK));
      this.#ordinals.push(new Uint16Array(CHUNK));
    }
    const at = this.#size++ & (CHUNK - 1);
    (this.#parents[chunk] as Uint32Array)[at] = parent;
    (this.#ordinals[chunk] as Uint16Array)[at] = ordinal;
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
