/** What calls say of sessions in their metadata: see `proto/quorate.proto`. */

import { createHash } from "node:crypto";
import { areSequences, isClientId } from "../server/once.ts";
import type { ClientCommand, LeaseId, SessionRequest, StoreCommand } from "../store/types.ts";
import { REQUEST_ERRORS, fail } from "./errors.ts";
import type { CallContext } from "./transport/transport.ts";

/** The session of a call, and which of its requests the call is. */
export type CallSession = Pick<SessionRequest, "client" | "sequence" | "acknowledged">;

/** Null if the call is none of a session's. Fails where it says something that can't be right. */
export function sessionOf(context: CallContext): CallSession | null {
  const client = context.metadata("quorate-client-id");
  const given = context.metadata("quorate-sequence");
  const acknowledging = context.metadata("quorate-acknowledged");
  if (client === undefined) {
    // Whoever numbers requests counts on what numbers alone don't bring.
    if (given !== undefined || acknowledging !== undefined) fail(REQUEST_ERRORS.sequenceWithoutSession);
    return null;
  }
  if (!isClientId(client)) fail(REQUEST_ERRORS.badSession);
  const sequence = numberOf(given);
  const acknowledged = acknowledging === undefined ? sequence : numberOf(acknowledging);
  if (!areSequences(sequence, acknowledged)) fail(REQUEST_ERRORS.badSequence);
  return { client, sequence, acknowledged };
}

function numberOf(text: string | undefined): number {
  return text !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN;
}

/** `command`, through the session if there is one. */
export function through(session: CallSession | null, command: StoreCommand): ClientCommand {
  return session === null ? command : { type: "sessionRequest", ...session, command };
}

/** The lease that a request through a session asks for where the choice is ours: the same each time that it is sent. */
export function leaseIdFor({ client, sequence }: CallSession): LeaseId {
  const digest = createHash("sha256").update(`${client} ${sequence}`).digest();
  return (digest.readBigUInt64BE() >> 1n || 1n).toString();
}
