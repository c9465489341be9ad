/** What a node has to know of a protocol in order to run it, beyond the function itself. */

import type { NodeId, Plain, RequestBeyond, Signature, State, TotalOrderProtocol } from "@quorate/core";
import type { TimerLengths } from "../shell/timers.ts";
import type { Layout } from "../storage/index.ts";

/** What a member's operator decides, as far as the protocol is concerned. Times in milliseconds. */
export type ProtocolSetup = {
  readonly self: NodeId;
  readonly cluster: string;
  /** The members that a new cluster begins with. None where this node joins one that is there already. */
  readonly voters: readonly NodeId[];
  readonly preVote: boolean;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** How many commands fit into one message, by the limits of the transport. */
  readonly commandsPerMessageMax: number;
};

/** What the surroundings see of a node's state. */
export type ProtocolView = {
  /** Null if none is known. */
  readonly leader: NodeId | null;
  /** The term, view, ballot or epoch. */
  readonly term: number;
  readonly commitIndex: number;
  readonly lastIndex: number;
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Whether the latest membership is agreed on, and not in between two. */
  readonly isSettled: boolean;
};

/** What a leader knows of another member. `match` is how much of the order it has for certain. */
export type Follower = { readonly node: NodeId; readonly match: number; readonly isActive: boolean };

/** A protocol that a node can run. */
export type Runnable<S extends Signature> = {
  readonly name: string;
  readonly protocol: TotalOrderProtocol<S>;
  config(setup: ProtocolSetup): S["config"];
  timers(setup: ProtocolSetup): TimerLengths<S["timer"]>;
  readonly layout: Layout<S["durable"]>;
  /** What came from a peer as a message, or null if it is none. Numbers that don't fit are the protocol's to refuse. */
  readMessage(value: Plain): S["message"] | null;
  view(config: S["config"], state: State<S>): ProtocolView;
  /** What a leader knows of the others, or null if this node does not lead. */
  followers(state: State<S>): readonly Follower[] | null;
  /** The commands of the log, whether they are committed or not. */
  logged(durable: S["durable"]): readonly Plain[];
  /** The durable state of a node whose cluster begins with `chunks`, the snapshot of a state machine, after `term`. */
  restored(chunks: readonly Plain[], term: number): S["durable"];
  /** Null if the protocol can't hand leadership over. */
  readonly transferLeadership: ((to: NodeId) => RequestBeyond<S>) | null;
  /** Null if the protocol has the same members for ever. */
  readonly changeMembership: ((voters: readonly NodeId[], learners: readonly NodeId[]) => RequestBeyond<S>) | null;
};

/** Some runnable protocol, for whoever can do with any. */
export type AnyRunnable = <R>(use: <S extends Signature>(runnable: Runnable<S>) => R) => R;
