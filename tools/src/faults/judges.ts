/** What is asked of histories and of what watchers were told. */

import { checkRegister } from "./linearizability.ts";
import type { Action, Operation } from "./linearizability.ts";
import type { Seen } from "./watcher.ts";

export type Violation = {
  readonly of: "linearizability" | "watch" | "lease" | "durability" | "agreement" | "trace" | "ending" | "progress";
  readonly text: string;
};

/** What was done to each key. */
export type History = ReadonlyMap<string, readonly Operation[]>;

/** What the watcher of one member was told, and what was wrong with that by itself. */
export type Told = { readonly name: string; readonly seen: readonly Seen[]; readonly complaints: readonly string[] };

const STEPS_MAX = 2_000_000;

export function checkHistories(
  history: History,
  seen: readonly Seen[],
): { readonly unknown: readonly string[]; readonly violations: readonly Violation[] } {
  const unknown: string[] = [];
  const violations: Violation[] = [];
  for (const [key, operations] of history) {
    // An order of some of the unanswered operations is an order, since those left out may never have taken place. So the
    // search begins with those that the watch has told of; only if that finds none does it look at all there may be.
    const told = checkRegister(withWhatWasTold(operations, seen), STEPS_MAX);
    const verdict = told.type === "ok" ? told : checkRegister(operations, STEPS_MAX);
    if (verdict.type === "unknown") unknown.push(key);
    if (verdict.type !== "violated") continue;
    const lines = [...verdict.longest.slice(-5), ...verdict.stuckAt].map((operation) => `    ${textOf(operation)}`);
    violations.push({
      of: "linearizability",
      text: `${key}: no order explains what its clients saw. The end of the longest, and what does not fit:\n${lines.join("\n")}`,
    });
  }
  return { unknown, violations };
}

/** The operations, those without an answer only where a watch has told that they took place, with their revisions. */
function withWhatWasTold(operations: readonly Operation[], seen: readonly Seen[]): readonly Operation[] {
  const revisions = new Map(seen.map(({ value, revision }) => [value, revision]));
  return operations.flatMap((operation): readonly Operation[] => {
    const { action, end } = operation;
    if (end !== Infinity || action.type === "get" || action.type === "delete") return [operation];
    const revision = revisions.get(action.value);
    if (revision === undefined) return [];
    if (action.type === "put") return [{ ...operation, action: { ...action, revision } }];
    return [{ ...operation, action: { ...action, succeeded: true, revision } }];
  });
}

function textOf({ client, call, end, action }: Operation): string {
  const times = `${call.toFixed(1)} to ${end === Infinity ? "no answer" : end.toFixed(1)}`;
  return `client ${client}, ${times}: ${JSON.stringify(action)}`;
}

/**
 * All watchers are told the same, nothing is missing of what was acknowledged, and nothing is there that nobody wrote.
 *
 * @param marks values that the harness itself has written
 */
export function checkWatchers(
  watchers: readonly Told[],
  history: History,
  marks: readonly string[],
): readonly Violation[] {
  const violations: Violation[] = watchers.flatMap(({ name, complaints }) =>
    complaints.map((text) => ({ of: "watch" as const, text: `the watcher of ${name}: ${text}` })),
  );
  const [first, ...others] = watchers;
  if (first === undefined) return violations;
  for (const other of others) {
    const difference = firstDifference(first.seen, other.seen);
    if (difference === null) continue;
    const text = `the watchers of ${first.name} and ${other.name} differ: ${difference}`;
    violations.push({ of: "agreement", text });
  }
  return [...violations, ...missing(first, history), ...unwritten(first, history, marks)];
}

/** Changes that were acknowledged, and of which the watcher was told nothing or something else. */
function missing({ name, seen }: Told, history: History): readonly Violation[] {
  const told = new Map(seen.map((event) => [`${event.revision} ${event.key}`, event]));
  return [...history].flatMap(([key, operations]) =>
    operations.flatMap(({ action }): readonly Violation[] => {
      const change = changeOf(action);
      if (change === null) return [];
      const event = told.get(`${change.revision} ${key}`);
      if (event !== undefined && event.value === change.value) return [];
      const was = event === undefined ? "nothing" : (event.value ?? "that it was deleted");
      const text = `${key} became ${change.value ?? "deleted"} by revision ${change.revision}, and the watcher of ${name} was told ${was}`;
      return [{ of: "watch", text }];
    }),
  );
}

function unwritten({ seen }: Told, history: History, marks: readonly string[]): readonly Violation[] {
  const operations = [...history.values()].flat();
  const written = new Set([...marks, ...operations.flatMap(({ action }) => valueOf(action))]);
  return seen.flatMap(({ value, key, revision }): readonly Violation[] => {
    if (value === null || written.has(value)) return [];
    return [{ of: "watch", text: `nobody wrote ${value}, which ${key} has at revision ${revision}` }];
  });
}

/** What an action would write. */
function valueOf(action: Action): readonly string[] {
  return action.type === "put" || action.type === "cas" ? [action.value] : [];
}

/** What an acknowledged operation changed, null if it changed nothing or nobody knows. */
function changeOf(action: Action): { readonly value: string | null; readonly revision: number } | null {
  if (action.type === "get" || action.revision === null) return null;
  const { revision } = action;
  if (action.type === "delete") return action.existed === true ? { value: null, revision } : null;
  if (action.type === "cas" && action.succeeded !== true) return null;
  return { value: action.value, revision };
}

function firstDifference(a: readonly Seen[], b: readonly Seen[]): string | null {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [here, there] = [a[at], b[at]].map((seen) => JSON.stringify(seen ?? "missing"));
    if (here !== there) return `event ${at} is ${here ?? ""} here, and ${there ?? ""} there`;
  }
  return null;
}

/**
 * What is left to say of a key once its history has been judged: what it was last read to be, and the operations that nobody
 * knows the end of. Later reads have to fit to that.
 */
export function residueOf(operations: readonly Operation[]): readonly Operation[] {
  const last = operations.findLast(({ action, end }) => action.type === "get" && end !== Infinity);
  if (last === undefined || last.action.type !== "get") return operations;
  const { value, revision } = last.action;
  const unanswered = operations.filter(({ end }) => end === Infinity);
  const known: Operation = { ...last, action: { type: "put", value: value ?? "", revision } };
  return value === null ? unanswered : [known, ...unanswered];
}
