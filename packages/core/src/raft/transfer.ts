/** Leadership transfer: dissertation, section 3.10. */

import { lastIndex } from "../log/index.ts";
import { currentConfiguration, isVoter } from "./configuration.ts";
import { andThen, refuse, send, SET_TRANSFER, unchanged } from "./effects.ts";
import { campaign } from "./election.ts";
import type { TimeoutNow } from "./messages.ts";
import { progressOf } from "./progress.ts";
import { leaderOf, withRole } from "./state.ts";
import type { RaftConfig, RaftState, RaftStep, TransferLeadership } from "./types.ts";

/** From now on proposals are refused, so that the target can catch up with the log. The `transfer` timer bounds that time. */
export function onTransferLeadership(config: RaftConfig, state: RaftState, request: TransferLeadership): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return refuse(config, state, request, "notLeader");
  if (leader.transfer !== null) return refuse(config, state, request, "transferring");
  if (request.to === config.self) return refuse(config, state, request, "targetIsLeader");
  if (!currentConfiguration(config, state).voters.includes(request.to)) {
    return refuse(config, state, request, "targetNotVoter");
  }
  const transferring = withRole(state, { ...leader, transfer: request.to });
  return andThen({ state: transferring, effects: [SET_TRANSFER] }, (next) => urgeTarget(config, next));
}

/**
 * A target that has the whole log is asked to campaign, again with each of its answers. The votes that it will get regard no
 * lease, whenever the request arrives: so the lease is over, for the rest of the term.
 */
export function urgeTarget(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  if (leader === null || leader.transfer === null) return unchanged(state);
  const target = progressOf(leader, leader.transfer);
  if (target === null || target.match < lastIndex(state.durable.log)) return unchanged(state);
  return {
    state: withRole(state, { ...leader, lease: null }),
    effects: [send(config, state, target.node, { type: "timeoutNow" })],
  };
}

/** The target has not taken over in time: the leader goes on. */
export function onTransferTimeout(state: RaftState): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  return { state: withRole(state, { ...leader, transfer: null }), effects: [] };
}

/** The leader of this term wants this node to succeed it. */
export function onTimeoutNow(config: RaftConfig, state: RaftState, message: TimeoutNow): RaftStep {
  if (message.term !== state.durable.term) return unchanged(state);
  if (state.volatile.role.type !== "follower") return unchanged(state);
  if (!isVoter(currentConfiguration(config, state), config.self)) return unchanged(state);
  return campaign(config, state, "transfer");
}
