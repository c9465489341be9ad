/** A model as the engine explores it. */

import type { Plain } from "@quorate/core";
import { emptyCursor } from "../engine/explorer.ts";
import type { Cursor } from "../engine/frontier.ts";
import { NO_NOTES } from "../engine/notes.ts";
import { predicatesOf } from "../engine/predicates.ts";
import { changedParts, Recorder, Tuples } from "../engine/reads.ts";
import type {
  ActionDescription,
  FingerprintedCursor,
  Predicate,
  Sink,
  StateDescription,
  StatePredicate,
  System,
} from "../engine/system.ts";
import { Tracked } from "../engine/tracked.ts";
import { newResults } from "../engine/views.ts";
import { encode, NotPlainError } from "../values/encode.ts";
import { isEqual } from "../values/equal.ts";
import { deepFreeze } from "../values/freeze.ts";
import { callTwice, ImpureError, internResult } from "../values/purity.ts";
import { Layout } from "./layout.ts";
import type { FullState, Model, Next, SetChange, Update, Variables } from "./model.ts";
import { modelView } from "./view.ts";
import type { ModelViewParts } from "./view.ts";

/** An update as ids: which slots change to what, and which elements come and go. Elements are in ascending order. */
interface Change {
  readonly slots: readonly number[];
  readonly ids: readonly number[];
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** One action with one choice of its parameters. */
interface Instance {
  readonly action: number;
  readonly choice: { readonly [parameter: string]: Plain };
  readonly changes: Tracked<readonly Change[]>;
}

/** All parts of a state. */
const ALL = -1;

export class ModelSystem implements System {
  readonly from: FingerprintedCursor = emptyCursor();
  readonly to: FingerprintedCursor = emptyCursor();
  readonly actions: readonly string[];
  readonly always: readonly StatePredicate[];
  readonly step: readonly Predicate[];
  readonly nodeStep: readonly Predicate[] = [];
  readonly isSuspect = false;
  readonly sometimes: readonly StatePredicate[];
  readonly constraint: Predicate | null;
  readonly deadlock: "forbidden" | "allowed";
  calls = 0;

  readonly #model: Model;
  readonly #layout: Layout;
  readonly #instances: readonly Instance[];
  /** The slots of the state that was expanded last, of none to begin with, and what each instance came to in it. */
  readonly #expanded: Cursor;
  readonly #found: (readonly Change[])[] = [];
  /** What the last two calls of actions returned: what an error shows, where two calls in a row should have agreed. */
  #returned: readonly [Next<Variables>, Next<Variables>] = [undefined, undefined];

  constructor(model: Model) {
    this.#model = model;
    this.#layout = new Layout(model.variables);
    this.#expanded = { words: new Int32Array(this.#layout.slots), at: 0, length: 0 };
    const recorder = new Recorder();
    const parts: ModelViewParts = { layout: this.#layout, recorder, tuples: new Tuples(), results: newResults() };
    this.actions = Object.keys(model.actions);
    this.#instances = Object.values(model.actions).flatMap((definition, action) =>
      choicesOf(definition.exists).map((choice) => {
        const name = `action ${this.actions[action]}${Object.keys(choice).length > 0 ? ` of ${encode(choice)}` : ""}`;
        deepFreeze(choice);
        const state = modelView(parts, this.from, name, () => changes.itemwise);
        const call = (): readonly Change[] => {
          this.calls++;
          const next = definition.next(state, choice);
          this.#returned = [this.#returned[1], next];
          return this.#changes(next);
        };
        const changes: Tracked<readonly Change[]> = new Tracked(name, recorder, call);
        return { action, choice, changes };
      }),
    );
    const { options } = model;
    const predicates = predicatesOf(options, options.constraint, recorder, this, (cursor, reader, itemwise) =>
      modelView(parts, cursor, reader, itemwise),
    );
    this.always = predicates.always;
    this.step = predicates.step;
    this.sometimes = predicates.sometimes;
    this.constraint = predicates.constraint;
    this.deadlock = options.deadlock ?? "forbidden";
  }

  initial(sink: Sink): void {
    const { options, variables } = this.#model;
    const states = callTwice("initial", [], () => [...(options.initial?.() ?? [initialOf(variables)])]);
    for (const state of states) {
      const slots: number[] = [];
      const elements = new Set<number>();
      for (const place of this.#layout.places) {
        const content: unknown = state[place.name];
        switch (place.kind) {
          case "value":
            slots[place.slot] = this.#internInitial(place.slot, content);
            break;
          case "function":
            for (const [index, key] of place.keys.entries()) {
              const value = (content as { readonly [key: string]: unknown })[key];
              slots[place.slot + index] = this.#internInitial(place.slot + index, value);
            }
            break;
          case "set":
            for (const item of content as readonly Plain[]) {
              const element = { variable: place.name, item };
              elements.add(internResult("initial", [], this.#layout.elements, element));
            }
        }
      }
      this.#emitInitial(sink, slots, ascending([...elements]));
    }
  }

  successors(sink: Sink): void {
    const changed = this.#changedSinceLast();
    for (let index = 0; index < this.#instances.length; index++) {
      const { action, changes } = this.#instances[index] as Instance;
      // States that are expanded in turn have much in common, and most actions read little.
      if (changed === ALL || (changes.parts & changed) !== 0) this.#found[index] = this.#evaluate(changes);
      const found = this.#found[index] as readonly Change[];
      for (let way = 0; way < found.length; way++) this.#apply(sink, found[way] as Change, action, index);
    }
    this.#keepExpanded();
  }

  /**
   * The parts in which the state at `from` may differ from the one that was expanded last. That one is forgotten until this
   * one is expanded in full: whoever has seen enough of it throws.
   */
  #changedSinceLast(): number {
    const last = this.#expanded;
    const changed = last.length === 0 ? ALL : changedParts(last, this.from);
    last.length = 0;
    return changed;
  }

  #keepExpanded(): void {
    const { slots } = this.#layout;
    const { words, at } = this.from;
    const last = this.#expanded;
    for (let slot = 0; slot < slots; slot++) last.words[slot] = words[at + slot] as number;
    last.length = slots;
  }

  #evaluate(changes: Instance["changes"]): readonly Change[] {
    try {
      return changes.evaluate();
    } catch (error) {
      const [first, second] = this.#returned;
      if (!(error instanceof ImpureError) || isEqual(first, second)) throw error;
      const what = `two calls with equal input differ: it returns ${shown(first)} and then ${shown(second)}`;
      throw new ImpureError(changes.name, what, `the state ${shown(this.describeState(this.from))}`);
    }
  }

  describeState(cursor: Cursor): StateDescription {
    const id = (word: number): number => cursor.words[cursor.at + word] as number;
    const { elements, places, slots } = this.#layout;
    const valueAt = (slot: number): Plain => this.#layout.table(slot).value(id(slot)) as Plain;
    return Object.fromEntries(
      places.map((place): [string, Plain] => {
        switch (place.kind) {
          case "value":
            return [place.name, valueAt(place.slot)];
          case "function":
            return [place.name, Object.fromEntries(place.keys.map((key, index) => [key, valueAt(place.slot + index)]))];
          case "set": {
            const bag = Array.from({ length: cursor.length - slots }, (_, index) => id(slots + index));
            const own = bag.filter((element) => elements.value(element).variable === place.name);
            own.sort((a, b) => (elements.encoding(a) < elements.encoding(b) ? -1 : 1));
            return [place.name, own.map((element) => elements.value(element).item)];
          }
        }
      }),
    );
  }

  describeAction(action: number, detail: number): ActionDescription {
    const name = this.actions[action] ?? "initial state";
    return { name, details: this.#instances[detail]?.choice ?? {} };
  }

  #internInitial(slot: number, value: unknown): number {
    return internResult("initial", [], this.#layout.table(slot), value);
  }

  #emitInitial(sink: Sink, slots: readonly number[], elements: readonly number[]): void {
    sink.reserve(slots.length + elements.length);
    let lo = 0;
    let hi = 0;
    for (const [slot, id] of slots.entries()) {
      const table = this.#layout.table(slot);
      sink.words[sink.at + slot] = id;
      lo += table.lo[id] as number;
      hi += table.hi[id] as number;
    }
    const table = this.#layout.elements;
    for (const [index, element] of elements.entries()) {
      sink.words[sink.at + slots.length + index] = element;
      lo += table.lo[element] as number;
      hi += table.hi[element] as number;
    }
    sink.emit(slots.length + elements.length, lo | 0, hi | 0, NO_NOTES, -1, -1);
  }

  /** Emits the state at `from` with a change. */
  #apply(sink: Sink, { slots, ids, added, removed }: Change, action: number, detail: number): void {
    const { words, at, length } = this.from;
    const layout = this.#layout;
    let { lo, hi } = this.from;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as number;
      const before = words[at + slot] as number;
      const after = ids[index] as number;
      const table = layout.table(slot);
      lo = (lo + (table.lo[after] as number) - (table.lo[before] as number)) | 0;
      hi = (hi + (table.hi[after] as number) - (table.hi[before] as number)) | 0;
    }
    if (added.length + removed.length === 0 && sink.dismisses(lo, hi, action)) return;

    sink.reserve(length + added.length);
    const next = sink.words;
    const to = sink.at;
    for (let slot = 0; slot < layout.slots; slot++) next[to + slot] = words[at + slot] as number;
    for (let index = 0; index < slots.length; index++) next[to + (slots[index] as number)] = ids[index] as number;

    // The elements stay in ascending order: those that were there, without the removed, merged with the added.
    const table = layout.elements;
    let end = to + layout.slots;
    let taken = 0;
    let dropped = 0;
    for (let index = at + layout.slots; index < at + length; index++) {
      const element = words[index] as number;
      for (; taken < added.length && (added[taken] as number) <= element; taken++) {
        const fresh = added[taken] as number;
        if (fresh === element) continue;
        next[end++] = fresh;
        lo += table.lo[fresh] as number;
        hi += table.hi[fresh] as number;
      }
      while (dropped < removed.length && (removed[dropped] as number) < element) dropped++;
      if (dropped < removed.length && removed[dropped] === element) {
        lo -= table.lo[element] as number;
        hi -= table.hi[element] as number;
        continue;
      }
      next[end++] = element;
    }
    for (; taken < added.length; taken++) {
      const fresh = added[taken] as number;
      next[end++] = fresh;
      lo += table.lo[fresh] as number;
      hi += table.hi[fresh] as number;
    }
    sink.emit(end - to, lo | 0, hi | 0, NO_NOTES, action, detail);
  }

  #changes(next: Next<Variables>): readonly Change[] {
    if (next === undefined) return [];
    const updates = Array.isArray(next) ? (next as readonly Update<Variables>[]) : [next as Update<Variables>];
    return updates.map((update) => this.#change(checkedUpdate(update)));
  }

  #change(update: Update<Variables>): Change {
    const slots: number[] = [];
    const ids: number[] = [];
    const added = new Set<number>();
    const removed = new Set<number>();
    const set = (slot: number, value: unknown): void => {
      slots.push(slot);
      ids.push(this.#layout.table(slot).intern(value));
    };
    for (const [name, change] of Object.entries(update)) {
      const place = this.#layout.place(name);
      switch (place.kind) {
        case "value":
          set(place.slot, change);
          break;
        case "function":
          for (const [key, value] of Object.entries(change as { readonly [key: string]: unknown })) {
            set(this.#layout.slotOf(place, key), value);
          }
          break;
        case "set": {
          const { add = [], remove = [] } = change as SetChange<Plain>;
          for (const item of add) added.add(this.#element(name, item));
          for (const item of remove) removed.add(this.#element(name, item));
        }
      }
    }
    // What is both added and removed is in the set afterwards.
    const gone = [...removed].filter((element) => !added.has(element));
    return { slots, ids, added: ascending([...added]), removed: ascending(gone) };
  }

  #element(variable: string, item: Plain): number {
    return this.#layout.elements.intern({ variable, item });
  }
}

/** An update must be a record: what has no fields by accident would pass for a step that changes nothing. */
function checkedUpdate(update: Update<Variables>): Update<Variables> {
  const isRecord =
    typeof update === "object" && update !== null && !Array.isArray(update) && !(Symbol.iterator in update);
  if (isRecord) return update;
  throw new TypeError(`it returned a ${typeof update} where undefined, an update or a list of updates is due`);
}

/** What an error shows of a value at the most. */
const SHOWN_CHARACTERS_MAX = 1_000;

/** A value as an error shows it; an action that is not enabled returns nothing. */
function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : textOf(value);
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}

function textOf(value: unknown): string {
  try {
    return encode(value);
  } catch (error) {
    // A set's change may be any list of items, a view's among them, of which only the items are plain.
    return error instanceof NotPlainError ? `(${error.message})` : String(error);
  }
}

function ascending(ids: readonly number[]): readonly number[] {
  return [...ids].sort((a, b) => a - b);
}

/** Every choice of an action's parameters, the last parameter changing fastest. */
function choicesOf(exists: {
  readonly [parameter: string]: readonly Plain[];
}): readonly { readonly [parameter: string]: Plain }[] {
  let choices: readonly { readonly [parameter: string]: Plain }[] = [{}];
  for (const [parameter, domain] of Object.entries(exists)) {
    choices = choices.flatMap((choice) => domain.map((item) => ({ ...choice, [parameter]: item })));
  }
  return choices;
}

function initialOf(variables: Model["variables"]): FullState<Variables> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]): [string, unknown] => {
      if (variable.kind !== "function") return [name, variable.initial];
      return [name, Object.fromEntries(variable.keys.map((key) => [key, variable.initial(key)]))];
    }),
  );
}
