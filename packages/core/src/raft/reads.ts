/** Linearizable reads without a log entry: dissertation, section 6.4. */

import type { NodeId } from "../protocol.ts";
import type { Read } from "../total-order/index.ts";
import { currentConfiguration, isQuorum } from "./configuration.ts";
import { andThen, refuse, send, unchanged } from "./effects.ts";
import { hasLease, renewLease } from "./lease.ts";
import { hasCommittedInTerm } from "./log-terms.ts";
import type { ReadIndex, ReadIndexReply } from "./messages.ts";
import { progressOf } from "./progress.ts";
import { sendHeartbeats } from "./replication.ts";
import { leaderOf, withRole } from "./state.ts";
import type { Index, RaftConfig, RaftState, RaftStep, WaitingRead } from "./types.ts";

/** A client's read. A follower asks the leader for the read index, and answers by itself (section 6.4, end). */
export function onRead(config: RaftConfig, state: RaftState, request: Read): RaftStep {
  const { role } = state.volatile;
  if (role.type === "leader") return takeRead(config, state, { from: config.self, id: request.id });
  if (role.type !== "follower" || role.leader === null) return refuse(config, state, request, "notLeader");
  return { state, effects: [send(config, state, role.leader, { type: "readIndex", id: request.id })] };
}

/** A follower's read. */
export function onReadIndex(config: RaftConfig, state: RaftState, from: NodeId, message: ReadIndex): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  if (progressOf(leader, from) === null) return unchanged(state);
  return takeRead(config, state, { from, id: message.id });
}

/** A lease answers at once, if the leader knows what is committed. Otherwise the read waits for a round. */
function takeRead(config: RaftConfig, state: RaftState, read: WaitingRead): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  if (hasLease(leader) && hasCommittedInTerm(state)) return answer(config, state, [read], state.volatile.commitIndex);
  const waiting = [...leader.reads.waiting, read];
  return startRound(config, withRole(state, { ...leader, reads: { ...leader.reads, waiting } }));
}

/**
 * The reads that wait share one round, which is sent after they came: an answer to an earlier one would say nothing about
 * who leads now. Their index is the commit index, which a leader knows once an entry of its own term is committed.
 */
export function startRound(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  const { waiting, confirming } = leader.reads;
  if (waiting.length === 0 || confirming !== null) return unchanged(state);
  if (!hasCommittedInTerm(state)) return unchanged(state);
  const round = leader.round + 1;
  const reads = { waiting: [], confirming: { round, index: state.volatile.commitIndex, reads: waiting } };
  return andThen(sendHeartbeats(config, withRole(state, { ...leader, round, reads })), (next) =>
    acknowledgeRound(config, next),
  );
}

/** What a quorum has acknowledged in this term shows that this node still led when it was sent. */
export function acknowledgeRound(config: RaftConfig, state: RaftState): RaftStep {
  return andThen(renew(config, state), (next) => confirmReads(config, next));
}

function renew(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  const measuring = leader?.lease?.measuring ?? null;
  if (leader === null || leader.lease === null || measuring === null) return unchanged(state);
  if (!isAcknowledged(config, state, measuring.round)) return unchanged(state);
  return { state: withRole(state, { ...leader, lease: renewLease(config, leader.lease) }), effects: [] };
}

function confirmReads(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  const confirming = leader?.reads.confirming ?? null;
  if (leader === null || confirming === null) return unchanged(state);
  if (!isAcknowledged(config, state, confirming.round)) return unchanged(state);
  const confirmed = withRole(state, { ...leader, reads: { ...leader.reads, confirming: null } });
  return andThen(answer(config, confirmed, confirming.reads, confirming.index), (next) => startRound(config, next));
}

/** A later round's acknowledgement is one of the earlier ones too. */
function isAcknowledged(config: RaftConfig, state: RaftState, round: number): boolean {
  const progress = leaderOf(state)?.progress ?? [];
  const nodes = progress.filter((of) => of.round >= round).map(({ node }) => node);
  return isQuorum(currentConfiguration(config, state), [config.self, ...nodes]);
}

/** What is committed has been delivered here, so that the leader's own reads can be answered at once. */
function answer(config: RaftConfig, state: RaftState, reads: readonly WaitingRead[], index: Index): RaftStep {
  const effects = reads.map(({ from, id }) =>
    from === config.self
      ? ({ type: "output", output: { type: "readable", id, index } } as const)
      : send(config, state, from, { type: "readIndexReply", id, index }),
  );
  return { state, effects };
}

/** The read index is known. What lies up to it may still have to be delivered here. */
export function onReadIndexReply(state: RaftState, from: NodeId, message: ReadIndexReply): RaftStep {
  const { role, commitIndex, reads } = state.volatile;
  if (role.type !== "follower" || role.leader !== from) return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  const { id, index } = message;
  if (index <= commitIndex) return { state, effects: [{ type: "output", output: { type: "readable", id, index } }] };
  return { state: { ...state, volatile: { ...state.volatile, reads: [...reads, { id, index }] } }, effects: [] };
}
