import type { Plain } from "../plain.ts";
import type { Effect, Input, NodeId, Signature, State, Step } from "../protocol.ts";
import type { QuorumSystem } from "../quorum/quorum.ts";

/** A value that the nodes may agree on. Paxos never looks inside. */
export type Value = Plain;

/** A proposal number of the paper: unique to the proposer that made it, and totally ordered, by round and then by node. */
export type Ballot = { readonly round: number; readonly node: NodeId };

/** A numbered proposal. No two proposals of one ballot differ in value. */
export type Proposal = { readonly ballot: Ballot; readonly value: Value };

/** Phase 1a: promise to accept nothing below `ballot`, and say what you accepted. */
export type Prepare = { readonly type: "prepare"; readonly ballot: Ballot };
/** Phase 1b: the promise, with the accepted proposal of the highest ballot. */
export type PromiseMessage = {
  readonly type: "promise";
  readonly ballot: Ballot;
  readonly accepted: Proposal | null;
};
/** Phase 2a: accept `value` at `ballot`. */
export type Accept = { readonly type: "accept"; readonly ballot: Ballot; readonly value: Value };
/** Phase 2b, to the learners: the sender accepted `value` at `ballot`. */
export type Accepted = { readonly type: "accepted"; readonly ballot: Ballot; readonly value: Value };
/** The refusal of a prepare or an accept at `ballot`: the sender has promised `promised`, which is higher. */
export type Rejected = { readonly type: "rejected"; readonly ballot: Ballot; readonly promised: Ballot };

export type Message = Prepare | PromiseMessage | Accept | Accepted | Rejected;

/** A client asks this node to get `value` chosen. */
export type Propose = { readonly type: "propose"; readonly value: Value };

/** This node has learned the chosen value. */
export type Decide = { readonly type: "decide"; readonly value: Value };

/** What the acceptor and the proposer must remember for ever. */
export type Durable = {
  /** The highest ballot promised: the acceptor accepts nothing below it. */
  readonly promised: Ballot | null;
  /** The accepted proposal of the highest ballot. */
  readonly accepted: Proposal | null;
  /** The highest ballot that the proposer has tried. */
  readonly lastTried: Ballot | null;
};

/** One acceptor's answer to a prepare. */
export type PromiseFrom = { readonly acceptor: NodeId; readonly accepted: Proposal | null };

/**
 * What the proposer is at. `value` is what its client asked for; `highestSeen` the highest ballot that a rejection has
 * told it of.
 */
export type Proposer =
  | { readonly phase: "idle" }
  | {
      readonly phase: "preparing";
      readonly value: Value;
      readonly ballot: Ballot;
      readonly promises: readonly PromiseFrom[];
    }
  | { readonly phase: "accepting"; readonly value: Value; readonly proposal: Proposal }
  | { readonly phase: "rejected"; readonly value: Value; readonly highestSeen: Ballot };

/** The proposal of the highest ballot that an acceptor has reported to this learner. */
export type Vote = { readonly acceptor: NodeId; readonly proposal: Proposal };

/** What the learner knows. A decision is wrapped, so that every plain value can be decided on, null included. */
export type Learner =
  | { readonly phase: "learning"; readonly votes: readonly Vote[] }
  | { readonly phase: "decided"; readonly value: Value };

export type Volatile = { readonly proposer: Proposer; readonly learner: Learner };

/** Who this node is, who takes part, who learns, and which sets of nodes are enough. Made by `paxosConfig`. */
export type Config = {
  readonly self: NodeId;
  readonly nodes: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly quorums: QuorumSystem;
};

/** Single-decree Paxos. Its one timer, `retry`, runs while this node's proposer has a proposal under way. */
export interface Paxos extends Signature {
  readonly config: Config;
  readonly durable: Durable;
  readonly volatile: Volatile;
  readonly message: Message;
  readonly timer: "retry";
  readonly request: Propose;
  readonly output: Decide;
}

export type PaxosState = State<Paxos>;
export type PaxosStep = Step<Paxos>;
export type PaxosInput = Input<Paxos>;
export type PaxosEffect = Effect<Paxos>;
