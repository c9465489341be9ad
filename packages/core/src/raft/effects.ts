/** How the functions of Raft make and chain steps. */

import type { NodeId, Send } from "../protocol.ts";
import type { RaftMessageBody } from "./messages.ts";
import type { Raft, RaftConfig, RaftEffect, RaftRequest, RaftState, RaftStep, RaftRefusalReason } from "./types.ts";

/** The step that changes nothing: the same reference, and no effects. */
export function unchanged(state: RaftState): RaftStep {
  return { state, effects: [] };
}

/** `step`, and then what `next` makes of the state that it led to. */
export function andThen(step: RaftStep, ...next: readonly ((state: RaftState) => RaftStep)[]): RaftStep {
  let { state, effects } = step;
  for (const follow of next) {
    const after = follow(state);
    state = after.state;
    effects = after.effects.length === 0 ? effects : [...effects, ...after.effects];
  }
  return { state, effects };
}

/** One message of the present term. It waits for the disk unless the sender knows better. */
export function send(
  config: RaftConfig,
  state: RaftState,
  to: NodeId,
  body: RaftMessageBody,
  after: "now" | "durable" = "durable",
): Send<Raft> {
  return { type: "send", to, message: { ...body, cluster: config.cluster, term: state.durable.term }, after };
}

export const SET_ELECTION: RaftEffect = { type: "setTimer", timer: "election" };
export const SET_HEARTBEAT: RaftEffect = { type: "setTimer", timer: "heartbeat" };
export const SET_TRANSFER: RaftEffect = { type: "setTimer", timer: "transfer" };
export const SET_TICK: RaftEffect = { type: "setTimer", timer: "tick" };
export const CLEAR_ELECTION: RaftEffect = { type: "clearTimer", timer: "election" };
export const CLEAR_HEARTBEAT: RaftEffect = { type: "clearTimer", timer: "heartbeat" };
export const CLEAR_TRANSFER: RaftEffect = { type: "clearTimer", timer: "transfer" };

/** The leader of the term as far as this node knows, itself included. */
export function knownLeader(config: RaftConfig, state: RaftState): NodeId | null {
  const { role } = state.volatile;
  switch (role.type) {
    case "leader":
      return config.self;
    case "follower":
      return role.leader;
    case "preCandidate":
    case "candidate":
      return null;
  }
}

/** The request is refused, for a reason, and nothing changes. */
export function refuse(
  config: RaftConfig,
  state: RaftState,
  request: RaftRequest,
  reason: RaftRefusalReason,
): RaftStep {
  const leader = knownLeader(config, state);
  return { state, effects: [{ type: "output", output: { type: "refused", request, reason, leader } }] };
}
