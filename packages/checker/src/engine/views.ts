/** The collections inside a state, as tracked reads: over slots, and over the bag. */

import type { Collection } from "../collection.ts";
import type { Cursor } from "./frontier.ts";
import type { Read, Recorder, Tuples } from "./reads.ts";
import { ProjectionRead, SelectionRead, callClosure } from "./reads.ts";
import { Table } from "./table.ts";

/** What every view of one evaluated function shares. */
export interface ViewContext {
  readonly recorder: Recorder;
  readonly cursor: Cursor;
  /** The name of the function that reads, for messages. */
  readonly reader: string;
  /** Whether closures given to collections read the state themselves, so that items must be read one by one. */
  itemwise(): boolean;
  /** The results of closures. */
  readonly results: Table<{ result: unknown } | null>;
}

export function newResults(): Table<{ result: unknown } | null> {
  return new Table("a closure's results");
}

/** A collection with one item at each of some slots. */
export class SlotCollection<T> implements Collection<T> {
  readonly #context: ViewContext;
  readonly #items: readonly { readonly slot: number; readonly read: Read }[];
  readonly #value: (index: number, id: number) => T;

  /** @param value the item at the `index`th slot, where the id stands */
  constructor(
    context: ViewContext,
    items: readonly { readonly slot: number; readonly read: Read }[],
    value: (index: number, id: number) => T,
  ) {
    this.#context = context;
    this.#items = items;
    this.#value = value;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.#items.length; index++) yield this.#item(index);
  }

  some(predicate: (item: T) => boolean): boolean {
    return this.#items.some((_, index) => this.#apply(index, predicate));
  }

  every(predicate: (item: T) => boolean): boolean {
    return this.#items.every((_, index) => this.#apply(index, predicate));
  }

  filter<S extends T>(predicate: (item: T) => item is S): readonly S[];
  filter(predicate: (item: T) => boolean): readonly T[];
  filter(predicate: (item: T) => boolean): readonly T[] {
    return this.#items.flatMap((_, index) => (this.#apply(index, predicate) ? [this.#item(index)] : []));
  }

  find(predicate: (item: T) => boolean): T | undefined {
    const index = this.#items.findIndex((_, candidate) => this.#apply(candidate, predicate));
    return index < 0 ? undefined : this.#item(index);
  }

  map<R>(project: (item: T) => R): readonly R[] {
    return this.#items.map((_, index) => this.#apply(index, project));
  }

  #item(index: number): T {
    const item = this.#items[index];
    if (item === undefined) throw new RangeError(`There is no item ${index}.`);
    return this.#value(index, this.#context.recorder.take(item.read));
  }

  #apply<R>(index: number, closure: (item: T) => R): R {
    const { cursor, recorder, reader, results } = this.#context;
    if (this.#context.itemwise()) return closure(this.#item(index));
    const slot = this.#items[index]?.slot ?? 0;
    const project = (id: number): number => callClosure(recorder, reader, this.#value(index, id), closure, results);
    const key = recorder.take(new ProjectionRead(cursor, slot, project));
    return results.value(key)?.result as R;
  }
}

/** The elements of the bag that belong to one set or network. */
export class BagCollection<T> implements Collection<T> {
  readonly #context: ViewContext;
  readonly #bagAt: number;
  readonly #tuples: Tuples;
  readonly #belongs: (element: number) => boolean;
  readonly #elements: { value(id: number): T; encoding(id: number): string };

  constructor(
    context: ViewContext,
    bag: {
      /** The word at which the bag begins. */
      readonly at: number;
      readonly tuples: Tuples;
      readonly belongs: (element: number) => boolean;
      readonly elements: { value(id: number): T; encoding(id: number): string };
    },
  ) {
    this.#context = context;
    this.#bagAt = bag.at;
    this.#tuples = bag.tuples;
    this.#belongs = bag.belongs;
    this.#elements = bag.elements;
  }

  get size(): number {
    return this.#select(() => true).length;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#select(() => true)[Symbol.iterator]();
  }

  some(predicate: (item: T) => boolean): boolean {
    return this.filter(predicate).length > 0;
  }

  every(predicate: (item: T) => boolean): boolean {
    return !this.some((item) => !predicate(item));
  }

  filter<S extends T>(predicate: (item: T) => item is S): readonly S[];
  filter(predicate: (item: T) => boolean): readonly T[];
  filter(predicate: (item: T) => boolean): readonly T[] {
    if (this.#context.itemwise()) return this.#select(() => true).filter(predicate);
    const { recorder, reader, results } = this.#context;
    return this.#select((element) => {
      const key = callClosure(recorder, reader, this.#elements.value(element), predicate, results);
      return Boolean(results.value(key)?.result);
    });
  }

  find(predicate: (item: T) => boolean): T | undefined {
    return this.filter(predicate)[0];
  }

  map<R>(project: (item: T) => R): readonly R[] {
    return this.#select(() => true).map((item) => project(item));
  }

  /** The elements that satisfy `satisfies`, in the order of their encodings. */
  #select(satisfies: (element: number) => boolean): readonly T[] {
    const { cursor, recorder } = this.#context;
    const belongsAndSatisfies = (element: number): boolean => this.#belongs(element) && satisfies(element);
    const tuple = recorder.take(new SelectionRead(cursor, this.#bagAt, this.#tuples, belongsAndSatisfies));
    const elements = [...this.#tuples.items(tuple)];
    elements.sort((a, b) => (this.#elements.encoding(a) < this.#elements.encoding(b) ? -1 : 1));
    return elements.map((element) => this.#elements.value(element));
  }
}
