/** AppendEntries, the follower's side: Figure 2, AppendEntries RPC. */

import { invariant } from "../assert.ts";
import { append, entryAt, lastIndex, truncateAfter } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { configurationsIn } from "./configuration.ts";
import { commitTo } from "./deliver.ts";
import { andThen, send, unchanged } from "./effects.ts";
import { holds, lastWithTermAtMost, termAt } from "./log-terms.ts";
import type { AppendEntries, AppendEntriesReply } from "./messages.ts";
import { follow } from "./terms.ts";
import type { Index, RaftConfig, RaftEntry, RaftState, RaftStep } from "./types.ts";

/** Answers wait for the disk: the leader counts on what they say. */
export function onAppendEntries(config: RaftConfig, state: RaftState, from: NodeId, message: AppendEntries): RaftStep {
  if (message.term < state.durable.term) return answer(config, state, from, message, { type: "staleTerm" });
  // There are no two leaders of one term: Election Safety.
  if (state.volatile.role.type === "leader") return unchanged(state);
  return andThen(follow(config, state, from), (next) => takeEntries(config, next, from, message));
}

function takeEntries(config: RaftConfig, state: RaftState, from: NodeId, message: AppendEntries): RaftStep {
  const { durable, volatile } = state;
  const { prevLogIndex, prevLogTerm, entries, leaderCommit } = message;
  // What is committed here is in the leader's log, and may be forgotten here.
  if (prevLogIndex < volatile.commitIndex) {
    return answer(config, state, from, message, { type: "matched", matchIndex: volatile.commitIndex });
  }
  if (!holds(durable, prevLogIndex, prevLogTerm)) {
    return answer(config, state, from, message, conflictAt(state, message));
  }
  const lastVerified = prevLogIndex + entries.length;
  const committed = Math.min(leaderCommit, lastVerified);
  return andThen(
    { state: withEntries(state, prevLogIndex, entries), effects: [] },
    (next) => (committed > volatile.commitIndex ? commitTo(next, committed) : unchanged(next)),
    (next) => answer(config, next, from, message, { type: "matched", matchIndex: lastVerified }),
  );
}

/**
 * "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all that
 * follow it", and append what is not there yet. Where nothing conflicts nothing is deleted: the message may be an old one,
 * and what follows acknowledged.
 */
function withEntries(state: RaftState, prevLogIndex: Index, entries: readonly RaftEntry[]): RaftState {
  const { durable, volatile } = state;
  const firstNew = entries.findIndex((entry, at) => !isHeld(state, prevLogIndex + 1 + at, entry));
  if (firstNew === -1) return state;
  const keep = prevLogIndex + firstNew;
  invariant(keep >= volatile.commitIndex, "committed entries are never deleted", { keep, volatile });
  const added = entries.slice(firstNew);
  const log = append(truncateAfter(durable.log, keep), added);
  const kept = volatile.configurations.filter(({ index }) => index <= keep);
  const found = configurationsIn(added, keep + 1);
  const isSame = kept.length === volatile.configurations.length && found.length === 0;
  const configurations = isSame ? volatile.configurations : [...kept, ...found];
  return { durable: { ...durable, log }, volatile: { ...volatile, configurations } };
}

/** Whether the log holds that very entry: by Log Matching, index and term tell. */
function isHeld({ durable }: RaftState, index: Index, entry: RaftEntry): boolean {
  return index <= lastIndex(durable.log) && entryAt(durable.log, index).term === entry.term;
}

/** The last index at which the logs may agree: section 5.3, end. What is committed here surely does. */
function conflictAt(state: RaftState, { prevLogIndex, prevLogTerm }: AppendEntries): AppendEntriesReply["result"] {
  const { durable } = state;
  const last = Math.min(prevLogIndex, lastIndex(durable.log));
  const index = lastWithTermAtMost(durable, state.volatile.commitIndex, last, prevLogTerm);
  return { type: "conflict", prevLogIndex, index, term: termAt(durable, index) };
}

function answer(
  config: RaftConfig,
  state: RaftState,
  to: NodeId,
  { round }: AppendEntries,
  result: AppendEntriesReply["result"],
): RaftStep {
  return { state, effects: [send(config, state, to, { type: "appendEntriesReply", round, result })] };
}

/**
 * Whether a message claims that the leader's log differs from what is committed here, which Leader Completeness excludes. A
 * message of an earlier term may: its leader is none any more.
 */
export function contradictsCommitted({ durable, volatile }: RaftState, message: AppendEntries): boolean {
  if (message.term < durable.term || message.prevLogIndex !== volatile.commitIndex) return false;
  return termAt(durable, volatile.commitIndex) !== message.prevLogTerm;
}
