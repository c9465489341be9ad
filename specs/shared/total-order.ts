/**
 * Total order broadcast as the textbooks state it, over any protocol with the face of packages/core/src/total-order:
 * validity, integrity, agreement and total order, after Hadzilacos and Toueg, "A Modular Approach to Fault-Tolerant
 * Broadcasts and Related Problems" (1994). Commands are plain data of any kind, and one is another if they hold the same.
 */

import { isEqual } from "@quorate/checker";
import type { NodeEvent, Observer } from "@quorate/checker";
import { isTotalOrderOutput } from "@quorate/core";
import type { Broadcast, Plain, Signature, Tagged, TotalOrderOutput } from "@quorate/core";
import { byEncoding, isAmong } from "./consensus.ts";

/** A command with its place in the order. */
type Delivery = { readonly index: number; readonly command: Plain };

/**
 * What a node has delivered in its present life, as it came, after what the last snapshot that it restored stands for.
 * `restored` is that snapshot's index, or 0.
 */
type NodeDeliveries = { readonly restored: number; readonly delivered: readonly Delivery[] };

/** What the world outside has seen. */
export type TotalOrderHistory = {
  /** The commands that were broadcast and not refused, as often as they were, in the order of their encodings. */
  readonly broadcast: readonly Plain[];
  /** All that was delivered anywhere, once each, in the order of the indexes. */
  readonly order: readonly Delivery[];
  /** By node, if it has delivered or restored anything since it last crashed. */
  readonly nodes: { readonly [node: string]: NodeDeliveries };
};

/** Histories of a run, under the name that the properties below look for. */
export interface WithTotalOrder {
  readonly history: { readonly totalOrder: TotalOrderHistory };
}

/**
 * Watches broadcasts, deliveries, restored snapshots and crashes.
 *
 * @param broadcast the commands that were broadcast before the run begins
 */
export function totalOrderObserver<S extends Signature>(
  broadcast: readonly Plain[] = [],
): Observer<S, TotalOrderHistory> {
  return {
    initial: { broadcast: [...broadcast].sort(byEncoding), order: [], nodes: {} },
    observe(history, event) {
      if (event.type === "crash") return withoutNode(history, event.node);
      const outputs = event.effects.flatMap((effect) => {
        return effect.type === "output" && isTotalOrderOutput(effect.output) ? [effect.output] : [];
      });
      const asked = broadcastIn(event);
      // What is refused at once was never under way, and leaves no trace.
      const isTurnedDown = (output: TotalOrderOutput): boolean =>
        output.type === "refused" && isEqual(output.request, asked);
      if (asked !== null && outputs.some(isTurnedDown)) {
        return outputs
          .filter((output) => !isTurnedDown(output))
          .reduce((so, output) => withOutput(so, event.node, output), history);
      }
      const before = asked === null ? history : withBroadcast(history, asked.commands);
      return outputs.reduce((so, output) => withOutput(so, event.node, output), before);
    },
  };
}

/** Invariants. */
export const totalOrderAlways = {
  /** What is delivered was broadcast, and not refused. */
  validity: ({ history }: WithTotalOrder): boolean => {
    const { broadcast, order } = history.totalOrder;
    return order.every(({ command }) => isAmong(broadcast, command));
  },

  /** No node delivers a command more often than it was broadcast. What it delivers anew in a new life is no repetition. */
  integrity: ({ history }: WithTotalOrder): boolean => {
    const { broadcast, nodes } = history.totalOrder;
    return Object.values(nodes).every(({ delivered }) =>
      delivered.every(({ command }) => {
        const times = broadcast.filter((other) => isEqual(other, command)).length;
        return delivered.filter((other) => isEqual(other.command, command)).length <= Math.max(times, 1);
      }),
    );
  },

  /** No two nodes, and no two lives of one, deliver different commands at one place in the order. */
  agreement: ({ history }: WithTotalOrder): boolean => {
    const { order } = history.totalOrder;
    return order.every(({ index }, at) => at === 0 || order[at - 1]?.index !== index);
  },

  /** Every node delivers in the order of the indexes, and passes over nothing that is delivered anywhere. */
  totalOrder: ({ history }: WithTotalOrder): boolean => {
    const { order, nodes } = history.totalOrder;
    return Object.values(nodes).every(({ restored, delivered }) => {
      const indexes = delivered.map(({ index }) => index);
      const isAscending = indexes.every((index, at) => index > (indexes[at - 1] ?? restored));
      const last = indexes.at(-1) ?? restored;
      const due = order.filter(({ index }) => index > restored && index <= last);
      return isAscending && due.every(({ index }) => indexes.includes(index));
    });
  },
};

function withBroadcast(history: TotalOrderHistory, commands: readonly Plain[]): TotalOrderHistory {
  if (commands.length === 0) return history;
  return { ...history, broadcast: [...history.broadcast, ...commands].sort(byEncoding) };
}

/** A refusal that came later than the request: the commands will not be delivered, so they are as good as never asked. */
function withoutBroadcast(history: TotalOrderHistory, commands: readonly Plain[]): TotalOrderHistory {
  const broadcast = commands.reduce<readonly Plain[]>((left, command) => {
    const at = left.findIndex((other) => isEqual(other, command));
    return at === -1 ? left : left.toSpliced(at, 1);
  }, history.broadcast);
  return { ...history, broadcast };
}

function withOutput(history: TotalOrderHistory, node: string, output: TotalOrderOutput): TotalOrderHistory {
  const { restored, delivered } = nodeIn(history, node);
  switch (output.type) {
    case "deliver": {
      const { index, command } = output;
      const nodes = { ...history.nodes, [node]: { restored, delivered: [...delivered, { index, command }] } };
      return { ...history, order: withDelivery(history.order, { index, command }), nodes };
    }
    case "restore": {
      const kept = delivered.filter(({ index }) => index > output.index);
      return { ...history, nodes: { ...history.nodes, [node]: { restored: output.index, delivered: kept } } };
    }
    case "refused":
      return isBroadcast(output.request) ? withoutBroadcast(history, output.request.commands) : history;
    case "readable":
      return history;
  }
}

function withDelivery(order: readonly Delivery[], added: Delivery): readonly Delivery[] {
  if (order.some((known) => isEqual(known, added))) return order;
  return [...order, added].sort((a, b) => a.index - b.index || byEncoding(a.command, b.command));
}

function nodeIn({ nodes }: TotalOrderHistory, node: string): NodeDeliveries {
  const known = Object.hasOwn(nodes, node) ? nodes[node] : undefined;
  return known ?? { restored: 0, delivered: [] };
}

/** A crash ends a life: what the node delivers from then on begins anew. */
function withoutNode(history: TotalOrderHistory, node: string): TotalOrderHistory {
  if (!Object.hasOwn(history.nodes, node)) return history;
  return { ...history, nodes: Object.fromEntries(Object.entries(history.nodes).filter(([other]) => other !== node)) };
}

function broadcastIn<S extends Signature>(event: NodeEvent<S>): Broadcast | null {
  if (event.type !== "input" || event.input.type !== "request") return null;
  const request: Tagged = event.input.request;
  return isBroadcast(request) ? request : null;
}

/** By the face, a request of that type is one. */
function isBroadcast(request: Tagged): request is Broadcast {
  return request.type === "broadcast";
}
