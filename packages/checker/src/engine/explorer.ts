/**
 * The search: breadth first, so that every counterexample is as short as can be; iterative, in slices, so that whoever
 * runs it can show progress and stop it; deterministic, so that every run finds the same counts.
 */

import { EvaluationError, ImpureError } from "../values/purity.ts";
import { Frontier } from "./frontier.ts";
import { Judge } from "./judge.ts";
import { Notes } from "./notes.ts";
import type { FingerprintedCursor, Predicate, Sink, System } from "./system.ts";
import { SUCCESSORS_MAX, TraceLog } from "./trace-log.ts";
import { VisitedSet } from "./visited-set.ts";

/** When to stop short of the end. Absent means never. */
export interface Limits {
  /** Distinct states. */
  readonly statesMax?: number;
  /** Depth, in states: states deeper than this are not expanded. */
  readonly depthMax?: number;
}

export type LimitName = "max-states" | "max-depth" | "time-limit" | "memory" | "interrupted";

/** Why the search ended before every state was expanded, and where. Ordinals lead to the state, see `TraceLog`. */
export type Ending =
  | {
      readonly type: "violated";
      readonly kind: "always" | "step" | "deadlock";
      readonly name: string;
      readonly path: readonly number[];
    }
  | { readonly type: "failed"; readonly error: Error; readonly path: readonly number[] }
  | { readonly type: "limit"; readonly limit: LimitName };

/** What one action did. */
export interface ActionCount {
  readonly name: string;
  /** Successors that it made. */
  readonly taken: number;
  /** Those that were new. */
  readonly found: number;
}

const INITIAL = -1;

/** Explores one system. Call `advance` until `done`. */
export class Explorer implements Sink {
  generated = 0;
  /** Those of the generated that were known by a sleep set, and not computed. */
  passedOver = 0;
  /** The longest shortest path so far, in states. */
  depth = 0;
  ending: Ending | null = null;
  done = false;

  readonly #system: System;
  readonly #limits: Limits;
  readonly #visited = new VisitedSet();
  readonly #frontier = new Frontier();
  /** Successors are written where they will stay if they turn out to be new. */
  words: Int32Array = this.#frontier.words;
  at: number = this.#frontier.at;
  readonly #log = new TraceLog();
  /** The paths to the first states at which each `sometimes` property held. */
  readonly #reached = new Map<string, readonly number[]>();
  readonly #judge: Judge;
  /** By number of new successors, how many of the states expanded have so many. */
  readonly outdegrees: number[] = [];
  #taken = new Float64Array(64);
  #found = new Float64Array(64);
  /** Whether a known state is of no further interest: step properties look at every transition. */
  readonly #judgesByFingerprint: boolean;
  readonly passesOver: boolean;
  readonly #forbidsDeadlock: boolean;
  /** Whether a successor is added as soon as it is looked up: without a constraint, all that are new are explored. */
  readonly #addsAtOnce: boolean;
  /** Whether the successor that is emitted next has been added. */
  #isAdded = false;
  /** The index, in the order of discovery, of the state under expansion; or INITIAL. */
  #parent = INITIAL;
  #ordinal = 0;
  /** Whether predicates are tested on the last successor; otherwise the next one is being computed. */
  #isJudging = false;
  /** The index of the first state of the next level. */
  #levelEnd = 0;

  constructor(system: System, limits: Limits = {}) {
    this.#system = system;
    this.#limits = limits;
    this.#judge = new Judge(system);
    this.#judgesByFingerprint = system.step.length === 0;
    this.passesOver = this.#judgesByFingerprint;
    this.#forbidsDeadlock = system.deadlock === "forbidden";
    this.#addsAtOnce = this.#judgesByFingerprint && system.constraint === null;
  }

  get distinct(): number {
    return this.#visited.size;
  }

  /** States found but not expanded. */
  get queued(): number {
    return this.#frontier.size;
  }

  get reached(): ReadonlyMap<string, readonly number[]> {
    return this.#reached;
  }

  get actionCounts(): readonly ActionCount[] {
    return this.#system.actions.map((name, action) => ({
      name,
      taken: this.#taken[action] ?? 0,
      found: this.#found[action] ?? 0,
    }));
  }

  get memory(): { readonly visitedBytes: number; readonly frontierBytesMax: number; readonly traceBytes: number } {
    return {
      visitedBytes: this.#visited.bytes,
      frontierBytesMax: this.#frontier.bytesMax,
      traceBytes: this.#log.bytes,
    };
  }

  /** The smallest distance between two fingerprints found. */
  smallestGap(): number {
    return this.#visited.smallestGap();
  }

  /** Expands at most `states` states, and the initial ones before the first. */
  advance(states: number): void {
    try {
      if (this.generated === 0) this.#start();
      for (let left = states; left > 0 && !this.done; left--) this.#expand();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the search where it is. */
  stop(limit: LimitName): void {
    if (!this.done) this.#end({ type: "limit", limit });
  }

  reserve(length: number): void {
    this.#frontier.reserve(length);
    this.words = this.#frontier.words;
    this.at = this.#frontier.at;
  }

  dismisses(lo: number, hi: number, action: number): boolean {
    if (this.done) return true;
    if (!this.#judgesByFingerprint) return false;
    if (this.#addsAtOnce) {
      this.#isAdded = this.#visited.add(lo, hi);
      if (this.#isAdded) return false;
    } else if (!this.#visited.has(lo, hi)) return false;
    this.#count(action);
    return true;
  }

  passOver(action: number): void {
    if (this.done) return;
    this.passedOver++;
    this.#count(action);
  }

  emit(length: number, lo: number, hi: number, notes: Notes, action: number, _detail: number): boolean {
    if (this.done) return false;
    const ordinal = this.#ordinal;
    this.#count(action);
    const system = this.#system;
    const { to } = system;
    to.words = this.words;
    to.at = this.at;
    to.length = length;
    this.#isJudging = true;
    let broken: Predicate | null = null;
    if (action !== INITIAL) {
      broken = firstFalse(system.step);
      if (broken === null && system.isSuspect) broken = firstFalse(system.nodeStep);
    }
    const within = system.constraint === null || system.constraint.test();
    const isNew = this.#isAdded || (within ? this.#visited.add(lo, hi) : !this.#visited.has(lo, hi));
    this.#isAdded = false;
    if (isNew) {
      if (within) {
        if (action !== INITIAL) this.#found[action] = (this.#found[action] as number) + 1;
        this.#log.push(this.#parent, ordinal);
        this.#frontier.push(length, lo, hi, notes);
      }
      const { reached, violated } = this.#judge.judge(action === INITIAL);
      for (const { name } of reached) this.#reached.set(name, this.#pathTo(ordinal));
      if (violated !== null) this.#violate("always", violated.name, ordinal);
    }
    if (broken !== null && !this.done) this.#violate("step", broken.name, ordinal);
    if (this.done) return within;
    this.#isJudging = false;
    if (this.distinct >= (this.#limits.statesMax ?? Number.POSITIVE_INFINITY)) this.stop("max-states");
    return within;
  }

  /** Counts one successor of the state under expansion. */
  #count(action: number): void {
    this.generated++;
    if (this.#ordinal++ >= SUCCESSORS_MAX) throw new RangeError(`A state has more than ${SUCCESSORS_MAX} successors.`);
    if (action === INITIAL) return;
    if (action >= this.#taken.length) this.#makeRoomFor(action);
    this.#taken[action] = (this.#taken[action] as number) + 1;
  }

  #makeRoomFor(action: number): void {
    const taken = new Float64Array(2 * action);
    const found = new Float64Array(2 * action);
    taken.set(this.#taken);
    found.set(this.#found);
    this.#taken = taken;
    this.#found = found;
  }

  #start(): void {
    this.#system.initial(this);
    this.#levelEnd = 0;
    this.#parent = INITIAL;
    if (!this.done && this.#frontier.size === 0) this.done = true;
  }

  #expand(): void {
    if (this.#frontier.size === 0) {
      this.done = true;
      return;
    }
    const index = this.#parent + 1;
    if (index === this.#levelEnd) {
      if (this.depth >= (this.#limits.depthMax ?? Number.POSITIVE_INFINITY)) return this.stop("max-depth");
      this.depth++;
      this.#levelEnd = this.distinct;
    }
    this.#parent = index;
    this.#ordinal = 0;
    this.#frontier.shift(this.#system.from);
    const known = this.distinct;
    this.#system.successors(this);
    const found = this.distinct - known;
    this.outdegrees[found] = (this.outdegrees[found] ?? 0) + 1;
    if (this.#forbidsDeadlock && this.#ordinal === 0 && !this.done) {
      this.#end({ type: "violated", kind: "deadlock", name: "deadlock", path: this.#log.path(index) });
    }
    if (this.#frontier.size === 0) this.done = true;
  }

  #violate(kind: "always" | "step", name: string, ordinal: number): void {
    this.#end({ type: "violated", kind, name, path: this.#pathTo(ordinal) });
  }

  /** The path to the successor `ordinal` of the state under expansion. */
  #pathTo(ordinal: number): readonly number[] {
    return this.#parent === INITIAL ? [ordinal] : [...this.#log.path(this.#parent), ordinal];
  }

  #end(ending: Ending): void {
    this.ending = ending;
    this.done = true;
  }

  /**
   * An error of the spec's own functions ends the search, with the path to the state that a predicate was tested on or
   * that was being expanded; others pass through. Whatever ended the search before it counts.
   */
  #fail(error: unknown): void {
    if (error instanceof RangeError && /allocation|array length/i.test(error.message)) return this.stop("memory");
    if (!(error instanceof EvaluationError || error instanceof ImpureError)) throw error;
    if (this.done) return;
    const expanded = this.#parent === INITIAL ? [] : this.#log.path(this.#parent);
    const path = this.#isJudging ? this.#pathTo(this.#ordinal - 1) : expanded;
    this.#end({ type: "failed", error, path });
  }
}

function firstFalse(predicates: readonly Predicate[]): Predicate | null {
  for (const predicate of predicates) if (!predicate.test()) return predicate;
  return null;
}

/** A cursor over nothing yet. */
export function emptyCursor(): FingerprintedCursor {
  return { words: new Int32Array(0), at: 0, length: 0, lo: 0, hi: 0, notes: new Notes() };
}
