/**
 * The properties of total-order.ts for runs of running nodes, which are too long to keep: each is told of every event and
 * remembers digests and numbers. What they mean is the same.
 */

import type { Monitor, TracedEvent } from "@quorate/checker";
import { isTotalOrderOutput } from "@quorate/core";
import type { NodeId, Plain, Signature, TotalOrderOutput } from "@quorate/core";
import { contentDigester } from "./content.ts";

type Monitors = { readonly [name: string]: Monitor<Signature> };

/** Of whatever part of a run is known. */
export function orderMonitors(): Monitors {
  const digest = contentDigester();
  /** All that was delivered anywhere, by index, and the indexes that some node has passed over. */
  const order = new Map<number, string>();
  const passedOver = new Map<number, NodeId>();
  /** By node, where its deliveries have come to; null where that is not known. */
  const reached = new Map<NodeId, number | null>();

  return {
    /** No two nodes, and no two lives of one, deliver different commands at one place in the order. */
    agreement: (event) => {
      for (const output of outputsOf(event)) {
        if (output.type !== "deliver") continue;
        const { index, command } = output;
        const content = digest(command);
        const known = order.get(index);
        if (known !== undefined && known !== content) {
          return `${event.node} delivers at ${index} another command than was delivered there before`;
        }
        order.set(index, content);
      }
      return null;
    },

    /** Every node delivers in the order of the indexes, and passes over nothing that is delivered anywhere. */
    totalOrder: (event) => {
      const { node } = event;
      if (event.type === "start") reached.set(node, 0);
      if (event.type === "resume") reached.set(node, null);
      for (const output of outputsOf(event)) {
        if (output.type === "restore") reached.set(node, output.index);
        if (output.type !== "deliver") continue;
        const { index } = output;
        const last = reached.get(node) ?? index - 1;
        if (index <= last) return `${node} delivers ${index} after ${last}`;
        for (let between = last + 1; between < index; between++) {
          if (order.has(between))
            return `${node} delivers ${index} after ${last}, and ${between} was delivered elsewhere`;
          passedOver.set(between, node);
        }
        const other = passedOver.get(index);
        if (other !== undefined) return `${node} delivers ${index}, which ${other} has passed over`;
        reached.set(node, index);
      }
      return null;
    },
  };
}

/** Of a run of which everything is known: what was broadcast is. */
export function broadcastMonitors(): Monitors {
  const digest = contentDigester();
  /** By command, how often it was broadcast and not refused. */
  const broadcast = new Map<string, number>();
  /** By node, and by command, how often it was delivered in this life since the last snapshot. */
  const delivered = new Map<NodeId, Map<string, number>>();
  const add = (command: Plain, times: number): void => {
    const content = digest(command);
    broadcast.set(content, (broadcast.get(content) ?? 0) + times);
  };

  return {
    /** What is delivered was broadcast, and not refused. */
    validity: (event) => {
      for (const command of commandsIn(event.input?.type === "request" ? event.input.request : null)) add(command, 1);
      for (const output of outputsOf(event)) {
        if (output.type === "refused") for (const command of commandsIn(output.request)) add(command, -1);
        if (output.type !== "deliver" || (broadcast.get(digest(output.command)) ?? 0) > 0) continue;
        return `${event.node} delivers at ${output.index} what was not broadcast, or was refused`;
      }
      return null;
    },

    /** No node delivers a command more often than it was broadcast. A new life delivers anew. */
    integrity: (event) => {
      if (event.type !== "step" && event.type !== "flush") delivered.delete(event.node);
      for (const output of outputsOf(event)) {
        if (output.type === "restore") delivered.delete(event.node);
        if (output.type !== "deliver") continue;
        const counts = delivered.get(event.node) ?? new Map<string, number>();
        delivered.set(event.node, counts);
        const content = digest(output.command);
        const times = (counts.get(content) ?? 0) + 1;
        counts.set(content, times);
        if (times > Math.max(1, broadcast.get(content) ?? 0)) {
          return `${event.node} delivers at ${output.index} a command for the ${times}th time`;
        }
      }
      return null;
    },
  };
}

function outputsOf({ outputs }: TracedEvent<Signature>): readonly TotalOrderOutput[] {
  return outputs.filter((output) => isTotalOrderOutput(output));
}

/** The commands of a request, if it is a broadcast. By the face, a request of that type is one. */
function commandsIn(request: Plain): readonly Plain[] {
  if (typeof request !== "object" || request === null || !("type" in request) || request.type !== "broadcast")
    return [];
  const commands: Plain | undefined = "commands" in request ? request.commands : undefined;
  return Array.isArray(commands) ? (commands as readonly Plain[]) : [];
}
