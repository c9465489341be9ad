/**
 * Nodes as the properties of Raft look at them: small plain values. A property is evaluated once for each combination of
 * what it reads, so that it had better not read more.
 */

import type { NodeView } from "@quorate/checker";
import { log } from "@quorate/core";
import type { Log, NodeId, Raft, RaftDurable, RaftEntry } from "@quorate/core";

export type RaftLog = Log<RaftEntry>;

/** What a node holds in memory or, while it is down, on disk. */
export function durableOf({ state, disk }: NodeView<Raft>): RaftDurable {
  return state === null ? disk : state.durable;
}

export function logOf(node: NodeView<Raft>): RaftLog {
  return durableOf(node).log;
}

/** A log on disk, with the name of the node whose disk it is. */
export type DiskLog = { readonly id: NodeId; readonly log: RaftLog };

export function diskLogOf({ id, disk }: NodeView<Raft>): DiskLog {
  return { id, log: disk.log };
}

/** A leader's log, with the term that it leads. */
export type LeaderLog = { readonly term: number; readonly log: RaftLog };

/** The log of a node that leads, null of one that does not. */
export function leaderLogOf({ state }: NodeView<Raft>): LeaderLog | null {
  if (state?.volatile.role.type !== "leader") return null;
  return { term: state.durable.term, log: state.durable.log };
}

/** The entry at `index`, or null if the log does not reach so far or has forgotten it. */
export function entryIn(held: RaftLog, index: number): RaftEntry | null {
  return index < log.firstIndex(held) || index > log.lastIndex(held) ? null : log.entryAt(held, index);
}

/** All entries that a log holds, each with its index. */
export function entriesOf(held: RaftLog): readonly { readonly index: number; readonly entry: RaftEntry }[] {
  const first = log.firstIndex(held);
  return log.slice(held, first, log.lastIndex(held)).map((entry, at) => ({ index: first + at, entry }));
}
