import type { NodeId } from "@quorate/core";
import type { RegisterMessage, RequestId } from "../register/messages.ts";
import type { ServerSignature } from "../register/server.ts";

/** Ordered by round, then by server. */
export type Ballot = { readonly round: number; readonly node: NodeId };

/** What a client asked for: a value to write, and where the answer goes. */
type Proposal = { readonly request: RequestId; readonly requester: NodeId; readonly value: string };

export type AcceptedProposal = { readonly ballot: Ballot; readonly proposal: Proposal };

/** Phase 1a. */
export type Prepare = { readonly type: "prepare"; readonly ballot: Ballot };
/** Phase 1b: a promise, with what the server accepted last. */
export type Prepared = {
  readonly type: "prepared";
  readonly ballot: Ballot;
  readonly lastAccepted: AcceptedProposal | null;
};
/** Phase 2a. */
export type Accept = { readonly type: "accept"; readonly ballot: Ballot; readonly proposal: Proposal };
/** Phase 2b, to the leader alone. */
export type Accepted = { readonly type: "accepted"; readonly ballot: Ballot };
/** The leader tells the other servers. */
export type Decided = { readonly type: "decided"; readonly ballot: Ballot; readonly proposal: Proposal };

export type PaxosState = {
  /** The highest ballot that the server has heard of, or leads. At first of round 0, in which nobody leads. */
  readonly ballot: Ballot;
  /** As leader: what it proposes, or null while no client has asked it. */
  readonly proposal: Proposal | null;
  /** As leader: what each server that prepared had accepted. */
  readonly prepares: { readonly [server: string]: AcceptedProposal | null };
  /** As leader: the servers that accepted, in the order of their names. */
  readonly accepts: readonly NodeId[];
  /** As acceptor: what it accepted last. */
  readonly accepted: AcceptedProposal | null;
  readonly decided: boolean;
};

export interface PaxosServer extends ServerSignature {
  readonly volatile: PaxosState;
  readonly message: RegisterMessage | Prepare | Prepared | Accept | Accepted | Decided;
}
