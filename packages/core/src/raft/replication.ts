/** Log replication, the leader's side: the paper, section 5.3; Figure 2, "Leaders". */

import { append, lastIndex, slice } from "../log/index.ts";
import type { Send } from "../protocol.ts";
import { configurationsIn, currentConfiguration, membersOf } from "./configuration.ts";
import { send, unchanged } from "./effects.ts";
import { termAt } from "./log-terms.ts";
import { freshProgress, progressOf } from "./progress.ts";
import { sendChunk } from "./send-snapshot.ts";
import type { Sending } from "./send-snapshot.ts";
import { leaderOf, withRole } from "./state.ts";
import type { Index, Leader, Progress, Raft, RaftConfig, RaftEntry, RaftState, RaftStep } from "./types.ts";

/** Leader Append-Only: entries go after the last one, to the own disk and to the followers at the same time (section 10.2.1). */
export function appendAsLeader(config: RaftConfig, state: RaftState, entries: readonly RaftEntry[]): RaftStep {
  const { log } = state.durable;
  const added = configurationsIn(entries, lastIndex(log) + 1);
  const appended = { ...state.durable, log: append(log, entries) };
  if (added.length === 0) return sendEntries(config, { ...state, durable: appended });
  const configurations = [...state.volatile.configurations, ...added];
  const changed = { durable: appended, volatile: { ...state.volatile, configurations } };
  return sendEntries(config, withMembers(config, changed));
}

/** The leader keeps track of those that take part, from the moment that a configuration is in its log (section 4.1). */
function withMembers(config: RaftConfig, state: RaftState): RaftState {
  const leader = leaderOf(state);
  if (leader === null) return state;
  const others = membersOf(currentConfiguration(config, state)).filter((node) => node !== config.self);
  const progress = others.map((node) => progressOf(leader, node) ?? freshProgress(state.durable, node, true));
  return withRole(state, { ...leader, progress });
}

/** Sends every follower the entries that it lacks, as far as the limits of the flow allow. */
export function sendEntries(config: RaftConfig, state: RaftState): RaftStep {
  return sendToEach(state, (leader, progress) => sendNext(config, state, leader, progress));
}

/** Every follower learns of the commit index at once, with entries or without. Those that are probed learn it later. */
export function announceCommit(config: RaftConfig, state: RaftState): RaftStep {
  return sendToEach(state, (leader, progress) => {
    const sending = sendNext(config, state, leader, progress);
    if (sending.messages.length > 0 || progress.type !== "replicate") return sending;
    return { progress, messages: [appendEntries(config, state, leader, progress.next, progress)] };
  });
}

/** One heartbeat of the present round to each follower, or the chunk that it waits for. */
export function sendHeartbeats(config: RaftConfig, state: RaftState): RaftStep {
  return sendToEach(state, (leader, progress) => {
    if (progress.type === "snapshot" || progress.next - 1 < state.durable.log.before) {
      return sendChunk(config, state, progress);
    }
    return { progress, messages: [appendEntries(config, state, leader, progress.next, progress)] };
  });
}

function sendToEach(state: RaftState, make: (leader: Leader, progress: Progress) => Sending): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  const sendings = leader.progress.map((progress) => make(leader, progress));
  return {
    state: withRole(state, { ...leader, progress: sendings.map(({ progress }) => progress) }),
    effects: sendings.flatMap(({ messages }) => messages),
  };
}

/** What may go to one follower now. A leader that has forgotten what the follower lacks sends its snapshot (section 7). */
function sendNext(config: RaftConfig, state: RaftState, leader: Leader, progress: Progress): Sending {
  const { log } = state.durable;
  switch (progress.type) {
    case "snapshot":
      return { progress, messages: [] };
    case "probe": {
      if (progress.isPaused) return { progress, messages: [] };
      if (progress.next - 1 < log.before) return sendChunk(config, state, progress);
      const through = batchEnd(config, state, progress.next);
      const message = appendEntries(config, state, leader, through + 1, progress);
      return { progress: { ...progress, isPaused: true }, messages: [message] };
    }
    case "replicate": {
      if (progress.next - 1 < log.before) return sendChunk(config, state, progress);
      let { next, inflight } = progress;
      const messages: Send<Raft>[] = [];
      while (next <= lastIndex(log) && inflight.length < config.inflightMax) {
        const through = batchEnd(config, state, next);
        messages.push(appendEntries(config, state, leader, through + 1, { ...progress, next }));
        [next, inflight] = [through + 1, [...inflight, through]];
      }
      return { progress: { ...progress, next, inflight }, messages };
    }
  }
}

function batchEnd(config: RaftConfig, state: RaftState, next: Index): Index {
  return Math.min(lastIndex(state.durable.log), next - 1 + config.entriesPerMessageMax);
}

/**
 * The entries from `next` on, to before `end`. They leave at once: a follower's disk can hold them before the leader's does,
 * since the leader counts itself only once its own does, and its term is on disk since its election.
 */
function appendEntries(
  config: RaftConfig,
  state: RaftState,
  leader: Leader,
  end: Index,
  { node, next }: { readonly node: Progress["node"]; readonly next: Index },
): Send<Raft> {
  const { durable } = state;
  const body = {
    type: "appendEntries",
    prevLogIndex: next - 1,
    prevLogTerm: termAt(durable, next - 1),
    entries: slice(durable.log, next, end - 1),
    leaderCommit: state.volatile.commitIndex,
    round: leader.round,
  } as const;
  return send(config, state, node, body, "now");
}
