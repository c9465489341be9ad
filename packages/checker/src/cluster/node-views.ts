import type { Signature } from "@quorate/core";
import { nodeId } from "@quorate/core";
import { deepFreeze } from "../values/freeze.ts";
import type { NodeView } from "./cluster.ts";
import { diskOf } from "./local.ts";
import type { Local } from "./local.ts";
import type { Outcomes } from "./outcomes.ts";

/** Nodes as properties see them, made once for each local state. */
export class NodeViews {
  readonly #names: readonly string[];
  readonly #outcomes: Outcomes;
  /** By node and local state. */
  readonly #views: NodeView<Signature>[][];

  constructor(names: readonly string[], outcomes: Outcomes) {
    this.#names = names;
    this.#outcomes = outcomes;
    this.#views = names.map(() => []);
  }

  view(node: number, local: number): NodeView<Signature> {
    const views = this.#views[node] as NodeView<Signature>[];
    const known = views[local];
    if (known !== undefined) return known;
    const state = this.#outcomes.locals[node]?.value(local) as Local;
    const id = nodeId(this.#names[node] ?? "");
    const view: NodeView<Signature> =
      state.status === "up"
        ? { id, up: true, state: state.memory, disk: diskOf(state), timers: state.timers }
        : { id, up: false, state: null, disk: state.disk, timers: [] };
    views[local] = deepFreeze(view);
    return view;
  }
}
