/** Prevote: dissertation, section 9.6. A node asks whether it would be elected before it disturbs anyone with a new term. */

import type { NodeId } from "../protocol.ts";
import { hasRecentLeader } from "./clock.ts";
import { currentConfiguration, isQuorum, isVoter, votersOf } from "./configuration.ts";
import { send, SET_ELECTION, unchanged } from "./effects.ts";
import { campaign } from "./election.ts";
import { compareLogs, lastEntry } from "./log-terms.ts";
import type { PreVote, PreVoteReply } from "./messages.ts";
import { withRole } from "./state.ts";
import type { RaftConfig, RaftState, RaftStep } from "./types.ts";

/** Asks all others. Nothing is promised by it, so the own prevote need not wait for the disk. */
export function askForPreVotes(config: RaftConfig, state: RaftState): RaftStep {
  const configuration = currentConfiguration(config, state);
  const granted = [config.self];
  if (isQuorum(configuration, granted)) return campaign(config, state, "timeout");
  const others = votersOf(configuration).filter((node) => node !== config.self);
  const body = { type: "preVote", ...lastEntry(state.durable) } as const;
  return {
    state: withRole(state, { type: "preCandidate", granted }),
    effects: [...others.map((node) => send(config, state, node, body)), SET_ELECTION],
  };
}

/**
 * A question changes nothing here. A node of a lower term is told of the higher one, by which it catches up: if nobody told
 * it, and its log were the only one that is up to date, there would never be a leader again.
 */
export function onPreVote(config: RaftConfig, state: RaftState, from: NodeId, message: PreVote): RaftStep {
  const { term } = state.durable;
  if (message.term < term) {
    return { state, effects: [send(config, state, from, { type: "preVoteReply", voteGranted: false })] };
  }
  if (hasLeader(config, state)) return unchanged(state);
  if (compareLogs(message, lastEntry(state.durable)) < 0) return unchanged(state);
  return { state, effects: [grant(config, state, from, message)] };
}

/** A grant repeats the term of the question, so that the asker knows which one it is. */
function grant(config: RaftConfig, state: RaftState, to: NodeId, { term }: PreVote): RaftStep["effects"][number] {
  const reply = send(config, state, to, { type: "preVoteReply", voteGranted: true });
  return { ...reply, message: { ...reply.message, term } };
}

/**
 * Whether this node has a leader, and helps to elect no other: one that it has heard from within the least time of an election.
 * Where nobody counts time, one that it has not given up, as it does when its own timer is over.
 */
function hasLeader(config: RaftConfig, state: RaftState): boolean {
  const { role } = state.volatile;
  if (role.type === "leader") return true;
  if (config.checkQuorum !== null) return hasRecentLeader(config, state);
  return role.type === "follower" && role.leader !== null;
}

export function onPreVoteReply(config: RaftConfig, state: RaftState, from: NodeId, message: PreVoteReply): RaftStep {
  const { role } = state.volatile;
  if (role.type !== "preCandidate") return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  if (!message.voteGranted) return unchanged(state);
  const configuration = currentConfiguration(config, state);
  if (!isVoter(configuration, from)) return unchanged(state);
  if (role.granted.includes(from)) return unchanged(state);
  const granted = [...role.granted, from].sort();
  if (isQuorum(configuration, granted)) return campaign(config, state, "timeout");
  return { state: withRole(state, { type: "preCandidate", granted }), effects: [] };
}
