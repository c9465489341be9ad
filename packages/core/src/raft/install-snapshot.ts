/** InstallSnapshot, the follower's side: the paper, section 7; Figure 13. */

import { emptyLog } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { commitTo, readablesUpTo } from "./deliver.ts";
import { andThen, send, unchanged } from "./effects.ts";
import { holds, termAt } from "./log-terms.ts";
import type { InstallSnapshot, InstallSnapshotReply } from "./messages.ts";
import { withRole } from "./state.ts";
import { follow } from "./terms.ts";
import type { IncomingSnapshot, RaftConfig, RaftEffect, RaftSnapshot, RaftState, RaftStep } from "./types.ts";

export function onInstallSnapshot(
  config: RaftConfig,
  state: RaftState,
  from: NodeId,
  message: InstallSnapshot,
): RaftStep {
  if (message.term < state.durable.term) return answer(config, state, from, message, { type: "staleTerm" });
  // There are no two leaders of one term: Election Safety.
  if (state.volatile.role.type === "leader") return unchanged(state);
  return andThen(follow(config, state, from), (next) => takeChunk(config, next, from, message));
}

function takeChunk(config: RaftConfig, state: RaftState, from: NodeId, message: InstallSnapshot): RaftStep {
  const { lastIncludedIndex: index, lastIncludedTerm: term } = message;
  const { commitIndex } = state.volatile;
  // An old snapshot has nothing new, and must not take away what came after it.
  if (index <= commitIndex) return answer(config, state, from, message, { type: "matched", matchIndex: commitIndex });
  // Where the log has the snapshot's last entry it has the others, and keeps what follows: Figure 13, rule 6.
  if (holds(state.durable, index, term)) {
    return andThen(commitTo(state, index), (next) =>
      answer(config, next, from, message, { type: "matched", matchIndex: index }),
    );
  }
  const chunks = incomingChunks(state, { index, term });
  if (message.chunk !== chunks.length) {
    return answer(config, state, from, message, { type: "wanted", chunk: chunks.length });
  }
  const received = [...chunks, message.data];
  if (message.done) return install(config, state, from, message, received);
  const incoming = { index, term, chunks: received };
  return answer(config, withRole(state, { type: "follower", leader: from, incoming }), from, message, {
    type: "wanted",
    chunk: received.length,
  });
}

/** What has arrived of that snapshot. Chunks of another one, and another leader's, are of no use. */
function incomingChunks(
  state: RaftState,
  { index, term }: Omit<IncomingSnapshot, "chunks">,
): IncomingSnapshot["chunks"] {
  const { role } = state.volatile;
  if (role.type !== "follower" || role.incoming === null) return [];
  return role.incoming.index === index && role.incoming.term === term ? role.incoming.chunks : [];
}

/** Figure 13, rules 7 and 8: the snapshot stands for all that was delivered here, and for the whole log. */
function install(
  config: RaftConfig,
  state: RaftState,
  from: NodeId,
  message: InstallSnapshot,
  chunks: RaftSnapshot["chunks"],
): RaftStep {
  const { lastIncludedIndex: index, lastIncludedTerm: term, configuration } = message;
  const installed = {
    durable: { ...state.durable, log: emptyLog<never>(index), snapshot: { index, term, configuration, chunks } },
    volatile: {
      ...state.volatile,
      commitIndex: index,
      configurations: [],
      role: { type: "follower", leader: from, incoming: null },
      reads: state.volatile.reads.filter((read) => read.index > index),
    },
  } as const;
  const restore: RaftEffect = { type: "output", output: { type: "restore", index, chunks } };
  return andThen({ state: installed, effects: [restore, ...readablesUpTo(state, index)] }, (next) =>
    answer(config, next, from, message, { type: "matched", matchIndex: index }),
  );
}

function answer(
  config: RaftConfig,
  state: RaftState,
  to: NodeId,
  { lastIncludedIndex }: InstallSnapshot,
  result: InstallSnapshotReply["result"],
): RaftStep {
  return { state, effects: [send(config, state, to, { type: "installSnapshotReply", lastIncludedIndex, result })] };
}

/** Whether a snapshot ends in an earlier term than what is committed here before it, which Log Matching excludes. */
export function contradictsCommitted({ durable, volatile }: RaftState, message: InstallSnapshot): boolean {
  if (message.term < durable.term || message.lastIncludedIndex <= volatile.commitIndex) return false;
  return message.lastIncludedTerm < termAt(durable, volatile.commitIndex);
}
