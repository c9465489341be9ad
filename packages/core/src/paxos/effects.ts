import type { NodeId, Send } from "../protocol.ts";
import type { Config, Message, Paxos, PaxosState, PaxosStep } from "./types.ts";

/** The step that changes nothing: the same reference, and no effects. */
export function unchanged(state: PaxosState): PaxosStep {
  return { state, effects: [] };
}

/** One message, after what it says is on disk unless the sender knows better. */
export function send(to: NodeId, message: Message, after: "now" | "durable" = "durable"): Send<Paxos> {
  return { type: "send", to, message, after };
}

/** One message to every node, this one included: the roles of a node speak to each other as they speak to others. */
export function sendToAll(config: Config, message: Message): readonly Send<Paxos>[] {
  return config.nodes.map((node) => send(node, message));
}
