/** The words in which the tests of Paxos tell their stories. */

import { paxos, paxosConfig } from "../paxos/index.ts";
import type {
  Ballot,
  Config,
  Durable,
  Learner,
  Message,
  PaxosEffect,
  PaxosInput,
  PaxosState,
  PaxosStep,
  Proposer,
  Value,
} from "../paxos/index.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";

export const a: NodeId = nodeId("a");
export const b: NodeId = nodeId("b");
export const c: NodeId = nodeId("c");
/** Not a member of the cluster. */
export const stranger: NodeId = nodeId("stranger");

/** The node `a` among three, with majorities for quorums. */
export const config: Config = paxosConfig(a, [a, b, c]);

export const NEVER_RUN: Durable = { promised: null, accepted: null, lastTried: null };
export const IDLE: Proposer = { phase: "idle" };
export const HEARD_NOTHING: Learner = { phase: "learning", votes: [] };

export function ballot(round: number, node: NodeId): Ballot {
  return { round, node };
}

/** A node that has just started, with what is given on its disk. */
export function started(durable: Partial<Durable> = {}): PaxosState {
  return paxos.start(config, { ...NEVER_RUN, ...durable }).state;
}

/** What the node does with the last of `inputs`, after the others. */
export function after(state: PaxosState, ...inputs: readonly [PaxosInput, ...PaxosInput[]]): PaxosStep {
  return afterIn(config, state, ...inputs);
}

/** The same under another configuration. */
export function afterIn(
  configuration: Config,
  state: PaxosState,
  ...inputs: readonly [PaxosInput, ...PaxosInput[]]
): PaxosStep {
  const [first, ...rest] = inputs;
  return rest.reduce(
    (step, input) => paxos.step(configuration, step.state, input),
    paxos.step(configuration, state, first),
  );
}

export function from(node: NodeId, message: Message): PaxosInput {
  return { type: "receive", from: node, message };
}

export function propose(value: Value): PaxosInput {
  return { type: "request", request: { type: "propose", value } };
}

export const RETRY: PaxosInput = { type: "timeout", timer: "retry" };
export const SET_RETRY: PaxosEffect = { type: "setTimer", timer: "retry" };
export const CLEAR_RETRY: PaxosEffect = { type: "clearTimer", timer: "retry" };

/** The effect of a message that waits for the disk. */
export function sent(to: NodeId, message: Message): PaxosEffect {
  return { type: "send", to, message, after: "durable" };
}

/** The same message to every node. */
export function sentToAll(message: Message): readonly PaxosEffect[] {
  return config.nodes.map((node) => sent(node, message));
}

/** The effect of a message that need not wait. */
export function sentNow(to: NodeId, message: Message): PaxosEffect {
  return { type: "send", to, message, after: "now" };
}
