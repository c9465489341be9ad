/**
 * Which messages can come from a node that runs Raft. Others are dropped, whatever they say: nothing that arrives can make
 * the state of this node inconsistent.
 */

import { configurationFault } from "./configuration.ts";
import type { AppendEntries, InstallSnapshot, RaftMessage } from "./messages.ts";
import type { Index, RaftEntry, Term } from "./types.ts";

/** Above every term and index that a cluster lives to see, and far enough below the largest safe integer to count on. */
const NUMBER_MAX = 2 ** 52;

/** Whether the numbers in a message fit together. Its shape is the transport's business. */
export function isPossible(message: RaftMessage): boolean {
  switch (message.type) {
    // A node that has never had a term may ask whether it would be elected, and be told so.
    case "preVote":
      return isNumber(message.term) && isLogEnd(message.lastLogIndex, message.lastLogTerm, message.term);
    case "preVoteReply":
      return isNumber(message.term);
    case "requestVote":
      return isTerm(message.term) && isLogEnd(message.lastLogIndex, message.lastLogTerm, message.term);
    case "appendEntries":
      return isTerm(message.term) && areEntriesPossible(message);
    case "appendEntriesReply":
      return isTerm(message.term) && isNumber(message.round) && isResultPossible(message.result);
    case "installSnapshot":
      return isTerm(message.term) && isSnapshotPossible(message);
    case "installSnapshotReply":
      return isTerm(message.term) && isNumber(message.lastIncludedIndex) && isResultPossible(message.result);
    case "readIndexReply":
      return isTerm(message.term) && isNumber(message.index);
    case "requestVoteReply":
    case "timeoutNow":
    case "readIndex":
      return isTerm(message.term);
  }
}

type Result = Extract<RaftMessage, { type: "appendEntriesReply" | "installSnapshotReply" }>["result"];

function isResultPossible(result: Result): boolean {
  switch (result.type) {
    case "staleTerm":
      return true;
    case "matched":
      return isNumber(result.matchIndex);
    case "wanted":
      return isNumber(result.chunk);
    case "conflict":
      // Whoever does not agree at an index may agree before it, not behind it.
      return [result.prevLogIndex, result.index, result.term].every(isNumber) && result.index <= result.prevLogIndex;
  }
}

function areEntriesPossible(message: AppendEntries): boolean {
  const { term, prevLogIndex, prevLogTerm, entries, leaderCommit, round } = message;
  if (!isNumber(leaderCommit) || !isNumber(round)) return false;
  if (!isLogEnd(prevLogIndex, prevLogTerm, term)) return false;
  return entries.every((entry, at) => isEntryPossible(entry, entries[at - 1]?.term ?? prevLogTerm, term));
}

/** The terms of a log never decrease, and none is above its leader's. */
function isEntryPossible(entry: RaftEntry, termBefore: Term, leaderTerm: Term): boolean {
  if (!isTerm(entry.term) || entry.term < termBefore || entry.term > leaderTerm) return false;
  return entry.type !== "configuration" || configurationFault(entry.configuration) === null;
}

function isSnapshotPossible(message: InstallSnapshot): boolean {
  const { term, lastIncludedIndex, lastIncludedTerm, configuration, chunk } = message;
  if (lastIncludedIndex === 0 || !isLogEnd(lastIncludedIndex, lastIncludedTerm, term)) return false;
  return isNumber(chunk) && (configuration === null || configurationFault(configuration) === null);
}

/** A log ends with an entry of a term up to the sender's, or is empty, and has no term. */
function isLogEnd(index: Index, lastTerm: Term, senderTerm: Term): boolean {
  if (!isNumber(index) || !isNumber(lastTerm)) return false;
  return index === 0 ? lastTerm === 0 : lastTerm >= 1 && lastTerm <= senderTerm;
}

function isTerm(number: number): boolean {
  return isNumber(number) && number >= 1;
}

function isNumber(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0 && number <= NUMBER_MAX;
}
