/** What a step of Raft did, line by line: the input, what changed in the state, and the effects. */

import { currentConfiguration } from "../raft/configuration.ts";
import type {
  IncomingSnapshot,
  Leader,
  Lease,
  Progress,
  RaftConfig,
  RaftInput,
  RaftRole,
  RaftSnapshot,
  RaftState,
  RaftStep,
  WaitingRead,
} from "../raft/types.ts";
import { configurationText, effectText, inputText, logTexts, plainText } from "./raft-text.ts";

const INDENT = "    ";

export function startLines(config: RaftConfig, { effects }: RaftStep): readonly string[] {
  return [`${config.self} starts`, ...effects.map((effect) => `${INDENT}${effectText(effect)}`)];
}

export function stepLines(config: RaftConfig, before: RaftState, input: RaftInput, step: RaftStep): readonly string[] {
  const changes = step.state === before ? [] : changeLines(config, before, step.state);
  const lines = [...changes, ...step.effects.map(effectText)];
  return [`${config.self} ${inputText(input)}`, ...lines.map((line) => `${INDENT}${line}`)];
}

/** The state in one line, without what only a leader keeps. */
export function stateLine(config: RaftConfig, state: RaftState): string {
  const fields = [...stateFields(config, state)].map(([name, text]) => `${name} ${text}`);
  return `${roleName(state.volatile.role)}, ${fields.join(", ")}, log ${logLine(state)}`;
}

function logLine({ durable }: RaftState): string {
  const entries = logTexts(durable).join(", ");
  return durable.log.before === 0 ? `[${entries}]` : `after ${durable.log.before} [${entries}]`;
}

function changeLines(config: RaftConfig, before: RaftState, after: RaftState): readonly string[] {
  const [from, to] = [before.volatile.role, after.volatile.role];
  const role = from.type === to.type ? [] : [`role ${from.type} -> ${to.type}`];
  const known = from.type === to.type ? roleFields(from) : new Map<string, string>();
  return [
    ...fieldChanges(stateFields(config, before), stateFields(config, after)),
    ...logChanges(before, after),
    ...role,
    ...fieldChanges(known, roleFields(to)),
  ];
}

function fieldChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    return [old === undefined ? `${name} ${now ?? "none"}` : `${name} ${old} -> ${now ?? "none"}`];
  });
}

function logChanges(before: RaftState, after: RaftState): readonly string[] {
  if (before.durable === after.durable) return [];
  const [old, now] = [new Set(logTexts(before.durable)), new Set(logTexts(after.durable))];
  const lines: string[] = [];
  const begin = after.durable.log.before;
  if (begin !== before.durable.log.before) lines.push(`log begins after ${begin}`);
  const removed = [...old].filter((entry) => !now.has(entry) && Number.parseInt(entry, 10) > begin);
  const added = [...now].filter((entry) => !old.has(entry));
  if (removed.length > 0) lines.push(`log loses ${removed.join(", ")}`);
  if (added.length > 0) lines.push(`log gains ${added.join(", ")}`);
  return lines;
}

/** What every node has. What has its neutral value is left out. */
function stateFields(config: RaftConfig, state: RaftState): ReadonlyMap<string, string> {
  const { term, votedFor, snapshot } = state.durable;
  const { commitIndex, reads, quietTicks } = state.volatile;
  const fields = new Map([
    ["term", String(term)],
    ["vote", votedFor ?? "none"],
    ["commit", String(commitIndex)],
    ["configuration", configurationText(currentConfiguration(config, state))],
  ]);
  if (snapshot !== null) fields.set("snapshot", snapshotText(snapshot));
  if (reads.length > 0) fields.set("reads", reads.map(({ id, index }) => `${plainText(id)} at ${index}`).join(", "));
  if (config.checkQuorum !== null) fields.set("quiet", `${quietTicks} ticks`);
  return fields;
}

function snapshotText({ index, term, configuration, chunks }: RaftSnapshot): string {
  return `through ${index}@${term} of ${configurationText(configuration)}: ${chunks.map(plainText).join(" ")}`;
}

function roleName(role: RaftRole): string {
  if (role.type !== "follower") return role.type;
  return role.leader === null ? "follower of nobody" : `follower of ${role.leader}`;
}

function roleFields(role: RaftRole): ReadonlyMap<string, string> {
  switch (role.type) {
    case "follower": {
      const fields = new Map([["follows", role.leader ?? "nobody"]]);
      if (role.incoming !== null) fields.set("incoming", incomingText(role.incoming));
      return fields;
    }
    case "preCandidate":
    case "candidate":
      return new Map([["votes", role.granted.length === 0 ? "none" : role.granted.join(" ")]]);
    case "leader":
      return leaderFields(role);
  }
}

function incomingText({ index, term, chunks }: IncomingSnapshot): string {
  return `snapshot through ${index}@${term}: ${chunks.map(plainText).join(" ")}`;
}

function leaderFields({
  persisted,
  progress,
  round,
  reads,
  lease,
  ticks,
  transfer,
}: Leader): ReadonlyMap<string, string> {
  const fields = new Map([["own match", String(persisted)]]);
  for (const of of progress) fields.set(of.node, progressText(of));
  if (round > 0) fields.set("round", String(round));
  if (reads.waiting.length > 0) fields.set("reads waiting", readsText(reads.waiting));
  if (reads.confirming !== null) {
    const { round: confirming, index, reads: confirmed } = reads.confirming;
    fields.set("reads confirming", `${readsText(confirmed)} at ${index} by round ${confirming}`);
  }
  if (lease !== null) fields.set("lease", leaseText(lease));
  if (ticks > 0) fields.set("ticks", String(ticks));
  if (transfer !== null) fields.set("transfer", `to ${transfer}`);
  return fields;
}

function progressText(progress: Progress): string {
  const silence = progress.isActive ? "" : ", silent";
  const round = progress.round === 0 ? "" : `, round ${progress.round}`;
  return `match ${progress.match}, ${phaseText(progress)}${round}${silence}`;
}

function phaseText(progress: Progress): string {
  switch (progress.type) {
    case "probe":
      return `probe next ${progress.next}${progress.isPaused ? ", paused" : ""}`;
    case "replicate": {
      const inflight = progress.inflight.length === 0 ? "" : `, in flight ${progress.inflight.join(" ")}`;
      return `replicate next ${progress.next}${inflight}`;
    }
    case "snapshot":
      return `snapshot ${progress.index}, chunk ${progress.chunk}`;
  }
}

function readsText(reads: readonly WaitingRead[]): string {
  return reads.map(({ from, id }) => `${plainText(id)} of ${from}`).join(", ");
}

function leaseText({ left, measuring }: Lease): string {
  const measured = measuring === null ? "" : `, measuring round ${measuring.round} of age ${measuring.age}`;
  return `${left} ticks${measured}`;
}
