/** A cluster's state as its properties see it, read and remembered part by part. */

import type { Plain, Signature } from "@quorate/core";
import type { Collection } from "../collection.ts";
import type { Cursor } from "../engine/frontier.ts";
import { ProjectionRead, SlotRead } from "../engine/reads.ts";
import type { Recorder, Tuples } from "../engine/reads.ts";
import { BagCollection, SlotCollection } from "../engine/views.ts";
import type { ViewContext } from "../engine/views.ts";
import type { ClusterState, Envelope } from "./cluster.ts";
import type { ClusterSystem } from "./system.ts";

type View = ClusterState<Signature, { readonly [name: string]: Plain }>;

/** What all views of a system share: one recorder, and what is remembered of collections. */
export class ClusterViews {
  readonly recorder: Recorder;
  readonly #system: ClusterSystem;
  readonly #tuples: Tuples;
  readonly #results: ViewContext["results"];

  constructor(system: ClusterSystem, recorder: Recorder, tuples: Tuples, results: ViewContext["results"]) {
    this.#system = system;
    this.recorder = recorder;
    this.#tuples = tuples;
    this.#results = results;
  }

  /** The state at `cursor`, as the function named `reader` sees it. */
  view(cursor: Cursor, reader: string, itemwise: () => boolean): View {
    const system = this.#system;
    const { recorder } = this;
    const context: ViewContext = { recorder, cursor, reader, itemwise, results: this.#results };
    const nodeReads = system.nodeNames.map((_, slot) => ({ slot, read: new SlotRead(cursor, slot) }));
    const history: { readonly [name: string]: Plain } = Object.defineProperties(
      {},
      Object.fromEntries(
        Object.keys(system.options.observers ?? {}).map((name, index) => {
          const read = new SlotRead(cursor, system.historyAt + index);
          const get = (): unknown => system.tableOf(system.historyAt + index).value(recorder.take(read));
          return [name, { enumerable: true, get }];
        }),
      ),
    );
    const partitioned = new ProjectionRead(cursor, system.conditionsAt, (id) =>
      system.conditions.table.value(id).side === null ? 0 : 1,
    );
    return {
      nodes: new SlotCollection(context, nodeReads, (node, local) => system.nodeViews.view(node, local)),
      node: (id) => {
        const node = system.outcomes.nodeIndex(id);
        const read = nodeReads[node]?.read;
        if (read === undefined) {
          throw new RangeError(`There is no node ${id}; the nodes are ${system.nodeNames.join(", ")}.`);
        }
        return system.nodeViews.view(node, recorder.take(read));
      },
      messages: this.#messages(context),
      history,
      get partitioned() {
        return recorder.take(partitioned) === 1;
      },
    };
  }

  #messages(context: ViewContext): Collection<Envelope<Signature>> {
    const { outcomes, links, linksAt, slots } = this.#system;
    if (links === null) {
      const bag = { at: slots, tuples: this.#tuples, belongs: () => true, elements: outcomes.envelopes };
      return new BagCollection(context, bag);
    }
    const reads = Array.from({ length: links.count }, (_, link) => new SlotRead(context.cursor, linksAt + link));
    return new Concatenation(() => reads.flatMap((read, link) => links.table(link).value(context.recorder.take(read))));
  }
}

/** A collection whose items are read as a whole. */
class Concatenation<T> implements Collection<T> {
  readonly #items: () => readonly T[];

  constructor(items: () => readonly T[]) {
    this.#items = items;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items()[Symbol.iterator]();
  }

  some(predicate: (item: T) => boolean): boolean {
    return this.#items().some((item) => predicate(item));
  }

  every(predicate: (item: T) => boolean): boolean {
    return this.#items().every((item) => predicate(item));
  }

  filter<S extends T>(predicate: (item: T) => item is S): readonly S[];
  filter(predicate: (item: T) => boolean): readonly T[];
  filter(predicate: (item: T) => boolean): readonly T[] {
    return this.#items().filter((item) => predicate(item));
  }

  find(predicate: (item: T) => boolean): T | undefined {
    return this.#items().find((item) => predicate(item));
  }

  map<R>(project: (item: T) => R): readonly R[] {
    return this.#items().map((item) => project(item));
  }
}
