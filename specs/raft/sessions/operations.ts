/**
 * What clients with sessions did and were told. Copies of a command are one operation, named by session and number: it
 * begins when the first copy is sent, and has ended when the first answer comes.
 */

import { emptyHistory, invoked, returned } from "@quorate/checker";
import type { History, NodeEvent, Observer } from "@quorate/checker";
import type { Effect, Invoke, SessionResult } from "@quorate/core";
import type { SessionService } from "./clients.ts";
import type { Journal } from "./journal.ts";

export type SessionHistory = {
  readonly operations: History<Journal["command"], number>;
  /** By operation, the index at which it was first said to be applied. */
  readonly indexes: { readonly [operation: string]: number };
  /** The operations of which a copy with a higher index was answered with a result. */
  readonly repeated: readonly string[];
  /** The operations of which a copy was answered otherwise than the first. */
  readonly contradicted: readonly string[];
  /** The operations of which a copy came when the session was over. */
  readonly expired: readonly string[];
};

/**
 * Watches commands and what comes of them.
 *
 * @param answered the commands that were applied and answered before the model begins, in that order, next to the
 *   opening of their session
 */
export function sessionObserver(answered: readonly Invoke<Journal>[]): Observer<SessionService, SessionHistory> {
  const operations = answered.reduce<SessionHistory["operations"]>(
    (history, invoke, at) => returned(invoked(history, nameOf(invoke), invoke.command), nameOf(invoke), at + 1),
    emptyHistory(),
  );
  const indexes = Object.fromEntries(answered.map((invoke, at) => [nameOf(invoke), invoke.session + 1 + at]));
  return {
    initial: { operations, indexes, repeated: [], contradicted: [], expired: [] },
    observe(history, event) {
      if (event.type === "crash") return history;
      return event.effects.reduce(withOutput, invokedIn(event).reduce(withInvocation, history));
    },
  };
}

/** The commands that a request asks to apply, if it is taken. One that is refused has not begun. */
function invokedIn(event: Exclude<NodeEvent<SessionService>, { readonly type: "crash" }>): readonly Invoke<Journal>[] {
  if (event.type !== "input" || event.input.type !== "request") return [];
  const { request } = event.input;
  if (request.type !== "broadcast") return [];
  const isRefused = event.effects.some((effect) => effect.type === "output" && effect.output.type === "refused");
  return isRefused ? [] : request.commands.filter((command) => command.type === "invoke");
}

function withInvocation(history: SessionHistory, invoke: Invoke<Journal>): SessionHistory {
  const name = nameOf(invoke);
  if (history.operations.threads[name] !== undefined) return history;
  return { ...history, operations: invoked(history.operations, name, invoke.command) };
}

/** Every node says what came of a command, and the first to say so is the one that the client hears. */
function withOutput(history: SessionHistory, effect: Effect<SessionService>): SessionHistory {
  if (effect.type !== "output" || effect.output.type !== "applied") return history;
  const { command, result, index } = effect.output;
  return command.type === "invoke" ? withResult(history, nameOf(command), result, index) : history;
}

function withResult(
  history: SessionHistory,
  name: string,
  result: SessionResult<Journal>,
  index: number,
): SessionHistory {
  switch (result.type) {
    case "returned":
      return withReturned(withIndex(history, name, index), name, result.result);
    // Whether the command was applied before is not said: the operation stays under way.
    case "expired":
      return history.expired.includes(name) ? history : { ...history, expired: including(history.expired, name) };
    case "acknowledged":
    case "registered":
      return history;
  }
}

function withIndex(history: SessionHistory, name: string, index: number): SessionHistory {
  const known = history.indexes[name];
  if (known === undefined) return { ...history, indexes: { ...history.indexes, [name]: index } };
  if (index === known || history.repeated.includes(name)) return history;
  return { ...history, repeated: including(history.repeated, name) };
}

function withReturned(history: SessionHistory, name: string, result: number): SessionHistory {
  const first = history.operations.threads[name]?.completed[0];
  if (first === undefined) return { ...history, operations: returned(history.operations, name, result) };
  if (first.result === result || history.contradicted.includes(name)) return history;
  return { ...history, contradicted: including(history.contradicted, name) };
}

/** `names` with `name`, in order. */
function including(names: readonly string[], name: string): readonly string[] {
  return [...names, name].sort();
}

function nameOf({ session, sequence }: Invoke<Journal>): string {
  return `${session}/${sequence}`;
}
