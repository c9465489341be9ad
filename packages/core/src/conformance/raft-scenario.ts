/** The words in which the tests of Raft tell their stories. */

import { append, emptyLog } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";
import { raft, raftConfig } from "../raft/index.ts";
import type {
  RaftConfig,
  RaftConfiguration,
  RaftDurable,
  RaftEffect,
  RaftEntry,
  RaftInput,
  RaftMessage,
  RaftOptions,
  RaftOutput,
  RaftRequest,
  RaftSnapshot,
  RaftState,
  RaftStep,
  RaftTimer,
  RaftRefusalReason,
} from "../raft/index.ts";
import type { AppendEntries, RaftMessageBody } from "../raft/messages.ts";

export const a: NodeId = nodeId("a");
export const b: NodeId = nodeId("b");
export const c: NodeId = nodeId("c");
export const d: NodeId = nodeId("d");
export const e: NodeId = nodeId("e");

/** The node `a` among the voters a, b and c. */
export const config: RaftConfig = configWith();

export function configWith(options: Partial<RaftOptions> = {}): RaftConfig {
  return raftConfig({ self: a, voters: [a, b, c], ...options });
}

/** A configuration that is not joint, unless outgoing voters are named. */
export function configuration(
  voters: readonly NodeId[],
  others: Partial<Omit<RaftConfiguration, "voters">> = {},
): RaftConfiguration {
  return { voters, outgoing: [], learners: [], learnersNext: [], ...others };
}

export function command(term: number, value: Plain): RaftEntry {
  return { type: "command", term, command: value };
}

export function noop(term: number): RaftEntry {
  return { type: "noop", term };
}

export function change(term: number, to: RaftConfiguration): RaftEntry {
  return { type: "configuration", term, configuration: to };
}

/** Commands of the given terms, each named for its index and its term: what the figures of the paper show of a log. */
export function entriesOf(terms: readonly number[], before = 0): readonly RaftEntry[] {
  return terms.map((term, at) => command(term, `${before + 1 + at}@${term}`));
}

/** A disk. The term is that of the last entry unless given. */
export function disk(entries: readonly RaftEntry[], others: Partial<RaftDurable> = {}): RaftDurable {
  const { snapshot = null } = others;
  const term = entries.at(-1)?.term ?? snapshot?.term ?? 0;
  const log = append(emptyLog<RaftEntry>(snapshot?.index ?? 0), entries);
  return { term, votedFor: null, ...others, log, snapshot };
}

export function snapshotAt(index: number, term: number, chunks: readonly Plain[] = ["s1", "s2"]): RaftSnapshot {
  return { index, term, configuration: null, chunks };
}

/** A node that has just started, with what is given on its disk. */
export function started(durable: RaftDurable = raft.initial(config), of: RaftConfig = config): RaftState {
  return raft.start(of, durable).state;
}

/** What the node does with the last of `inputs`, after the others, its disk being as fast as its memory. */
export function after(state: RaftState, ...inputs: readonly RaftInput[]): RaftStep {
  return afterIn(config, state, ...inputs);
}

/** The same under another configuration. */
export function afterIn(of: RaftConfig, state: RaftState, ...inputs: readonly RaftInput[]): RaftStep {
  let step: RaftStep = { state, effects: [] };
  for (const input of inputs) step = onDisk(of, step.state, raft.step(of, step.state, input));
  return step;
}

/** Goes on until the disk has what memory has. */
function onDisk(of: RaftConfig, before: RaftState, step: RaftStep): RaftStep {
  const { state, effects } = step;
  if (state.durable === before.durable) return step;
  const next = onDisk(of, state, raft.step(of, state, { type: "persisted", durable: state.durable }));
  return { state: next.state, effects: [...effects, ...next.effects] };
}

export function persisted({ durable }: RaftState): RaftInput {
  return { type: "persisted", durable };
}

export function timeout(timer: RaftTimer): RaftInput {
  return { type: "timeout", timer };
}

export function request(asked: RaftRequest): RaftInput {
  return { type: "request", request: asked };
}

export function broadcast(...commands: readonly Plain[]): RaftInput {
  return request({ type: "broadcast", commands });
}

export function message(term: number, body: RaftMessageBody): RaftMessage {
  return { ...body, cluster: "", term };
}

export function from(node: NodeId, term: number, body: RaftMessageBody): RaftInput {
  return { type: "receive", from: node, message: message(term, body) };
}

/** The body of an `appendEntries` after an entry of the given index and term. */
export function entriesAfter(
  prevLogIndex: number,
  prevLogTerm: number,
  entries: readonly RaftEntry[],
  leaderCommit = 0,
  round = 0,
): Omit<AppendEntries, "cluster" | "term"> {
  return { type: "appendEntries", prevLogIndex, prevLogTerm, entries, leaderCommit, round };
}

export function matchedTo(matchIndex: number, round = 0): RaftMessageBody {
  return { type: "appendEntriesReply", round, result: { type: "matched", matchIndex } };
}

export function conflictAt(prevLogIndex: number, index: number, term: number, round = 0): RaftMessageBody {
  return { type: "appendEntriesReply", round, result: { type: "conflict", prevLogIndex, index, term } };
}

export function vote(voteGranted: boolean): RaftMessageBody {
  return { type: "requestVoteReply", voteGranted };
}

/** The node `a` of `of`, elected with the vote of `voter`: in the term after that of its disk, and with a no-op in its log. */
export function elected(durable: RaftDurable, of: RaftConfig = config, voter: NodeId = b): RaftState {
  return afterIn(of, started(durable, of), timeout("election"), from(voter, durable.term + 1, vote(true))).state;
}

/** The effect of a message that waits for the disk. */
export function sent(to: NodeId, term: number, body: RaftMessageBody): RaftEffect {
  return { type: "send", to, message: message(term, body), after: "durable" };
}

/** The effect of a message that does not. */
export function sentNow(to: NodeId, term: number, body: RaftMessageBody): RaftEffect {
  return { type: "send", to, message: message(term, body), after: "now" };
}

export function output(told: RaftOutput): RaftEffect {
  return { type: "output", output: told };
}

export function deliver(index: number, value: Plain): RaftEffect {
  return output({ type: "deliver", index, command: value });
}

export function refused(asked: RaftInput, reason: RaftRefusalReason, leader: NodeId | null): RaftEffect {
  if (asked.type !== "request") throw new TypeError("Only requests are refused.");
  return output({ type: "refused", request: asked.request, reason, leader });
}

export const SET_ELECTION: RaftEffect = { type: "setTimer", timer: "election" };
export const SET_HEARTBEAT: RaftEffect = { type: "setTimer", timer: "heartbeat" };
export const SET_TRANSFER: RaftEffect = { type: "setTimer", timer: "transfer" };
export const SET_TICK: RaftEffect = { type: "setTimer", timer: "tick" };
export const CLEAR_ELECTION: RaftEffect = { type: "clearTimer", timer: "election" };
export const CLEAR_HEARTBEAT: RaftEffect = { type: "clearTimer", timer: "heartbeat" };
export const CLEAR_TRANSFER: RaftEffect = { type: "clearTimer", timer: "transfer" };
