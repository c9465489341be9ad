/**
 * What the search needs of a front end: a state space over vectors of ids.
 *
 * A state is a row of words: a fixed number of slots, each with the id of the value that stands there, and after them
 * the bag, the ids of the elements of what varies in size (messages in flight, set variables), in ascending order.
 */

import type { Plain } from "@quorate/core";
import type { Cursor } from "./frontier.ts";
import type { Notes } from "./notes.ts";

/** Takes successors, one call each. */
export interface Sink {
  /** Where the successor's words are to be written, from `at` on, see `reserve`. */
  readonly words: Int32Array;
  readonly at: number;
  /** Makes room for so many words. It may move `words` and `at`, and keeps nothing of what was written: call it first. */
  reserve(length: number): void;
  /**
   * Takes note of a successor by its fingerprint and action, if that is all that is needed of it because it is known
   * already; if so, it must not be emitted any more.
   */
  dismisses(lo: number, hi: number, action: number): boolean;
  /** Whether successors may be passed over that are known to have been found before, see `passOver`. */
  readonly passesOver: boolean;
  /** Counts a successor that is known to have been found before, in place of computing it. */
  passOver(action: number): void;
  /**
   * Takes the successor in `words`, from `at` on.
   *
   * @param notes what there is to note of the successor, to be copied
   * @param action which of the system's actions made it
   * @param detail what `describeAction` needs to tell which message, timer or choice it was
   * @returns whether it is among the states found; it is not where the constraint excludes it
   */
  emit(length: number, lo: number, hi: number, notes: Notes, action: number, detail: number): boolean;
}

/** A state's words, its fingerprint and what was noted of it. */
export interface FingerprintedCursor extends Cursor {
  lo: number;
  hi: number;
  readonly notes: Notes;
}

/** A predicate over the state at `to`, or over the states at `from` and `to`, remembered by what it reads. */
export interface Predicate {
  readonly name: string;
  test(): boolean;
}

/** A predicate over the state at `to` alone. */
export interface StatePredicate extends Predicate {
  /** The parts of a state that it has read so far, see `Tracked.parts`. */
  readonly parts: number;
}

/** One action of a trace, for people and for replaying: equal descriptions are equal actions. */
export interface ActionDescription {
  readonly name: string;
  readonly details: { readonly [name: string]: Plain };
}

/** A state for people: its parts by name. Parts may be nested once, as the nodes of a cluster. */
export type StateDescription = { readonly [variable: string]: Plain };

export interface System {
  /** The state that is being expanded. */
  readonly from: FingerprintedCursor;
  /** The state that predicates are tested on. */
  readonly to: Cursor;
  /** The names of the actions, by index; it grows as actions are met for the first time. */
  readonly actions: readonly string[];
  readonly always: readonly StatePredicate[];
  readonly step: readonly Predicate[];
  /** Those of the steps of single nodes, which need testing only where `isSuspect`. */
  readonly nodeStep: readonly Predicate[];
  readonly sometimes: readonly StatePredicate[];
  readonly constraint: Predicate | null;
  readonly deadlock: "forbidden" | "allowed";
  /** Whether the successor emitted last may break a predicate of `nodeStep`. It must not be dismissed then. */
  readonly isSuspect: boolean;
  /** Emits the initial states. */
  initial(sink: Sink): void;
  /** Emits the successors of the state at `from`, always in the same order. */
  successors(sink: Sink): void;
  /** The state at `cursor`, for people. */
  describeState(cursor: Cursor): StateDescription;
  describeAction(action: number, detail: number): ActionDescription;
  /** How often a function of the spec or of a protocol was really called to compute transitions. */
  readonly calls: number;
}
