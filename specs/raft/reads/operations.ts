/**
 * What clients of the register did and got, told by the words that they write and the ids of their reads. Each
 * operation is a thread of its own, so that clients may ask again without waiting.
 *
 * A write has ended for its client when the first node says that it has applied it, whichever that is: no client can
 * know earlier, and linearizability is claimed for one that knows at once. What was refused has not happened.
 */

import { emptyHistory, encode, invoked, returned } from "@quorate/checker";
import type { History, NodeEvent, Observer, RegisterOperation, RegisterResult } from "@quorate/checker";
import { isRecord } from "@quorate/core";
import type { Effect, Plain } from "@quorate/core";
import type { RegisterService } from "./clients.ts";
import { registerMachine } from "./register.ts";
import type { Word } from "./register.ts";

export type Operations = History<RegisterOperation<Word>, RegisterResult<Word>>;

/** Watches requests and what comes of them. */
export const operationsObserver: Observer<RegisterService, Operations> = {
  initial: emptyHistory(),
  observe(history, event) {
    if (event.type === "crash") return history;
    return event.effects.reduce(withOutput, withRequest(history, event));
  },
};

function withRequest(history: Operations, event: NodeEvent<RegisterService>): Operations {
  if (event.type !== "input" || event.input.type !== "request") return history;
  const { request } = event.input;
  switch (request.type) {
    case "broadcast":
      return request.commands.reduce<Operations>(
        (before, { word }) => asked(before, writeOf(word), { type: "write", value: word }),
        history,
      );
    case "read":
      return asked(history, readOf(request.id), { type: "read" });
    case "snapshot":
    case "earlierSnapshot":
    case "changeMembership":
    case "transferLeadership":
      return history;
  }
}

/** A client that asks once more has given up the operation that it had under way. */
function asked(history: Operations, thread: string, operation: RegisterOperation<Word>): Operations {
  return invoked(givenUp(history, thread), thread, operation);
}

function withOutput(history: Operations, effect: Effect<RegisterService>): Operations {
  if (effect.type !== "output") return history;
  const { output } = effect;
  switch (output.type) {
    case "applied":
      return answered(history, writeOf(output.command.word), { type: "writeOk" });
    case "answer":
      return answered(history, readOf(output.id), { type: "readOk", value: output.answer });
    case "refused":
      return refused(history, output.request);
    case "unknown":
    case "restored":
      return history;
  }
}

/** Every node says that it has applied a write, and an answer may come twice: the first one counts. */
function answered(history: Operations, thread: string, result: RegisterResult<Word>): Operations {
  const isUnderWay = (history.threads[thread]?.inFlight ?? null) !== null;
  return isUnderWay ? returned(history, thread, result) : history;
}

/** What was asked comes back in a refusal as plain data. */
function refused(history: Operations, request: Plain): Operations {
  if (!isRecord(request)) return history;
  const { type, id, commands } = request;
  if (type === "read" && id !== undefined) return givenUp(history, readOf(id));
  if (type !== "broadcast" || !Array.isArray(commands)) return history;
  return commands
    .filter((command) => registerMachine.isCommand(command))
    .reduce<Operations>((before, { word }) => givenUp(before, writeOf(word)), history);
}

/** The history without the operation that `thread` has under way: that it never happened is what remains of it. */
function givenUp(history: Operations, thread: string): Operations {
  const known = history.threads[thread];
  if (known === undefined || known.inFlight === null) return history;
  const { [thread]: _, ...others } = history.threads;
  const { completed } = known;
  return {
    ...history,
    threads: completed.length === 0 ? others : { ...others, [thread]: { completed, inFlight: null } },
  };
}

/** What the reads that have ended returned. */
export function valuesRead(history: Operations): readonly Word[] {
  return Object.values(history.threads)
    .flatMap(({ completed }) => completed)
    .flatMap(({ result }) => (result.type === "readOk" ? [result.value] : []));
}

/** A thread's name: a read's id may be a word that is written, too. */
function readOf(id: Plain): string {
  return `read ${encode(id)}`;
}

function writeOf(word: string): string {
  return `write ${word}`;
}
