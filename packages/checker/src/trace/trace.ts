/** A path through a state space, from an initial state, as people read it and as it is saved. */

import type { Cursor } from "../engine/frontier.ts";
import { NO_NOTES } from "../engine/notes.ts";
import type { Notes } from "../engine/notes.ts";
import type { ActionDescription, Sink, StateDescription, System } from "../engine/system.ts";

/** One state of a path, with the action that led to it; the initial state has none. */
export interface TraceStep {
  readonly action: ActionDescription | null;
  readonly state: StateDescription;
}

export type Trace = readonly TraceStep[];

/** Runs a path again: `path` holds the ordinal of the initial state and then of each successor, see `TraceLog`. */
export function traceOf(system: System, path: readonly number[]): Trace {
  return path.map((ordinal, index): TraceStep => {
    const found = successorAt(system, ordinal, index === 0);
    enter(system, found);
    const action = index === 0 ? null : system.describeAction(found.action, found.detail);
    return { action, state: system.describeState(found) };
  });
}

/** A successor that was computed, kept. */
export interface Successor extends Cursor {
  readonly lo: number;
  readonly hi: number;
  readonly action: number;
  readonly detail: number;
}

/** All successors of the state that the system is at, or all its initial states. */
export function successorsOf(system: System, initial: boolean): readonly Successor[] {
  const collector = new Collector();
  if (initial) system.initial(collector);
  else system.successors(collector);
  return collector.successors;
}

/** Moves the system to a state, so that its successors are computed next. */
export function enter(system: System, state: Successor): void {
  const { words, at, length, lo, hi } = state;
  Object.assign(system.from, { words, at, length, lo, hi });
  Object.assign(system.from.notes, NO_NOTES);
}

/** Computes no further than to the successor that is asked for: the functions that come after it may throw. */
function successorAt(system: System, ordinal: number, initial: boolean): Successor {
  const collector = new Collector(ordinal + 1);
  try {
    if (initial) system.initial(collector);
    else system.successors(collector);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  const found = collector.successors[ordinal];
  if (found === undefined) throw new Error(`A path can't be run again: there is no successor ${ordinal}.`);
  return found;
}

/** Thrown out of the computation of successors once there are enough. */
class Enough extends Error {}

class Collector implements Sink {
  words: Int32Array = new Int32Array(256);
  readonly at = 0;
  readonly successors: Successor[] = [];
  readonly #most: number;

  constructor(most: number = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  reserve(length: number): void {
    if (length > this.words.length) this.words = new Int32Array(length * 2);
  }

  readonly passesOver = false;

  dismisses(): boolean {
    return false;
  }

  passOver(): never {
    throw new Error("A successor was passed over, but all were asked for.");
  }

  emit(length: number, lo: number, hi: number, _notes: Notes, action: number, detail: number): boolean {
    this.successors.push({ words: this.words.slice(0, length), at: 0, length, lo, hi, action, detail });
    if (this.successors.length >= this.#most) throw new Enough();
    return true;
  }
}
