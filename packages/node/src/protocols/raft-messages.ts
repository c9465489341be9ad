/** What Raft's messages have to look like: nothing that a peer sends reaches the protocol in another shape. */

import { isRecord, nodeId } from "@quorate/core";
import type { NodeId, Plain, RaftConfiguration, RaftEntry, RaftMessage } from "@quorate/core";
import { z } from "zod";

/** What was decoded from bytes is plain: there is nothing left to look at. */
const plain = z.custom<Plain>((value) => value !== undefined);
const number = z.number();
const node = z.string().transform((name): NodeId => nodeId(name));
const nodes = z.array(node);

export const configuration: z.ZodType<RaftConfiguration> = z.strictObject({
  voters: nodes,
  outgoing: nodes,
  learners: nodes,
  learnersNext: nodes,
});

export const entry: z.ZodType<RaftEntry> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("command"), term: number, command: plain }),
  z.strictObject({ type: z.literal("noop"), term: number }),
  z.strictObject({ type: z.literal("configuration"), term: number, configuration }),
]);

export function isCommandEntry(of: Plain): of is Extract<RaftEntry, { readonly type: "command" }> {
  if (!isRecord(of) || of["type"] !== "command" || of["command"] === undefined) return false;
  return typeof of["term"] === "number" && Object.keys(of).length === 3;
}

/** What nearly all entries are is seen without a copy. */
const commandEntry = z.custom<Extract<RaftEntry, { readonly type: "command" }>>(
  // What is looked at here was decoded, so it is plain.
  (value) => isCommandEntry(value as Plain),
);
const anyEntry = z.union([commandEntry, entry]);

const header = { cluster: z.string(), term: number };
const logEnd = { lastLogIndex: number, lastLogTerm: number };
const vote = { voteGranted: z.boolean() };
const matched = z.strictObject({ type: z.literal("matched"), matchIndex: number });
const staleTerm = z.strictObject({ type: z.literal("staleTerm") });

const message: z.ZodType<RaftMessage> = z.discriminatedUnion("type", [
  z.strictObject({
    ...header,
    type: z.literal("appendEntries"),
    prevLogIndex: number,
    prevLogTerm: number,
    entries: z.array(anyEntry),
    leaderCommit: number,
    round: number,
  }),
  z.strictObject({
    ...header,
    type: z.literal("appendEntriesReply"),
    round: number,
    result: z.discriminatedUnion("type", [
      matched,
      z.strictObject({ type: z.literal("conflict"), prevLogIndex: number, index: number, term: number }),
      staleTerm,
    ]),
  }),
  z.strictObject({ ...header, ...logEnd, type: z.literal("requestVote"), transfer: z.boolean() }),
  z.strictObject({ ...header, ...vote, type: z.literal("requestVoteReply") }),
  z.strictObject({ ...header, ...logEnd, type: z.literal("preVote") }),
  z.strictObject({ ...header, ...vote, type: z.literal("preVoteReply") }),
  z.strictObject({
    ...header,
    type: z.literal("installSnapshot"),
    lastIncludedIndex: number,
    lastIncludedTerm: number,
    configuration: configuration.nullable(),
    chunk: number,
    data: plain,
    done: z.boolean(),
  }),
  z.strictObject({
    ...header,
    type: z.literal("installSnapshotReply"),
    lastIncludedIndex: number,
    result: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("wanted"), chunk: number }),
      matched,
      staleTerm,
    ]),
  }),
  z.strictObject({ ...header, type: z.literal("timeoutNow") }),
  z.strictObject({ ...header, type: z.literal("readIndex"), id: plain }),
  z.strictObject({ ...header, type: z.literal("readIndexReply"), id: plain, index: number }),
]);

/** A message of Raft's, or null if `value` is none. */
export function readRaftMessage(value: Plain): RaftMessage | null {
  const read = message.safeParse(value);
  return read.success ? read.data : null;
}
