/**
 * Clocks. A node's clock is its `tick` timer, which the checker lets end at any time; what is told of here is which
 * ticks nodes with real clocks could have had. States that others lead to are left out by the model's constraint.
 */

import type { Observer } from "@quorate/checker";
import type { NodeId, Signature } from "@quorate/core";

/**
 * How clocks go.
 *
 * - steady: all alike. Nodes tick in turn, in an order that the first ticks settle: their phases.
 * - jittery: every node ticks once before any ticks again, in any order. While one counts k ticks, any other counts at
 *   least k - 2. Of steady clocks it would count k - 1.
 * - free: as they like. A clock that stands still is that of a node which was paused and has not noticed.
 */
export type Clocks = "steady" | "jittery" | "free";

/** Of the nodes that run: who is to tick before the others may tick again, and who has ticked. */
export type ClockHistory = {
  readonly pending: readonly NodeId[];
  /** Of steady clocks in the order of their ticks, of others in the order of the names. */
  readonly ticked: readonly NodeId[];
  /** Whether no clock has gone wrong. */
  readonly inTime: boolean;
};

/** Watches the ticks of `nodes`. Those that are down have none; a start begins a tick's time anew. */
export function clockObserver<S extends Signature>(
  clocks: Clocks,
  nodes: readonly NodeId[],
): Observer<S, ClockHistory> {
  return {
    initial: { pending: nodes, ticked: [], inTime: true },
    observe(history, event) {
      if (clocks === "free") return history;
      switch (event.type) {
        case "start":
          return history.pending.includes(event.node) ? history : withTicked(clocks, history, event.node);
        case "crash":
          return {
            ...history,
            pending: without(history.pending, event.node),
            ticked: without(history.ticked, event.node),
          };
        case "input":
          return event.input.type === "timeout" && event.input.timer === "tick"
            ? tick(clocks, history, event.node)
            : history;
        case "persist":
          return history;
      }
    },
  };
}

function tick(clocks: Clocks, history: ClockHistory, node: NodeId): ClockHistory {
  const { pending, ticked } = history;
  if (pending.includes(node)) return withTicked(clocks, { ...history, pending: without(pending, node) }, node);
  if (pending.length > 0 || (clocks === "steady" && ticked[0] !== node)) return { ...history, inTime: false };
  if (clocks === "steady") return withTicked(clocks, { ...history, ticked: without(ticked, node) }, node);
  return { ...history, pending: without(ticked, node), ticked: [node] };
}

function withTicked(clocks: Clocks, history: ClockHistory, node: NodeId): ClockHistory {
  const ticked = [...history.ticked, node];
  return { ...history, ticked: clocks === "steady" ? ticked : ticked.sort((a, b) => (a < b ? -1 : 1)) };
}

function without(nodes: readonly NodeId[], node: NodeId): readonly NodeId[] {
  return nodes.filter((other) => other !== node);
}
