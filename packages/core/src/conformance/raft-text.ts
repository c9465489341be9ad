/** Raft's messages, inputs and effects as a reader of traces wants them: one line each. An entry is `index@term`. */

import { firstIndex, lastIndex, slice } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { termAt } from "../raft/log-terms.ts";
import type { AppendEntriesReply, InstallSnapshotReply, RaftMessage } from "../raft/messages.ts";
import type {
  RaftConfiguration,
  RaftDurable,
  RaftEffect,
  RaftEntry,
  RaftInput,
  RaftOutput,
  RaftRequest,
} from "../raft/types.ts";

export function messageText(message: RaftMessage): string {
  const header = `${message.type} in term ${message.term}`;
  switch (message.type) {
    case "requestVote":
      return `${header}, log through ${message.lastLogIndex}@${message.lastLogTerm}${message.transfer ? ", for a transfer" : ""}`;
    case "preVote":
      return `${header}, log through ${message.lastLogIndex}@${message.lastLogTerm}`;
    case "requestVoteReply":
    case "preVoteReply":
      return `${header}: ${message.voteGranted ? "granted" : "denied"}`;
    case "appendEntries": {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit, round } = message;
      const list = entries.length === 0 ? "nothing" : entryTexts(entries, prevLogIndex + 1).join(", ");
      return `${header} after ${prevLogIndex}@${prevLogTerm}: ${list}; commit ${leaderCommit}${roundText(round)}`;
    }
    case "appendEntriesReply":
      return `${header}: ${appendResultText(message.result)}${roundText(message.round)}`;
    case "installSnapshot": {
      const through = `${message.lastIncludedIndex}@${message.lastIncludedTerm}`;
      const chunk = `chunk ${message.chunk} ${plainText(message.data)}${message.done ? ", the last" : ""}`;
      return `${header} through ${through} of ${configurationText(message.configuration)}: ${chunk}`;
    }
    case "installSnapshotReply":
      return `${header} through ${message.lastIncludedIndex}: ${installResultText(message.result)}`;
    case "timeoutNow":
      return header;
    case "readIndex":
      return `${header}: ${plainText(message.id)}`;
    case "readIndexReply":
      return `${header}: ${plainText(message.id)} at ${message.index}`;
  }
}

function roundText(round: number): string {
  return round === 0 ? "" : `; round ${round}`;
}

function appendResultText(result: AppendEntriesReply["result"]): string {
  switch (result.type) {
    case "matched":
      return `matched ${result.matchIndex}`;
    case "conflict":
      return `conflict at ${result.prevLogIndex}, may agree at ${result.index}@${result.term}`;
    case "staleTerm":
      return "stale term";
  }
}

function installResultText(result: InstallSnapshotReply["result"]): string {
  switch (result.type) {
    case "matched":
      return `matched ${result.matchIndex}`;
    case "wanted":
      return `wants chunk ${result.chunk}`;
    case "staleTerm":
      return "stale term";
  }
}

/** What happened to a node, as the end of a sentence that begins with its name. */
export function inputText(input: RaftInput): string {
  switch (input.type) {
    case "receive":
      return `hears from ${input.from}: ${messageText(input.message)}`;
    case "timeout":
      return `has its ${input.timer} timer fire`;
    case "request":
      return `is asked to ${requestText(input.request)}`;
    case "persisted":
      return `has on its disk: ${durableText(input.durable)}`;
  }
}

function requestText(request: RaftRequest): string {
  switch (request.type) {
    case "broadcast":
      return `broadcast ${request.commands.map(plainText).join(" ")}`;
    case "read":
      return `read for ${plainText(request.id)}`;
    case "compact":
      return `compact through ${request.index} as ${request.chunks.map(plainText).join(" ")}`;
    case "changeMembership": {
      const { voters, learners } = request;
      return `change the membership to ${configurationText({ voters, outgoing: [], learners, learnersNext: [] })}`;
    }
    case "transferLeadership":
      return `transfer leadership to ${request.to}`;
  }
}

export function effectText(effect: RaftEffect): string {
  switch (effect.type) {
    case "send":
      return `sends ${effect.to}${effect.after === "now" ? " at once" : ""}: ${messageText(effect.message)}`;
    case "setTimer":
      return `sets timer ${effect.timer}`;
    case "clearTimer":
      return `clears timer ${effect.timer}`;
    case "output":
      return outputText(effect.output);
  }
}

function outputText(output: RaftOutput): string {
  switch (output.type) {
    case "deliver":
      return `delivers ${output.index}: ${plainText(output.command)}`;
    case "restore":
      return `restores the snapshot through ${output.index}: ${output.chunks.map(plainText).join(" ")}`;
    case "readable":
      return `may answer ${plainText(output.id)}, at ${output.index}`;
    case "refused": {
      const leader = output.leader === null ? "no leader known" : `the leader is ${output.leader}`;
      return `refuses to ${requestText(output.request)}: ${output.reason}, ${leader}`;
    }
  }
}

export function durableText(durable: RaftDurable): string {
  const { term, votedFor, log } = durable;
  const through = `${lastIndex(log)}@${termAt(durable, lastIndex(log))}`;
  return `term ${term}, vote ${votedFor ?? "none"}, log through ${through}`;
}

/** The entries of the log, one text each. */
export function logTexts({ log }: RaftDurable): readonly string[] {
  return entryTexts(slice(log, firstIndex(log), lastIndex(log)), firstIndex(log));
}

function entryTexts(entries: readonly RaftEntry[], first: number): readonly string[] {
  return entries.map((entry, at) => {
    const place = `${first + at}@${entry.term}`;
    const content = contentText(entry);
    // The figures of the paper show entries that are nothing but their place.
    return content === place ? place : `${place} ${content}`;
  });
}

function contentText(entry: RaftEntry): string {
  switch (entry.type) {
    case "noop":
      return "noop";
    case "command":
      return plainText(entry.command);
    case "configuration":
      return `{${configurationText(entry.configuration)}}`;
  }
}

export function configurationText(configuration: RaftConfiguration | null): string {
  if (configuration === null) return "the first members";
  const { voters, outgoing, learners, learnersNext } = configuration;
  const parts = [
    ["", voters],
    ["outgoing ", outgoing],
    ["learners ", learners],
    ["learners next ", learnersNext],
  ] as const;
  const texts = parts.filter(([, nodes]) => nodes.length > 0).map(([name, nodes]) => `${name}${nodes.join(" ")}`);
  return texts.length === 0 ? "nobody" : texts.join(", ");
}

export function plainText(value: Plain): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
