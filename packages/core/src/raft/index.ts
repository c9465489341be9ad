/**
 * Raft after Diego Ongaro, "Consensus: Bridging Theory and Practice" (2014), and Ongaro and Ousterhout, "In Search of an
 * Understandable Consensus Algorithm (Extended Version)" (2014).
 *
 * The main flow, in the order of the paper: `onElectionTimeout`, `onRequestVote`, `onRequestVoteReply`, and `onPersisted` for
 * the own vote (election); `onBroadcast`, `onAppendEntries`, `onAppendEntriesReply`, and `onPersisted` for the leader's own
 * disk (replication); `advanceCommit` and `commitTo` (commitment and delivery).
 */

import { emptyLog, firstIndex, lastIndex, slice } from "../log/index.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import { contradictsCommitted, onAppendEntries } from "./append-entries.ts";
import { onTick } from "./check-quorum.ts";
import { hasRecentLeader, initialQuietTicks } from "./clock.ts";
import { onCompact } from "./compaction.ts";
import { configurationsIn, currentConfiguration, membersOf } from "./configuration.ts";
import { andThen, knownLeader, SET_ELECTION, SET_TICK, unchanged } from "./effects.ts";
import { onRequestVote, onRequestVoteReply } from "./election.ts";
import { onElectionTimeout } from "./election-timer.ts";
import { onHeartbeatTimeout } from "./heartbeat.ts";
import { contradictsCommitted as snapshotContradicts, onInstallSnapshot } from "./install-snapshot.ts";
import { onChangeMembership } from "./membership.ts";
import type { RaftMessage } from "./messages.ts";
import { onPersisted } from "./persisted.ts";
import { onPreVote, onPreVoteReply } from "./prevote.ts";
import { onBroadcast } from "./proposals.ts";
import { onRead, onReadIndex, onReadIndexReply } from "./reads.ts";
import { onAppendEntriesReply, onInstallSnapshotReply } from "./replies.ts";
import { becomeFollower } from "./terms.ts";
import { onTimeoutNow, onTransferLeadership, onTransferTimeout } from "./transfer.ts";
import type {
  Raft,
  RaftConfig,
  RaftDurable,
  RaftEffect,
  RaftRequest,
  RaftState,
  RaftStep,
  RaftTimer,
  RaftVolatile,
} from "./types.ts";
import { isPossible } from "./validation.ts";

export { raftConfig } from "./config.ts";
export type { RaftOptions } from "./config.ts";
export { currentConfiguration, isJoint, isQuorum as isRaftQuorum, membersOf } from "./configuration.ts";
export { knownLeader } from "./effects.ts";
export { leaderOf } from "./state.ts";
export type * from "./messages.ts";
export type * from "./types.ts";

export const raft: Protocol<Raft> = {
  name: "raft",

  initial(): RaftDurable {
    return { term: 0, votedFor: null, log: emptyLog(), snapshot: null };
  },

  /** Every life begins as a follower, with the snapshot delivered and nothing else known to be committed. */
  start(config, durable) {
    const { log, snapshot } = durable;
    const volatile: RaftVolatile = {
      commitIndex: snapshot?.index ?? 0,
      configurations: configurationsIn(slice(log, firstIndex(log), lastIndex(log)), firstIndex(log)),
      role: { type: "follower", leader: null, incoming: null },
      reads: [],
      quietTicks: initialQuietTicks(config),
    };
    const effects: RaftEffect[] = [SET_ELECTION];
    if (config.checkQuorum !== null) effects.push(SET_TICK);
    if (snapshot !== null) {
      effects.push({ type: "output", output: { type: "restore", index: snapshot.index, chunks: snapshot.chunks } });
    }
    return { state: { durable, volatile }, effects };
  },

  step(config, state, input) {
    switch (input.type) {
      case "receive":
        return onReceive(config, state, input.from, input.message);
      case "timeout":
        return onTimeout(config, state, input.timer);
      case "request":
        return onRequest(config, state, input.request);
      case "persisted":
        return onPersisted(config, state, input.durable);
    }
  },
};

/** Figure 2, "All Servers": a higher term makes a follower of everyone, before the message is looked at any further. */
function onReceive(config: RaftConfig, state: RaftState, from: NodeId, message: RaftMessage): RaftStep {
  if (from === config.self || message.cluster !== config.cluster) return unchanged(state);
  if (!isPossible(message) || contradicts(state, message)) return unchanged(state);
  if (isAnswer(message) && !couldAnswer(config, state, from)) return unchanged(state);
  if (isDisruptive(config, state, message)) return unchanged(state);
  if (message.type === "preVote" || message.term <= state.durable.term) return onMessage(config, state, from, message);
  return andThen(becomeFollower(config, state, message.term, null), (next) => onMessage(config, next, from, message));
}

/** Whether a message contradicts what is committed here, so that its sender can't be a leader that is right. */
function contradicts(state: RaftState, message: RaftMessage): boolean {
  if (message.type === "appendEntries") return contradictsCommitted(state, message);
  return message.type === "installSnapshot" && snapshotContradicts(state, message);
}

function isAnswer({ type }: RaftMessage): boolean {
  return type.endsWith("Reply");
}

/** Answers come from those that were asked. Those that ask may know of a membership that this node does not. */
function couldAnswer(config: RaftConfig, state: RaftState, from: NodeId): boolean {
  return membersOf(currentConfiguration(config, state)).includes(from) || knownLeader(config, state) === from;
}

/**
 * Section 4.2.3: while a node hears from its leader it does not help to elect another one, and does not take its term
 * either, unless that leader has asked for it.
 */
function isDisruptive(config: RaftConfig, state: RaftState, message: RaftMessage): boolean {
  if (message.type !== "requestVote" || message.term <= state.durable.term) return false;
  if (config.checkQuorum === null || message.transfer) return false;
  return state.volatile.role.type === "leader" || hasRecentLeader(config, state);
}

function onMessage(config: RaftConfig, state: RaftState, from: NodeId, message: RaftMessage): RaftStep {
  switch (message.type) {
    case "requestVote":
      return onRequestVote(config, state, from, message);
    case "requestVoteReply":
      return onRequestVoteReply(config, state, from, message);
    case "preVote":
      return onPreVote(config, state, from, message);
    case "preVoteReply":
      return onPreVoteReply(config, state, from, message);
    case "appendEntries":
      return onAppendEntries(config, state, from, message);
    case "appendEntriesReply":
      return onAppendEntriesReply(config, state, from, message);
    case "installSnapshot":
      return onInstallSnapshot(config, state, from, message);
    case "installSnapshotReply":
      return onInstallSnapshotReply(config, state, from, message);
    case "timeoutNow":
      return onTimeoutNow(config, state, message);
    case "readIndex":
      return onReadIndex(config, state, from, message);
    case "readIndexReply":
      return onReadIndexReply(state, from, message);
  }
}

function onTimeout(config: RaftConfig, state: RaftState, timer: RaftTimer): RaftStep {
  switch (timer) {
    case "election":
      return onElectionTimeout(config, state);
    case "heartbeat":
      return onHeartbeatTimeout(config, state);
    case "transfer":
      return onTransferTimeout(state);
    case "tick":
      return onTick(config, state);
  }
}

function onRequest(config: RaftConfig, state: RaftState, request: RaftRequest): RaftStep {
  switch (request.type) {
    case "broadcast":
      return onBroadcast(config, state, request);
    case "read":
      return onRead(config, state, request);
    case "compact":
      return onCompact(config, state, request);
    case "changeMembership":
      return onChangeMembership(config, state, request);
    case "transferLeadership":
      return onTransferLeadership(config, state, request);
  }
}
