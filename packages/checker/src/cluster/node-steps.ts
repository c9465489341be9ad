/** The properties of what one transition may do to the node that it concerns. */

import type { FingerprintedCursor, Predicate } from "../engine/system.ts";
import type { Cursor } from "../engine/frontier.ts";
import { isEqual } from "../values/equal.ts";
import { callTwice } from "../values/purity.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeViews } from "./node-views.ts";

type NodeStepProperties = NonNullable<Cluster["options"]["nodeSteps"]>;
type NodeStepProperty = readonly [name: string, holds: NodeStepProperties[string]];

export class NodeSteps {
  readonly #properties: readonly NodeStepProperty[];
  readonly #views: NodeViews;

  constructor(properties: NodeStepProperties | undefined, views: NodeViews) {
    this.#properties = Object.entries(properties ?? {});
    this.#views = views;
  }

  /** Whether a node's step from one local state to another breaks a property. */
  isBroken(node: number, before: number, after: number): boolean {
    return this.#properties.some((property) => !this.#keeps(property, node, before, after));
  }

  /** The properties, each over all nodes whose local states differ between `from` and `to`. */
  predicates(nodes: number, from: FingerprintedCursor, to: Cursor): readonly Predicate[] {
    const locals = Array.from({ length: nodes }, (_, node) => node);
    return this.#properties.map((property) => ({
      name: property[0],
      test: () =>
        locals.every((node) =>
          this.#keeps(property, node, from.words[from.at + node] as number, to.words[to.at + node] as number),
        ),
    }));
  }

  #keeps([name, holds]: NodeStepProperty, node: number, before: number, after: number): boolean {
    if (before === after) return true;
    const views = [this.#views.view(node, before), this.#views.view(node, after)] as const;
    if (isEqual(...views)) return true;
    return callTwice(`the node step property ${name}`, views, () => {
      const result: unknown = holds(...views);
      if (typeof result !== "boolean") throw new TypeError(`it returned ${String(result)} instead of true or false`);
      return result;
    });
  }
}
