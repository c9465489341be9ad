import type { NodeId, Send } from "../protocol.ts";
import type { Message, Paxos, PaxosState, PaxosStep } from "./types.ts";

/** The step that changes nothing: the same reference, and no effects. */
export function unchanged(state: PaxosState): PaxosStep {
  return { state, effects: [] };
}

/** One message, after what it says is on disk unless the sender knows better. */
export function send(to: NodeId, message: Message, after: "now" | "durable" = "durable"): Send<Paxos> {
  return { type: "send", to, message, after };
}

/** One message to each of `nodes`, also to this one: the roles of a node speak to each other as they speak to others. */
export function sendToAll(nodes: readonly NodeId[], message: Message): readonly Send<Paxos>[] {
  return nodes.map((node) => send(node, message));
}
