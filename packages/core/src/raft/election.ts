/** Leader election: the paper, section 5.2 and 5.4.1; Figure 2, RequestVote RPC. */

import type { NodeId } from "../protocol.ts";
import { currentConfiguration, isQuorum, isVoter, membersOf, votersOf } from "./configuration.ts";
import { andThen, CLEAR_ELECTION, send, SET_ELECTION, SET_HEARTBEAT, unchanged } from "./effects.ts";
import { freshLease } from "./lease.ts";
import { compareLogs, lastEntry } from "./log-terms.ts";
import type { RequestVote, RequestVoteReply } from "./messages.ts";
import { freshProgress } from "./progress.ts";
import { appendAsLeader } from "./replication.ts";
import { withQuietTicks, withRole } from "./state.ts";
import type { Candidate, Leader, RaftConfig, RaftState, RaftStep } from "./types.ts";

/**
 * Figure 2, "Candidates": a new term, a vote for itself, and a question to all others. The own vote is counted once it is on
 * disk, as theirs are: `onPersisted`. Were it counted before, a lone voter could lead one term in two lives.
 */
export function campaign(config: RaftConfig, state: RaftState, reason: "timeout" | "transfer"): RaftStep {
  const durable = { ...state.durable, term: state.durable.term + 1, votedFor: config.self };
  const campaigning = withRole({ ...state, durable }, { type: "candidate", granted: [] });
  const others = votersOf(currentConfiguration(config, state)).filter((node) => node !== config.self);
  const body = { type: "requestVote", ...lastEntry(durable), transfer: reason === "transfer" } as const;
  return {
    state: campaigning,
    effects: [...others.map((node) => send(config, campaigning, node, body)), SET_ELECTION],
  };
}

/**
 * Figure 2, RequestVote RPC. Whether the candidate or this node has a vote, by the configurations that this node knows, is
 * not asked: it may lack the one that says so (section 4.2.1).
 */
export function onRequestVote(config: RaftConfig, state: RaftState, from: NodeId, message: RequestVote): RaftStep {
  const { durable } = state;
  if (message.term < durable.term) return deny(config, state, from);
  const isFree = durable.votedFor === null || durable.votedFor === from;
  const isUpToDate = compareLogs(message, lastEntry(durable)) >= 0;
  if (!isFree || !isUpToDate) return unchanged(state);
  const voted = durable.votedFor === from ? state : { ...state, durable: { ...durable, votedFor: from } };
  const reply = { type: "requestVoteReply", voteGranted: true } as const;
  return { state: voted, effects: [send(config, voted, from, reply), SET_ELECTION] };
}

/** A denial tells a candidate of a past term what the term is. In its own term, it would learn nothing from one. */
function deny(config: RaftConfig, state: RaftState, to: NodeId): RaftStep {
  return { state, effects: [send(config, state, to, { type: "requestVoteReply", voteGranted: false })] };
}

/** A vote counts in its own term, and once. */
export function onRequestVoteReply(
  config: RaftConfig,
  state: RaftState,
  from: NodeId,
  message: RequestVoteReply,
): RaftStep {
  const { role } = state.volatile;
  if (role.type !== "candidate") return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  if (!message.voteGranted) return unchanged(state);
  return countVote(config, state, role, from);
}

/** The candidate has the vote of `voter`. With a quorum of them it leads. */
export function countVote(config: RaftConfig, state: RaftState, candidate: Candidate, voter: NodeId): RaftStep {
  const configuration = currentConfiguration(config, state);
  if (!isVoter(configuration, voter)) return unchanged(state);
  if (candidate.granted.includes(voter)) return unchanged(state);
  const granted = [...candidate.granted, voter].sort();
  if (isQuorum(configuration, granted)) return becomeLeader(config, state);
  return { state: withRole(state, { type: "candidate", granted }), effects: [] };
}

/**
 * Figure 2, "Leaders": upon election. The no-op is an entry of the new term, with which what earlier terms have left can be
 * committed (section 6.4).
 */
function becomeLeader(config: RaftConfig, state: RaftState): RaftStep {
  const { term } = state.durable;
  const others = membersOf(currentConfiguration(config, state)).filter((node) => node !== config.self);
  const leader: Leader = {
    type: "leader",
    persisted: 0,
    progress: others.map((node) => freshProgress(state.durable, node, config.checkQuorum === null)),
    round: 0,
    reads: { waiting: [], confirming: null },
    lease: freshLease(config),
    ticks: 0,
    transfer: null,
  };
  // It acknowledges no other leader any more.
  const leading = withRole(withQuietTicks(state, config.checkQuorum?.electionTicks ?? 0), leader);
  return andThen({ state: leading, effects: [CLEAR_ELECTION, SET_HEARTBEAT] }, (next) =>
    appendAsLeader(config, next, [{ type: "noop", term }]),
  );
}
