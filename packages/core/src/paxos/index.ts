/**
 * Single-decree Paxos after Leslie Lamport, "Paxos Made Simple" (2001): each node is proposer, acceptor and learner.
 *
 * The main flow, in the order of the paper: `onPropose` (1a), `onPrepare` (1b), `onPromise` (2a), `onAccept` (2b),
 * `onAccepted` (learning).
 */

import type { NodeId, Protocol } from "../protocol.ts";
import { majorities, quorumSystemFault } from "../quorum/quorum.ts";
import type { QuorumSystem } from "../quorum/quorum.ts";
import { onAccept, onPrepare } from "./acceptor.ts";
import { unchanged } from "./effects.ts";
import { onAccepted } from "./learner.ts";
import { onPromise, onPropose, onRejected, onRetry } from "./proposer.ts";
import type { Config, Durable, Message, Paxos, PaxosState, PaxosStep } from "./types.ts";

export { ballotAbove, compareBallots } from "./ballot.ts";
export type * from "./types.ts";

/**
 * The configuration of the node `self` among `nodes`.
 *
 * @param quorums majorities unless given
 * @param learners whom the acceptors tell what they accept: all nodes unless given
 * @throws RangeError if `self` or a learner is no member, a node is named twice, or two quorums of different phases
 *   need not meet
 */
export function paxosConfig(
  self: NodeId,
  nodes: readonly NodeId[],
  quorums?: QuorumSystem,
  learners: readonly NodeId[] = nodes,
): Config {
  if (!nodes.includes(self)) throw new RangeError(`Node ${self} is not one of the nodes ${nodes.join(", ")}.`);
  const twice = nodes.find((node, index) => nodes.indexOf(node) !== index);
  if (twice !== undefined) throw new RangeError(`Node ${twice} is named twice among the nodes.`);
  const system = quorums ?? majorities(nodes);
  const fault = quorumSystemFault(nodes, system);
  if (fault !== null) throw new RangeError(fault);
  const stranger = learners.find((node) => !nodes.includes(node));
  if (stranger !== undefined) throw new RangeError(`Learner ${stranger} is not one of the nodes ${nodes.join(", ")}.`);
  return { self, nodes, learners, quorums: system };
}

export const paxos: Protocol<Paxos> = {
  name: "paxos",

  initial(): Durable {
    return { promised: null, accepted: null, lastTried: null };
  },

  /** A restarted node has forgotten its client's proposal and its decision; either can come again. */
  start(_config, durable) {
    const volatile = { proposer: { phase: "idle" }, learner: { phase: "learning", votes: [] } } as const;
    return { state: { durable, volatile }, effects: [] };
  },

  step(config, state, input) {
    switch (input.type) {
      case "request":
        return onPropose(config, state, input.request);
      case "timeout":
        return onRetry(config, state);
      case "persisted":
        // What must be on disk is said by `after`: a node's roles speak by message, and so wait for the disk as others do.
        return unchanged(state);
      case "receive":
        if (!config.nodes.includes(input.from)) return unchanged(state);
        return onMessage(config, state, input.from, input.message);
    }
  },
};

function onMessage(config: Config, state: PaxosState, from: NodeId, message: Message): PaxosStep {
  switch (message.type) {
    case "prepare":
      return onPrepare(state, from, message);
    case "promise":
      return onPromise(config, state, from, message);
    case "accept":
      return onAccept(config, state, from, message);
    case "accepted":
      return onAccepted(config, state, from, message);
    case "rejected":
      return onRejected(state, message);
  }
}
