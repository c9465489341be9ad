/**
 * What a property, a constraint or an action reads of a state, as values: each read has a key, a small integer that says
 * what was found. A function's result depends on the keys of its reads alone, so it is remembered by them.
 */

import { callTwice, internResult, Restart } from "../values/purity.ts";
import type { Cursor } from "./frontier.ts";
import { IdMap } from "./id-map.ts";
import { ABSENT, PairMap } from "./pair-map.ts";
import type { Table } from "./table.ts";

/** A slot of the state that a cursor points at. */
export interface SlotAt {
  readonly cursor: Cursor;
  readonly slot: number;
}

/** The parts of a state, as bits: one for each of the first slots, and this one for other slots and the bag. */
export const REMAINDER: number = 1 << 31;
const SLOT_BITS = 31;

function partOf(slot: number): number {
  return slot < SLOT_BITS ? 1 << slot : REMAINDER;
}

/** The slots among the parts, the remainder aside. */
export function slotsOf(parts: number): readonly number[] {
  return Array.from({ length: SLOT_BITS }, (_, slot) => slot).filter((slot) => (parts & (1 << slot)) !== 0);
}

/** The parts in which two states may differ. That the remainder is as it was is never looked into. */
export function changedParts(before: Cursor, after: Cursor): number {
  const { words, at } = before;
  const { words: wordsAfter, at: atAfter } = after;
  const slots = Math.min(before.length, after.length, SLOT_BITS);
  let parts = REMAINDER;
  for (let slot = 0; slot < slots; slot++) if (words[at + slot] !== wordsAfter[atAfter + slot]) parts |= 1 << slot;
  return parts;
}

/** One question to the state that a cursor points at. */
export interface Read {
  /** The part of the state that the answer depends on, see `changedParts`. */
  readonly part: number;
  /** The slot whose id is the answer, where it is that simple. */
  readonly slot: SlotAt | null;
  /** What the state answers, as far as it is remembered: ABSENT if a closure would have to be called for it. */
  key(): number;
  /** What the state answers. Closures are called about the items that nothing is remembered of. */
  ask(): number;
  /** Shares the memory of a read that asks the same. */
  share(other: Read): void;
  /** Whether the other read asks the same question, closures aside. */
  asksAs(other: Read): boolean;
}

/** A read with its answer. */
interface Taken {
  readonly read: Read;
  readonly key: number;
}

/** The reads of one evaluation, in their order. */
export type Log = readonly Taken[];

/** A closure that was given to a collection reads the state itself, so its answers depend on more than its item. */
export class NestedRead extends Restart {}

/** Goes along with an evaluation, from read to read, and knows what earlier ones read at the same point. */
export interface Guide {
  /** What was read next by the evaluations whose answers have been the same so far, or null if there were none. */
  expected(): Read | null;
  /** Goes on to what was read after this answer. */
  follow(key: number): void;
}

/** Takes down the reads of the evaluation under way. There is one for each system. */
export class Recorder {
  #log: Taken[] | null = null;
  #guide: Guide | null = null;
  /** Whether a closure tried to read the state; it may have caught what it was told. */
  #refused = false;
  /** Whether that happened in the evaluation under way, which may have caught it too. */
  #isNested = false;

  /**
   * The answer of `read`, taken down. It shares what reads at the same point have remembered, but where a closure has to
   * be called it is the one of this evaluation: what it captures may be different by now in an earlier one's.
   */
  take(read: Read): number {
    if (this.#log === null) {
      this.#refused = true;
      throw new NestedRead("the state was read outside its evaluation");
    }
    const expected = this.#guide?.expected() ?? null;
    if (expected?.asksAs(read) === true) read.share(expected);
    const key = read.ask();
    this.#guide?.follow(key);
    this.#log.push({ read, key });
    return key;
  }

  /** Runs `call`, with `guide` along, and returns its result with the reads that it made. */
  record<T>(call: () => T, guide: Guide): { readonly result: T; readonly log: Log } {
    const log: Taken[] = [];
    this.#log = log;
    this.#guide = guide;
    this.#isNested = false;
    try {
      const result = call();
      if (this.#wasNested()) throw new NestedRead("a closure read the state");
      return { result, log };
    } finally {
      this.#log = null;
    }
  }

  #wasNested(): boolean {
    return this.#isNested;
  }

  #wasRefused(): boolean {
    return this.#refused;
  }

  /** Runs `call`, which must not read the state. */
  closed<T>(call: () => T): T {
    const log = this.#log;
    this.#log = null;
    this.#refused = false;
    try {
      const result = call();
      if (this.#wasRefused()) throw new NestedRead("a closure read the state");
      return result;
    } finally {
      this.#log = log;
      this.#isNested ||= this.#refused;
    }
  }
}

/** The id at one slot. */
export class SlotRead implements Read {
  readonly part: number;
  readonly slot: SlotAt;

  constructor(cursor: Cursor, slot: number) {
    this.part = partOf(slot);
    this.slot = { cursor, slot };
  }

  key(): number {
    const { cursor, slot } = this.slot;
    return cursor.words[cursor.at + slot] as number;
  }

  ask(): number {
    return this.key();
  }

  share(): void {}

  asksAs(other: Read): boolean {
    const { cursor, slot } = this.slot;
    return other instanceof SlotRead && other.slot.cursor === cursor && other.slot.slot === slot;
  }
}

/** What a closure makes of the item at one slot: the id of its result in `results`, remembered by item. */
export class ProjectionRead implements Read {
  readonly part: number;
  readonly slot = null;
  readonly #cursor: Cursor;
  readonly #slot: number;
  readonly #project: (id: number) => number;
  #known = new IdMap();

  constructor(cursor: Cursor, slot: number, project: (id: number) => number) {
    this.part = partOf(slot);
    this.#cursor = cursor;
    this.#slot = slot;
    this.#project = project;
  }

  key(): number {
    return this.#known.get(this.#cursor.words[this.#cursor.at + this.#slot] as number);
  }

  ask(): number {
    const id = this.#cursor.words[this.#cursor.at + this.#slot] as number;
    const known = this.#known.get(id);
    if (known !== ABSENT) return known;
    const key = this.#project(id);
    this.#known.set(id, key);
    return key;
  }

  share(other: Read): void {
    if (other instanceof ProjectionRead) this.#known = other.#known;
  }

  asksAs(other: Read): boolean {
    return other instanceof ProjectionRead && other.#cursor === this.#cursor && other.#slot === this.#slot;
  }
}

/** Whether an element is in the bag. */
export class MembershipRead implements Read {
  readonly part: number = REMAINDER;
  readonly slot = null;
  readonly #cursor: Cursor;
  readonly #bagAt: number;
  readonly #element: number;

  constructor(cursor: Cursor, bagAt: number, element: number) {
    this.#cursor = cursor;
    this.#bagAt = bagAt;
    this.#element = element;
  }

  key(): number {
    const { words, at, length } = this.#cursor;
    for (let index = at + this.#bagAt; index < at + length; index++) if (words[index] === this.#element) return 1;
    return 0;
  }

  ask(): number {
    return this.key();
  }

  share(): void {}

  asksAs(other: Read): boolean {
    return other instanceof MembershipRead && other.#cursor === this.#cursor && other.#element === this.#element;
  }
}

/** Which elements of the bag satisfy a predicate, remembered by element: the id of their sequence in `tuples`. */
export class SelectionRead implements Read {
  readonly part: number = REMAINDER;
  readonly slot = null;
  readonly #cursor: Cursor;
  readonly #bagAt: number;
  readonly #tuples: Tuples;
  readonly #satisfies: (element: number) => boolean;
  /** By element: 1 if it satisfies the predicate, 0 if not. */
  #known = new IdMap();

  constructor(cursor: Cursor, bagAt: number, tuples: Tuples, satisfies: (element: number) => boolean) {
    this.#cursor = cursor;
    this.#bagAt = bagAt;
    this.#tuples = tuples;
    this.#satisfies = satisfies;
  }

  key(): number {
    const { words, at, length } = this.#cursor;
    let tuple = EMPTY_TUPLE;
    for (let index = at + this.#bagAt; index < at + length; index++) {
      const element = words[index] as number;
      const known = this.#known.get(element);
      if (known === ABSENT) return ABSENT;
      if (known === 1) tuple = this.#tuples.extend(tuple, element);
    }
    return tuple;
  }

  ask(): number {
    const { words, at, length } = this.#cursor;
    for (let index = at + this.#bagAt; index < at + length; index++) {
      const element = words[index] as number;
      if (this.#known.get(element) === ABSENT) this.#known.set(element, this.#satisfies(element) ? 1 : 0);
    }
    return this.key();
  }

  share(other: Read): void {
    if (other instanceof SelectionRead) this.#known = other.#known;
  }

  asksAs(other: Read): boolean {
    return other instanceof SelectionRead && other.#cursor === this.#cursor;
  }
}

export const EMPTY_TUPLE = 0;

/** Interned sequences of ids: each is the sequence before it and one more id. */
export class Tuples {
  readonly #longer = new PairMap();
  readonly #shorter: number[] = [EMPTY_TUPLE];
  readonly #last: number[] = [ABSENT];

  extend(tuple: number, id: number): number {
    const known = this.#longer.get(tuple, id);
    if (known !== ABSENT) return known;
    const longer = this.#shorter.length;
    this.#longer.add(tuple, id, longer);
    this.#shorter.push(tuple);
    this.#last.push(id);
    return longer;
  }

  items(tuple: number): readonly number[] {
    const items: number[] = [];
    for (let at = tuple; at !== EMPTY_TUPLE; at = this.#shorter[at] as number) items.push(this.#last[at] as number);
    return items.reverse();
  }
}

/** Calls a closure that a property or action gave to a collection: twice, on a frozen item, with the state closed to it. */
export function callClosure<T, R>(
  recorder: Recorder,
  name: string,
  item: T,
  closure: (item: T) => R,
  results: Table<{ result: unknown } | null>,
): number {
  const called = `a function given to a collection by ${name}`;
  const call = (): { result: R } | null => {
    const result = closure(item);
    return result === undefined ? null : { result };
  };
  return internResult(
    called,
    [item],
    results,
    recorder.closed(() => callTwice(called, [item], call)),
  );
}
