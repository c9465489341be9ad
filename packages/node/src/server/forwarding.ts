/** Commands on their way to the leader. */

import type { NodeId } from "@quorate/core";
import { PeerError } from "../peers/index.ts";
import type { Peers } from "../peers/index.ts";
import { answers } from "./member-words.ts";
import type { Question } from "./member-words.ts";
import type { ForwardVerdict } from "./proposals.ts";
import type { AddressedCommand } from "./replication.ts";

/** The errors of a question that has not left, so that it does no harm to send it again: see `PeerErrorCode`. */
const UNSENT: ReadonlySet<PeerError["code"]> = new Set([
  "unreachable",
  "noRoom",
  "unknownPeer",
  "clusterMismatch",
  "wrongMember",
  "notMember",
  "removed",
  "versionMismatch",
  "notAllowed",
]);

/**
 * What the leader says of `commands`, or that they have certainly not left.
 *
 * @throws PeerError, or ZodError (by rejection) if nobody knows what became of them
 */
export async function forwardTo(
  peers: Pick<Peers, "ask">,
  leader: NodeId,
  commands: readonly AddressedCommand[],
  timeoutMs: number,
): Promise<ForwardVerdict | { readonly type: "unsent" }> {
  const question: Question = { type: "propose", commands };
  try {
    return answers.verdict(await peers.ask(leader, question, timeoutMs));
  } catch (error) {
    if (error instanceof PeerError && UNSENT.has(error.code)) return { type: "unsent" };
    throw error;
  }
}
