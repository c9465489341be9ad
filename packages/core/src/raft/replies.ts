/** What the leader learns from the answers to `appendEntries` and `installSnapshot`: Figure 2, "Leaders". */

import { lastIndex } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { advanceCommit } from "./commit.ts";
import { andThen, unchanged } from "./effects.ts";
import type { AppendEntriesReply, InstallSnapshotReply } from "./messages.ts";
import { conflicted, matched, progressOf, withProgress } from "./progress.ts";
import { acknowledgeRound } from "./reads.ts";
import { sendEntries } from "./replication.ts";
import { onWanted } from "./send-snapshot.ts";
import { isSame, leaderOf, withRole } from "./state.ts";
import { urgeTarget } from "./transfer.ts";
import type { Leader, Progress, RaftConfig, RaftState, RaftStep } from "./types.ts";

/** Answers count in their own term. One that claims what the leader has never sent comes from no follower. */
export function onAppendEntriesReply(
  config: RaftConfig,
  state: RaftState,
  from: NodeId,
  message: AppendEntriesReply,
): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  const progress = progressOf(leader, from);
  if (progress === null || message.round > leader.round) return unchanged(state);
  const answered = { ...progress, isActive: true, round: Math.max(progress.round, message.round) };
  const { result } = message;
  switch (result.type) {
    case "staleTerm":
      return unchanged(state);
    case "conflict":
      return unlessSame(state, learn(config, state, leader, conflicted(state.durable, answered, result)));
    case "matched":
      if (result.matchIndex > lastIndex(state.durable.log)) return unchanged(state);
      return learn(config, state, leader, matched(state.durable, answered, result.matchIndex));
  }
}

/** Figure 13, the answers: the next chunk is sent, or the log goes on after the snapshot. */
export function onInstallSnapshotReply(
  config: RaftConfig,
  state: RaftState,
  from: NodeId,
  message: InstallSnapshotReply,
): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
  const progress = progressOf(leader, from);
  if (progress === null) return unchanged(state);
  const answered = { ...progress, isActive: true };
  const { result } = message;
  switch (result.type) {
    case "staleTerm":
      return unchanged(state);
    case "wanted": {
      const { progress: sending, messages } = onWanted(config, state, answered, message, result.chunk);
      return { state: withRole(state, withProgress(leader, sending)), effects: messages };
    }
    case "matched":
      if (result.matchIndex > lastIndex(state.durable.log)) return unchanged(state);
      return learn(config, state, leader, matched(state.durable, answered, result.matchIndex));
  }
}

/** A conflict that tells nothing new has the same probe sent again, and leaves the state as it was. */
function unlessSame(before: RaftState, { state, effects }: RaftStep): RaftStep {
  return { state: isSame(state, before) ? before : state, effects };
}

/** A follower's progress may commit entries, make room for more of them, confirm reads, and complete a transfer. */
function learn(config: RaftConfig, state: RaftState, leader: Leader, progress: Progress): RaftStep {
  const isTarget = leader.transfer === progress.node;
  return andThen(
    { state: withRole(state, withProgress(leader, progress)), effects: [] },
    (next) => advanceCommit(config, next),
    (next) => sendEntries(config, next),
    (next) => acknowledgeRound(config, next),
    (next) => (isTarget ? urgeTarget(config, next) : unchanged(next)),
  );
}
