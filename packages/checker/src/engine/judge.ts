/** Tests the predicates over single states on the states that are found, as far as it is not plain how they turn out. */

import type { Cursor } from "./frontier.ts";
import { changedParts, REMAINDER, slotsOf } from "./reads.ts";
import type { StatePredicate, System } from "./system.ts";
import { WordsCache } from "./words-cache.ts";

/** What was found of a state. */
export interface Judgement {
  /** Those that are to hold sometimes, and hold here for the first time. */
  readonly reached: readonly StatePredicate[];
  /** The first of those that are always to hold and do not. */
  readonly violated: StatePredicate | null;
}

const NOTHING: Judgement = { reached: [], violated: null };

/**
 * Of every state that is expanded it is known that all properties hold, and that what is unreached does not. So it is in a
 * successor that is the same in all parts that a predicate has read so far; and in a state that is the same in all parts
 * that any has read as one that was judged, of which the last ones are remembered.
 */
export class Judge {
  readonly #from: Cursor;
  readonly #to: Cursor;
  readonly #always: readonly StatePredicate[];
  #unreached: readonly StatePredicate[];
  /** The parts that the predicates have read so far, and what is remembered of states, by those that are slots. */
  #parts = 0;
  #judged = new WordsCache([]);

  constructor({ from, to, always, sometimes }: Pick<System, "from" | "to" | "always" | "sometimes">) {
    this.#from = from;
    this.#to = to;
    this.#always = always;
    this.#unreached = sometimes;
  }

  /** Judges the state at `to`: an initial one, or a successor of that at `from`. */
  judge(isInitial: boolean): Judgement {
    if (isInitial) return this.#test(-1, true);
    if (this.#parts === 0) return NOTHING;
    const isKnown = this.#judged.has(this.#to);
    // What reads the bag is not remembered by states.
    if (isKnown && (this.#parts & REMAINDER) === 0) return NOTHING;
    const parts = changedParts(this.#from, this.#to);
    return this.#test(isKnown ? parts & REMAINDER : parts, false);
  }

  /** Tests the predicates that have read any of the parts. Nearly every state comes by here: nothing is made on the way. */
  #test(parts: number, all: boolean): Judgement {
    let reached: StatePredicate[] | null = null;
    for (const predicate of this.#unreached) {
      if ((all || (predicate.parts & parts) !== 0) && predicate.test()) (reached ??= []).push(predicate);
    }
    if (reached !== null) this.#unreached = without(this.#unreached, reached);
    let violated: StatePredicate | null = null;
    for (const predicate of this.#always) {
      if ((!all && (predicate.parts & parts) === 0) || predicate.test()) continue;
      violated = predicate;
      break;
    }
    if (violated === null) this.#remember();
    return reached === null && violated === null ? NOTHING : { reached: reached ?? [], violated };
  }

  #remember(): void {
    let parts = 0;
    for (const predicate of this.#always) parts |= predicate.parts;
    for (const predicate of this.#unreached) parts |= predicate.parts;
    if (parts !== this.#parts) {
      this.#parts = parts;
      this.#judged = new WordsCache(slotsOf(parts));
    }
    this.#judged.add(this.#to);
  }
}

function without<T>(list: readonly T[], left: readonly T[]): readonly T[] {
  return list.filter((item) => !left.includes(item));
}
