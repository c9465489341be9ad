/**
 * Exactly once: the store behind the client sessions of core, Diego Ongaro (2014), section 6.3.
 *
 * A client whose answer is lost can't know whether its request was taken. One that has opened a session, and gives its
 * requests numbers, may ask again: a number that the session has an answer of is answered alike, and not carried out again.
 * Requests without a session are the store's as they are.
 *
 * Sessions are part of the replicated state. All that becomes of them follows from the order: every member has the same ones,
 * and forgets the same ones.
 */

import { InvariantViolation, isRecord, sessions } from "@quorate/core";
import type { Application, MachineSignature, Plain, SessionState, StateMachine } from "@quorate/core";
import { sizeOf } from "../sizes.ts";
import { revisionOf, storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type { ClientCommand, StoreCommand, StoreResult } from "../store/types.ts";

/** One more, and the one that was used least recently expires. */
export const SESSIONS_MAX: number = 1024;
/**
 * How many requests of a session may be under way, which is how many answers are kept for it. With `ANSWER_BYTES_MAX` it
 * bounds what sessions take, and what 128 of them take, which is a chunk of a snapshot and has to fit a message.
 */
export const UNDER_WAY_MAX: number = 16;
/** Of a longer answer is only kept that there was one. */
export const ANSWER_BYTES_MAX: number = 8 * 1024;

/** What a store says, and where in the order: a repeated answer has the index of the first. */
type Indexed = { readonly index: number; readonly result: StoreResult };

interface IndexedStore extends MachineSignature {
  readonly state: StoreState;
  readonly command: StoreCommand;
  readonly result: Indexed;
  readonly query: null;
  readonly answer: null;
}

/**
 * `lineage` is the part of clients' ids that tells sessions of this store from those of others: their indexes begin anew in
 * a cluster that is made of a snapshot file, or has the name of one that is gone. Null before the first session.
 */
export type OnceState = { readonly lineage: string | null } & SessionState<IndexedStore>;

/** What a command came to. `applied` is what was done to the store for it: null for a repeated answer, or a session's own. */
export type OnceResult = { readonly result: StoreResult; readonly applied: StoreCommand | null };

export interface Once extends MachineSignature {
  readonly state: OnceState;
  readonly command: ClientCommand;
  readonly result: OnceResult;
  readonly query: null;
  readonly answer: null;
}

const indexedStore: StateMachine<IndexedStore> = {
  ...storeMachine,
  isQuery: (value): value is null => value === null,
  read: () => null,
  apply(before, command, index) {
    const { state, result } = storeMachine.apply(before, command, index);
    return { state, result: { index, result } };
  },
};

const behindSessions = sessions(indexedStore, { sessionsMax: SESSIONS_MAX });

export const once: StateMachine<Once> = {
  initial: { lineage: null, ...behindSessions.initial },
  isCommand: isClientCommand,
  isQuery: (value): value is null => value === null,
  read: () => null,

  apply(state, command, index) {
    if (command.type === "sessionOpen") return onOpen(state, command.nonce, index);
    if (command.type === "sessionRequest") return onRequest(state, command, index);
    const { state: machine, result } = storeMachine.apply(state.machine, command, index);
    return { state: machine === state.machine ? state : { ...state, machine }, result: { result, applied: command } };
  },

  toChunks({ lineage, ...state }) {
    return [{ lineage }, ...behindSessions.toChunks(state)];
  },

  fromChunks(chunks) {
    const [head] = chunks;
    // What was written before there were sessions, or of a snapshot file, begins with the store.
    if (head === undefined || !isRecord(head) || head["lineage"] === undefined) {
      return { lineage: null, sessions: [], machine: storeMachine.fromChunks(chunks) };
    }
    const { lineage } = head;
    if (lineage !== null && !isNonce(lineage))
      throw new InvariantViolation("a snapshot names the lineage of its sessions");
    return { lineage, ...behindSessions.fromChunks(chunks.slice(1)) };
  },
};

/** The session is named by the index of this very command. */
function onOpen({ lineage: before, ...state }: OnceState, nonce: string, index: number): Application<Once> {
  const { state: after } = behindSessions.apply(state, { type: "register", client: nonce }, index);
  const lineage = before ?? nonce;
  const value = { type: "sessionOpened", client: clientIdOf({ lineage, session: index }) } as const;
  const result = { ok: true, value, revision: revisionOf(state.machine) } as const;
  return { state: { lineage, ...after }, result: { result, applied: null } };
}

function onRequest(
  before: OnceState,
  { client, sequence, acknowledged, command }: Extract<ClientCommand, { readonly type: "sessionRequest" }>,
  index: number,
): Application<Once> {
  const { lineage, ...state } = before;
  const named = namedBy(client);
  if (named === null || named.lineage !== lineage) return refused(before, "sessionExpired");
  const invoke = { type: "invoke", session: named.session, sequence, acknowledged, command } as const;
  const { state: after, result } = behindSessions.apply(state, invoke, index);
  switch (result.type) {
    case "returned": {
      const isNew = result.result.index === index;
      return {
        state: { lineage, ...(isNew ? withShortAnswer(after, sequence) : after) },
        result: { result: result.result.result, applied: isNew ? command : null },
      };
    }
    case "acknowledged":
      return refused({ lineage, ...after }, "answerAcknowledged");
    case "expired":
      return refused(before, "sessionExpired");
    case "registered":
      throw new InvariantViolation("what is asked of a session does not open one");
  }
}

function refused(state: OnceState, error: "sessionExpired" | "answerAcknowledged"): Application<Once> {
  const result = { ok: false, error, revision: revisionOf(state.machine) } as const;
  return { state, result: { result, applied: null } };
}

/** The state in which the answer `sequence` of the session that was used last, if it is long, is only known to have been there. */
function withShortAnswer(state: SessionState<IndexedStore>, sequence: number): SessionState<IndexedStore> {
  const session = state.sessions.at(-1);
  const answer = session?.results.find((kept) => kept.sequence === sequence);
  if (session === undefined || answer === undefined || sizeOf(answer.result) <= ANSWER_BYTES_MAX) return state;
  const { index, result } = answer.result;
  const short: Indexed = { index, result: { ok: false, error: "answerTooLong", revision: result.revision } };
  const results = session.results.map((kept) => (kept === answer ? { sequence, result: short } : kept));
  return { ...state, sessions: [...state.sessions.slice(0, -1), { ...session, results }] };
}

/** The commands that clients send through a session. */
const THROUGH_SESSIONS: readonly Plain[] = ["put", "deleteRange", "txn", "compact", "leaseGrant", "leaseRevoke"];

function isClientCommand(value: Plain): value is ClientCommand {
  if (!isRecord(value)) return false;
  if (value["type"] === "sessionOpen") return isNonce(value["nonce"]);
  return value["type"] === "sessionRequest" ? isSessionRequest(value) : storeMachine.isCommand(value);
}

function isSessionRequest({ client, sequence, acknowledged, command }: { readonly [field: string]: Plain }): boolean {
  if (typeof client !== "string" || command === undefined || !isRecord(command)) return false;
  if (!THROUGH_SESSIONS.includes(command["type"] ?? null) || !storeMachine.isCommand(command)) return false;
  return areSequences(sequence, acknowledged);
}

/** Whether a request may have these numbers: see `SessionRequest`. */
export function areSequences(sequence: Plain | undefined, acknowledged: Plain | undefined): boolean {
  if (!isNatural(sequence) || !isNatural(acknowledged)) return false;
  return acknowledged <= sequence && sequence - acknowledged < UNDER_WAY_MAX;
}

function isNatural(value: Plain | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const NONCE = /^[0-9a-f]{16}$/;

function isNonce(value: Plain | undefined): value is string {
  return typeof value === "string" && NONCE.test(value);
}

type Named = { readonly lineage: string; readonly session: number };

function clientIdOf({ lineage, session }: Named): string {
  return `${lineage}-${session}`;
}

/** The session that a client's id names, or null if it is none. */
function namedBy(client: string): Named | null {
  const [lineage = "", digits = "", ...rest] = client.split("-");
  const isId = NONCE.test(lineage) && /^[1-9][0-9]{0,15}$/.test(digits) && rest.length === 0;
  const session = Number(digits);
  return isId && Number.isSafeInteger(session) ? { lineage, session } : null;
}

/** Whether a client's id can be one: it is worth asking the order about then. */
export function isClientId(client: string): boolean {
  return namedBy(client) !== null;
}
