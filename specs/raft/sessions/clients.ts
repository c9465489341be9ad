/** The journal as a service with sessions, and the clients that use it. */

import type { Client } from "@quorate/checker";
import type { Invoke, NodeId, Raft, Replicated, WithSessions } from "@quorate/core";
import type { Occurrence } from "../reads/running.ts";
import type { Journal } from "./journal.ts";

/** The journal behind sessions, replicated by Raft. */
export type SessionService = Replicated<Raft, WithSessions<Journal>>;

/** The session that ada opens with the second entry of the log: the first one is the leader's no-op. */
const SESSION = 2;

/** The command that is sent more than once. */
export const firstCommand: Invoke<Journal> = invoke(0, 0, "x");

/** What the parameters say of clients. */
type Clients = {
  readonly begin: "registered" | "answered" | "nothing";
  readonly commands: number;
  readonly retries: number;
  readonly rivals: number;
  readonly snapshots: number;
};

/** The clients: ada, the copies of her first command, others that open sessions, and an operator. */
export function clientsOf(
  given: Clients,
  first: NodeId,
  second: NodeId,
): { readonly [name: string]: Client<SessionService> } {
  const both = [...new Set([first, second])];
  const x = asking(firstCommand);
  const y = asking(invoke(1, given.begin === "answered" ? 1 : 0, "y"));
  const news = [
    ...(given.begin === "nothing" ? [registering("ada")] : []),
    ...(given.begin === "answered" ? [y] : given.commands > 1 ? [x, y] : [x]),
  ];
  return {
    ada: { to: [first], requests: news },
    adaAgain: { to: [second], requests: Array.from({ length: given.retries }, () => x) },
    bob: { to: both, requests: Array.from({ length: given.rivals }, () => registering("bob")) },
    operator: { to: both, requests: Array.from({ length: given.snapshots }, () => ({ type: "snapshot" })) },
  };
}

/** What came before: the first node was elected, ada opened her session, and what is in `answered` was applied. */
export function openingOf(first: NodeId, answered: readonly Invoke<Journal>[]): readonly Occurrence<SessionService>[] {
  const requests = [registering("ada"), ...answered.map(asking)];
  return [
    { node: first, input: { type: "timeout", timer: "election" } },
    ...requests.map((request): Occurrence<SessionService> => ({ node: first, input: { type: "request", request } })),
  ];
}

function registering(client: string): SessionService["request"] {
  return { type: "broadcast", commands: [{ type: "register", client }] };
}

function asking(command: Invoke<Journal>): SessionService["request"] {
  return { type: "broadcast", commands: [command] };
}

function invoke(sequence: number, acknowledged: number, word: string): Invoke<Journal> {
  return { type: "invoke", session: SESSION, sequence, acknowledged, command: { type: "append", word } };
}
