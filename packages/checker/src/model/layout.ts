/** Where a model's variables stand in a state's words. */

import type { Plain } from "@quorate/core";
import { Table } from "../engine/table.ts";
import type { Model } from "./model.ts";

/** Where one variable stands: one slot, one slot for each key, or elements of the bag. */
export type Place =
  | { readonly kind: "value"; readonly name: string; readonly slot: number }
  | { readonly kind: "function"; readonly name: string; readonly slot: number; readonly keys: readonly string[] }
  | { readonly kind: "set"; readonly name: string };

/** An item of a set variable. */
export type Element = { readonly variable: string; readonly item: Plain };

export class Layout {
  readonly places: readonly Place[];
  readonly slots: number;
  readonly elements: Table<Element> = new Table("element");
  readonly #tables: readonly Table<unknown>[];

  constructor(variables: Model["variables"]) {
    const places: Place[] = [];
    const tables: Table<unknown>[] = [];
    for (const [name, variable] of Object.entries(variables)) {
      const slot = tables.length;
      switch (variable.kind) {
        case "value":
          places.push({ kind: "value", name, slot });
          tables.push(new Table(JSON.stringify(["variable", name])));
          break;
        case "function":
          places.push({ kind: "function", name, slot, keys: variable.keys });
          for (const key of variable.keys) tables.push(new Table(JSON.stringify(["variable", name, key])));
          break;
        case "set":
          places.push({ kind: "set", name });
      }
    }
    this.places = places;
    this.slots = tables.length;
    this.#tables = tables;
  }

  table(slot: number): Table<unknown> {
    return this.#tables[slot] as Table<unknown>;
  }

  place(name: string): Place {
    const place = this.places.find((candidate) => candidate.name === name);
    if (place === undefined) {
      const names = this.places.map((candidate) => candidate.name).join(", ");
      throw new RangeError(`there is no variable ${name}; the variables are ${names}`);
    }
    return place;
  }

  /** The slot of a function variable at a key. */
  slotOf(place: Extract<Place, { kind: "function" }>, key: string): number {
    const index = place.keys.indexOf(key);
    if (index < 0) throw new RangeError(`${place.name} has no key ${key}; its keys are ${place.keys.join(", ")}`);
    return place.slot + index;
  }
}
