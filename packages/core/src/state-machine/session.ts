/** One session, and sessions in snapshots. */

import { invariant } from "../assert.ts";
import type { Plain } from "../plain.ts";
import type { MachineSignature } from "./machine.ts";
import { isRecord } from "./record.ts";

/** What the machine returned for the command that its client gave the number `sequence`. */
export type Remembered<M extends MachineSignature> = { readonly sequence: number; readonly result: M["result"] };

/**
 * A session: its name, what its client has acknowledged, and the results of the commands that were applied for it and are
 * not acknowledged, in the order of their numbers.
 */
export type Session<M extends MachineSignature> = {
  readonly session: number;
  readonly acknowledged: number;
  readonly results: readonly Remembered<M>[];
};

/** The session after its client has acknowledged all results numbered below `acknowledged`: itself if it had before. */
export function acknowledge<M extends MachineSignature>(session: Session<M>, acknowledged: number): Session<M> {
  if (acknowledged <= session.acknowledged) return session;
  const results = session.results.filter(({ sequence }) => sequence >= acknowledged);
  return { ...session, acknowledged, results };
}

/** The session with the result of a command that it had none of. */
export function remember<M extends MachineSignature>(session: Session<M>, result: Remembered<M>): Session<M> {
  const results = [...session.results, result].sort((a, b) => a.sequence - b.sequence);
  return { ...session, results };
}

/** So few that a chunk of them fits a message. */
const SESSIONS_PER_CHUNK = 128;

/** A chunk of a snapshot, with how many chunks of sessions follow it. */
type SessionChunk<M extends MachineSignature> = {
  readonly sessions: readonly Session<M>[];
  readonly more: number;
};

/** The sessions as chunks: one at least, so that it can say that there are no more. */
export function toSessionChunks<M extends MachineSignature>(
  sessions: readonly Session<M>[],
): readonly SessionChunk<M>[] {
  const count = Math.max(1, Math.ceil(sessions.length / SESSIONS_PER_CHUNK));
  return Array.from({ length: count }, (_, at) => ({
    sessions: sessions.slice(at * SESSIONS_PER_CHUNK, (at + 1) * SESSIONS_PER_CHUNK),
    more: count - 1 - at,
  }));
}

/**
 * The sessions that `toSessionChunks` made these chunks of, and the chunks after them.
 *
 * @throws InvariantViolation if it did not make them
 */
export function fromSessionChunks<M extends MachineSignature>(
  chunks: readonly Plain[],
): readonly [sessions: readonly Session<M>[], rest: readonly Plain[]] {
  const [first] = chunks;
  invariant(first !== undefined && isSessionChunk<M>(first), "a snapshot begins with its sessions", first ?? null);
  const count = 1 + first.more;
  const sessions = chunks.slice(0, count).flatMap((chunk) => {
    invariant(isSessionChunk<M>(chunk), "a snapshot holds the sessions that it promises", chunk);
    return chunk.sessions;
  });
  return [sessions, chunks.slice(count)];
}

/** Results are taken as they are: they were this machine's when the snapshot was made. */
function isSessionChunk<M extends MachineSignature>(chunk: Plain): chunk is SessionChunk<M> {
  if (!isRecord(chunk)) return false;
  const { sessions, more } = chunk;
  return isNumber(more) && Array.isArray(sessions) && sessions.every(isSession);
}

function isSession(value: Plain): boolean {
  if (!isRecord(value)) return false;
  const { session, acknowledged, results } = value;
  return isNumber(session) && isNumber(acknowledged) && Array.isArray(results) && results.every(isRemembered);
}

function isRemembered(value: Plain): boolean {
  return isRecord(value) && isNumber(value["sequence"]) && value["result"] !== undefined;
}

/** Whether `value` can name or number something: a safe integer, and not below zero. */
export function isNumber(value: Plain | undefined): value is number {
  return Number.isSafeInteger(value) && typeof value === "number" && value >= 0;
}
