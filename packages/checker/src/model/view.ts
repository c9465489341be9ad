/** A model's state as actions and properties see it, read and remembered part by part. */

import type { Plain } from "@quorate/core";
import type { Cursor } from "../engine/frontier.ts";
import { MembershipRead, SlotRead } from "../engine/reads.ts";
import type { Recorder, Tuples } from "../engine/reads.ts";
import type { Table } from "../engine/table.ts";
import { BagCollection } from "../engine/views.ts";
import type { ViewContext } from "../engine/views.ts";
import type { Element, Layout } from "./layout.ts";
import type { ModelState, PlainSet, Variables } from "./model.ts";

export interface ModelViewParts {
  readonly layout: Layout;
  readonly recorder: Recorder;
  readonly tuples: Tuples;
  readonly results: ViewContext["results"];
}

/** The state at `cursor`, as the function named `reader` sees it. */
export function modelView(
  parts: ModelViewParts,
  cursor: Cursor,
  reader: string,
  itemwise: () => boolean,
): ModelState<Variables> {
  const { layout, recorder } = parts;
  const context: ViewContext = { recorder, cursor, reader, itemwise, results: parts.results };
  const state = {};
  const define = (target: object, name: string, get: () => unknown): void => {
    Object.defineProperty(target, name, { enumerable: true, get });
  };
  const slotGetter = (slot: number): (() => unknown) => {
    const read = new SlotRead(cursor, slot);
    return () => layout.table(slot).value(recorder.take(read));
  };
  for (const place of layout.places) {
    switch (place.kind) {
      case "value":
        define(state, place.name, slotGetter(place.slot));
        break;
      case "function": {
        const mapping = {};
        for (const [index, key] of place.keys.entries()) define(mapping, key, slotGetter(place.slot + index));
        define(state, place.name, () => mapping);
        break;
      }
      case "set": {
        const set = new TrackedSet(parts, context, place.name);
        define(state, place.name, () => set);
        break;
      }
    }
  }
  return state;
}

/** A set variable: the elements of the bag that carry its name. */
class TrackedSet extends BagCollection<Plain> implements PlainSet<Plain> {
  readonly #variable: string;
  readonly #elements: Table<Element>;
  readonly #has: (element: number) => boolean;

  constructor({ layout, tuples }: ModelViewParts, context: ViewContext, variable: string) {
    const { elements } = layout;
    super(context, {
      at: layout.slots,
      tuples,
      belongs: (element) => elements.value(element).variable === variable,
      elements: {
        value: (element) => elements.value(element).item,
        encoding: (element) => elements.encoding(element),
      },
    });
    this.#variable = variable;
    this.#elements = elements;
    this.#has = (element) => context.recorder.take(new MembershipRead(context.cursor, layout.slots, element)) === 1;
  }

  has(item: Plain): boolean {
    return this.#has(this.#elements.intern({ variable: this.#variable, item }));
  }
}
