/** The messages: Figure 2 and Figure 13 of the paper, and sections 3.10, 6.4 and 9.6 of the dissertation. */

import type { Plain } from "../plain.ts";
import type { Index, RaftConfiguration, RaftEntry, Term } from "./types.ts";

/** What every message carries: the cluster that it belongs to, and the sender's term. */
export type RaftHeader = { readonly cluster: string; readonly term: Term };

/** A candidate asks for a vote. `transfer` if the leader itself has asked it to: section 4.2.3, end. */
export type RequestVote = RaftHeader & {
  readonly type: "requestVote";
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
  readonly transfer: boolean;
};
export type RequestVoteReply = RaftHeader & { readonly type: "requestVoteReply"; readonly voteGranted: boolean };

/** Would you vote for me in the term after `term`? Section 9.6. */
export type PreVote = RaftHeader & {
  readonly type: "preVote";
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
};
/** A grant carries the term of the question, a denial the sender's own. */
export type PreVoteReply = RaftHeader & { readonly type: "preVoteReply"; readonly voteGranted: boolean };

/** Entries to append after `prevLogIndex`, or a heartbeat if there are none. `round` is to be sent back. */
export type AppendEntries = RaftHeader & {
  readonly type: "appendEntries";
  readonly prevLogIndex: Index;
  readonly prevLogTerm: Term;
  readonly entries: readonly RaftEntry[];
  readonly leaderCommit: Index;
  readonly round: number;
};
/**
 * The answer to `appendEntries`.
 *
 * - matched: the logs agree up to `matchIndex`, and that much is on the sender's disk
 * - conflict: the logs do not agree at `prevLogIndex`; `index` is the last index at or below it at which they may, by the
 *   terms of the sender's log, and `term` the term of the sender's entry there
 * - staleTerm: the receiver is no longer the leader
 */
export type AppendEntriesReply = RaftHeader & {
  readonly type: "appendEntriesReply";
  readonly round: number;
  readonly result:
    | { readonly type: "matched"; readonly matchIndex: Index }
    | { readonly type: "conflict"; readonly prevLogIndex: Index; readonly index: Index; readonly term: Term }
    | { readonly type: "staleTerm" };
};

/** One chunk of the leader's snapshot, the chunks counted from 0. */
export type InstallSnapshot = RaftHeader & {
  readonly type: "installSnapshot";
  readonly lastIncludedIndex: Index;
  readonly lastIncludedTerm: Term;
  readonly configuration: RaftConfiguration | null;
  readonly chunk: number;
  readonly data: Plain;
  readonly done: boolean;
};
/** The answer to `installSnapshot`: the chunk that is wanted next, or how far the logs agree now. */
export type InstallSnapshotReply = RaftHeader & {
  readonly type: "installSnapshotReply";
  readonly lastIncludedIndex: Index;
  readonly result:
    | { readonly type: "wanted"; readonly chunk: number }
    | { readonly type: "matched"; readonly matchIndex: Index }
    | { readonly type: "staleTerm" };
};

/** Campaign at once: section 3.10. */
export type TimeoutNow = RaftHeader & { readonly type: "timeoutNow" };

/** A follower asks its leader for a read index: section 6.4, end. */
export type ReadIndex = RaftHeader & { readonly type: "readIndex"; readonly id: Plain };
export type ReadIndexReply = RaftHeader & {
  readonly type: "readIndexReply";
  readonly id: Plain;
  readonly index: Index;
};

export type RaftMessage =
  | RequestVote
  | RequestVoteReply
  | PreVote
  | PreVoteReply
  | AppendEntries
  | AppendEntriesReply
  | InstallSnapshot
  | InstallSnapshotReply
  | TimeoutNow
  | ReadIndex
  | ReadIndexReply;

type WithoutHeader<M> = M extends RaftMessage ? Omit<M, keyof RaftHeader> : never;

/** A message before it gets its header. */
export type RaftMessageBody = WithoutHeader<RaftMessage>;
