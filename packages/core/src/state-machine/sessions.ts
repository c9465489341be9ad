/**
 * Sessions: a command that a client sends more than once is applied once. Diego Ongaro, "Consensus: Bridging Theory and
 * Practice" (2014), section 6.3, "Implementing linearizable semantics".
 *
 * A client whose leader fails before it answers can't know whether its command was taken, and has to send it again. The
 * order then holds the command twice, and it is the state machine that tells a copy from a new command: a session
 * remembers the results of its client's commands by the numbers that the client gave them.
 *
 * All that happens to sessions follows from the order of the commands, so that every node forgets the same ones.
 */

import { invariant } from "../assert.ts";
import type { Plain } from "../plain.ts";
import type { Application, MachineSignature, StateMachine } from "./machine.ts";
import { isRecord } from "./record.ts";
import { acknowledge, fromSessionChunks, isNumber, remember, toSessionChunks } from "./session.ts";
import type { Session } from "./session.ts";

/**
 * Open a session. Its name is the index of this command. A client that sends this again gets another session; the one that
 * it does not use is the first to expire. `client` tells the result from other clients'.
 */
export type Register = { readonly type: "register"; readonly client: Plain };

/**
 * Apply `command`, unless the session has a command numbered `sequence` already. The client numbers its commands as it
 * likes, each with a number of its own above those that it has acknowledged, and may have several under way. It has the
 * results of all commands numbered below `acknowledged`, and will not send these again.
 */
export type Invoke<M extends MachineSignature> = {
  readonly type: "invoke";
  readonly session: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly command: M["command"];
};

/**
 * What a client is told.
 *
 * - registered: the session is open
 * - returned: the command was applied, now or before, with this result
 * - acknowledged: the session has an acknowledgement of this command's result, and has forgotten it. The command was not
 *   applied now; if the client had the result it was applied before
 * - expired: there is no such session, or no longer. The command was not applied now; whether it was before, nobody knows
 */
export type SessionResult<M extends MachineSignature> =
  | { readonly type: "registered"; readonly session: number }
  | { readonly type: "returned"; readonly result: M["result"] }
  | { readonly type: "acknowledged" }
  | { readonly type: "expired" };

/** The sessions, the one that was used least recently first, and the state of the machine behind them. */
export type SessionState<M extends MachineSignature> = {
  readonly sessions: readonly Session<M>[];
  readonly machine: M["state"];
};

/** A state machine M behind sessions. Queries need none: asking twice does no harm. */
export interface WithSessions<M extends MachineSignature> extends MachineSignature {
  readonly state: SessionState<M>;
  readonly command: Register | Invoke<M>;
  readonly result: SessionResult<M>;
  readonly query: M["query"];
  readonly answer: M["answer"];
}

/**
 * `machine` behind sessions, at most `sessionsMax` of them: one more, and the one that was used least recently expires.
 * Every node has to have the same limit. A command costs a search through the sessions.
 *
 * @throws RangeError if `sessionsMax` is no safe integer above zero
 */
export function sessions<M extends MachineSignature>(
  machine: StateMachine<M>,
  { sessionsMax }: { readonly sessionsMax: number },
): StateMachine<WithSessions<M>> {
  if (!Number.isSafeInteger(sessionsMax) || sessionsMax < 1) {
    throw new RangeError(`There must be room for one session at least, not ${sessionsMax}.`);
  }
  return {
    initial: { sessions: [], machine: machine.initial },

    isCommand(value): value is Register | Invoke<M> {
      return isRegister(value) || isInvoke(machine, value);
    },

    isQuery(value): value is M["query"] {
      return machine.isQuery(value);
    },

    apply(state, command, index) {
      switch (command.type) {
        case "register":
          return onRegister(state, sessionsMax, index);
        case "invoke":
          return onInvoke(machine, state, command, index);
      }
    },

    read(state, query) {
      return machine.read(state.machine, query);
    },

    toChunks(state) {
      return [...toSessionChunks(state.sessions), ...machine.toChunks(state.machine)];
    },

    fromChunks(chunks) {
      const [sessions, rest] = fromSessionChunks<M>(chunks);
      return { sessions, machine: machine.fromChunks(rest) };
    },
  };
}

/** Section 6.3: sessions expire by the same rule everywhere, here the one that was used least recently. */
function onRegister<M extends MachineSignature>(
  { sessions, machine }: SessionState<M>,
  sessionsMax: number,
  index: number,
): Application<WithSessions<M>> {
  const isNewest = sessions.every(({ session }) => session < index);
  invariant(isNewest, "sessions are named in the order of the log", { index });
  const kept = sessions.slice(Math.max(0, sessions.length + 1 - sessionsMax));
  const opened = { session: index, acknowledged: 0, results: [] };
  return { state: { sessions: [...kept, opened], machine }, result: { type: "registered", session: index } };
}

/**
 * Section 6.3: a command that the session has a result of is not applied again. A session that answers has been used,
 * whether or not it applies the command.
 */
function onInvoke<M extends MachineSignature>(
  machine: StateMachine<M>,
  before: SessionState<M>,
  { session: name, sequence, acknowledged, command }: Invoke<M>,
  index: number,
): Application<WithSessions<M>> {
  const found = before.sessions.find(({ session }) => session === name);
  if (found === undefined) return { state: before, result: { type: "expired" } };
  const session = acknowledge(found, acknowledged);
  if (sequence < session.acknowledged) return { state: used(before, session), result: { type: "acknowledged" } };
  const known = session.results.find((remembered) => remembered.sequence === sequence);
  if (known !== undefined) return { state: used(before, session), result: { type: "returned", result: known.result } };

  const { state, result } = machine.apply(before.machine, command, index);
  const { sessions } = used(before, remember(session, { sequence, result }));
  return { state: { sessions, machine: state }, result: { type: "returned", result } };
}

/** The state with `session` as what it became, and as the one that was used last. */
function used<M extends MachineSignature>(before: SessionState<M>, session: Session<M>): SessionState<M> {
  if (before.sessions.at(-1) === session) return before;
  const others = before.sessions.filter((other) => other.session !== session.session);
  return { ...before, sessions: [...others, session] };
}

function isRegister(value: Plain): value is Register {
  return isRecord(value) && value["type"] === "register" && value["client"] !== undefined;
}

function isInvoke<M extends MachineSignature>(machine: StateMachine<M>, value: Plain): value is Invoke<M> {
  if (!isRecord(value) || value["type"] !== "invoke") return false;
  const { session, sequence, acknowledged, command } = value;
  if (!isNumber(session) || !isNumber(sequence) || !isNumber(acknowledged)) return false;
  return acknowledged <= sequence && command !== undefined && machine.isCommand(command);
}
