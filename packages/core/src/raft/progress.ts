/** What the leader knows of each follower: `nextIndex` and `matchIndex` of Figure 2, and the flow of entries to it. */

import { lastIndex } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { lastWithTermAtMost, termAt } from "./log-terms.ts";
import type { AppendEntriesReply } from "./messages.ts";
import type { Index, Leader, Progress, RaftDurable } from "./types.ts";

type Conflict = Extract<AppendEntriesReply["result"], { type: "conflict" }>;

/**
 * Of a follower that the leader knows nothing of: its log is tried at the end of the leader's (section 5.3). Where quorums
 * are checked, one that has only just been added is not blamed for its silence: `isActive`.
 */
export function freshProgress(durable: RaftDurable, node: NodeId, isActive: boolean): Progress {
  const base = { node, match: 0, round: 0, isActive };
  return { ...base, type: "probe", next: lastIndex(durable.log) + 1, isPaused: false };
}

export function progressOf(leader: Leader, node: NodeId): Progress | null {
  return leader.progress.find((progress) => progress.node === node) ?? null;
}

export function withProgress(leader: Leader, updated: Progress): Leader {
  const progress = leader.progress.map((old) => (old.node === updated.node ? updated : old));
  return { ...leader, progress };
}

/**
 * The logs agree up to `index`, and the follower's disk holds that much. An answer may be older than the last one, so the
 * match never goes back.
 */
export function matched(durable: RaftDurable, progress: Progress, index: Index): Progress {
  const match = Math.max(progress.match, index);
  switch (progress.type) {
    case "probe":
      return asReplicate(progress, match);
    case "replicate": {
      const inflight = progress.inflight.filter((last) => last > match);
      return { ...progress, match, next: Math.max(progress.next, match + 1), inflight };
    }
    case "snapshot":
      return match < durable.log.before ? { ...progress, match } : asReplicate(progress, match);
  }
}

/**
 * The logs do not agree at the index before the message's entries. Both sides tell by their terms where they may: entries
 * that the other side can't have are passed over at once (section 5.3, end). An answer to a message that is not the last
 * one, or about entries that are known to match, is too old to say anything.
 */
export function conflicted(durable: RaftDurable, progress: Progress, conflict: Conflict): Progress {
  switch (progress.type) {
    case "probe":
      if (conflict.prevLogIndex !== progress.next - 1) return progress;
      break;
    case "replicate":
      if (conflict.prevLogIndex <= progress.match || conflict.prevLogIndex >= progress.next) return progress;
      break;
    case "snapshot":
      return progress;
  }
  const common = lastCommon(durable, progress.match, conflict);
  return { ...baseOf(progress), type: "probe", next: common + 1, isPaused: false };
}

/**
 * The last index at which the logs may agree, by what the follower says of its own. It is before the leader's log where the
 * two differ at the entry that the snapshot ends with.
 */
function lastCommon(durable: RaftDurable, match: Index, { index, term }: Conflict): Index {
  const known = Math.max(match, durable.log.before);
  const high = Math.min(index, lastIndex(durable.log));
  if (high < known) return Math.max(match, high);
  const found = lastWithTermAtMost(durable, known, high, term);
  return found > match && termAt(durable, found) > term ? found - 1 : found;
}

function asReplicate(progress: Progress, match: Index): Progress {
  return { ...baseOf(progress), match, type: "replicate", next: match + 1, inflight: [] };
}

export function asSnapshot(progress: Progress, index: Index): Extract<Progress, { type: "snapshot" }> {
  return { ...baseOf(progress), type: "snapshot", index, chunk: 0 };
}

function baseOf({ node, match, round, isActive }: Progress): Pick<Progress, "node" | "match" | "round" | "isActive"> {
  return { node, match, round, isActive };
}
