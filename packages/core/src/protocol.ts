/**
 * What a protocol is: a pure function from a state and an input to a state and effects.
 *
 * The checker calls `step` in every order that a fault model allows; the node calls it in one order. Both obey the same
 * four rules, which is all that a protocol may rely on:
 *
 * 1. A restart sees the `durable` part of the state alone, as it was when the disk last caught up.
 * 2. A `send` marked `after: "durable"` leaves only once the durable state it was computed from is on disk, and so does
 *    every output. A `send` marked `after: "now"` may leave before.
 * 3. A timer that was set fires at some time after, once, unless it is cleared, set anew, or the node restarts.
 * 4. When a durable state that a step returned has reached the disk, and what waited for it has left, the protocol is told
 *    by the input `persisted`, unless the node restarts first, or the disk takes a later state along with it.
 */

import type { Plain } from "./plain.ts";

/** The name of a node, unique in its cluster. Names are compared by their UTF-16 code units. */
export type NodeId = string & { readonly brand: "NodeId" };

/** Reads `name` as a node's name. */
export function nodeId(name: string): NodeId {
  return name as NodeId;
}

/**
 * The types that make up one protocol, gathered under one name so that everything about a protocol has a single type
 * parameter. `timer` is the union of the names of its timers, `request` what clients and operators ask of a node, and
 * `output` what a node tells the world outside the protocol: decisions, deliveries, replies.
 */
export interface Signature {
  readonly config: unknown;
  readonly durable: Plain;
  readonly volatile: Plain;
  readonly message: Plain & { readonly type: string };
  readonly timer: string;
  readonly request: Plain & { readonly type: string };
  readonly output: Plain & { readonly type: string };
}

/** A node's whole state. A restart keeps `durable` and loses `volatile`. */
export type State<S extends Signature> = {
  readonly durable: S["durable"];
  readonly volatile: S["volatile"];
};

/** A message arrives. The sender's name is the transport's word, not the message's. */
export type Receive<S extends Signature> = {
  readonly type: "receive";
  readonly from: NodeId;
  readonly message: S["message"];
};

/** A timer that was set, and not cleared since, fires. */
export type Timeout<S extends Signature> = { readonly type: "timeout"; readonly timer: S["timer"] };

/** A client or an operator asks something of this node. */
export type Request<S extends Signature> = { readonly type: "request"; readonly request: S["request"] };

/**
 * The disk now holds `durable`, which the start or an earlier step of this life returned, though not always the latest one
 * did. A protocol that counts on its own disk as it counts on its peers', such as a leader that counts itself towards a
 * quorum, does so here; one that leaves the disk to `after: "durable"` returns the state as it is.
 *
 * What the surroundings promise:
 * - It is due wherever `durable` is another reference than it was before: than in the state that the step was given, or
 *   than what the start was given. What the start was given is on disk already, and nobody says so again.
 * - Where writing is part of the step, it comes right after the step, before anything else happens to the node. What is
 *   returned then is a step like any other, and may be followed by a `persisted` of its own.
 * - Where the disk lags behind memory, it comes at some time after, and other inputs may come before. One comes after the
 *   other in the order of the steps, and one may stand for those before it as well: several steps can share one flush, after
 *   which only the last one's durable state is reported.
 * - All sends and outputs that waited for `durable` have left before, and so have those of every earlier step. Nothing else
 *   happens to the node in between: no answer to them arrives first.
 * - After a crash none comes for what the life before returned, even if it did reach the disk: the start sees what did.
 *
 * `durable` is equal to what was returned, but need not be the same reference: tell states apart by what they hold.
 */
export type Persisted<S extends Signature> = { readonly type: "persisted"; readonly durable: S["durable"] };

/** Everything that can happen to a running node. */
export type Input<S extends Signature> = Receive<S> | Timeout<S> | Request<S> | Persisted<S>;

/** Send `message` to the node `to`, at once or when the state it was computed from is durable. */
export type Send<S extends Signature> = {
  readonly type: "send";
  readonly to: NodeId;
  readonly message: S["message"];
  readonly after: "now" | "durable";
};

/** Start `timer`, or start it again from the beginning if it runs. Its length is the shell's business. */
export type SetTimer<S extends Signature> = { readonly type: "setTimer"; readonly timer: S["timer"] };

/** Stop `timer` if it runs. */
export type ClearTimer<S extends Signature> = { readonly type: "clearTimer"; readonly timer: S["timer"] };

/** Tell the world outside something; always after the state it was computed from is durable. */
export type Output<S extends Signature> = { readonly type: "output"; readonly output: S["output"] };

/** Everything that a step can ask of its surroundings. */
export type Effect<S extends Signature> = Send<S> | SetTimer<S> | ClearTimer<S> | Output<S>;

/**
 * What a step computes. A step that changes nothing returns the very state it was given, and no effects; one that changes
 * nothing durable returns the very `durable`, so that nothing is written.
 */
export type Step<S extends Signature> = {
  readonly state: State<S>;
  readonly effects: readonly Effect<S>[];
};

/**
 * A protocol. All three functions are deterministic and total, and leave their arguments as they were.
 *
 * They throw for one reason only: an invariant of the node's own state does not hold, which no input can bring about
 * while the code is right. Whatever arrives from outside, however wrong, is refused by a rule of the protocol.
 */
export interface Protocol<S extends Signature> {
  readonly name: string;
  /** What is on the disk of a node that has never run. */
  initial(config: S["config"]): S["durable"];
  /** What a node does first when it starts, for the first time or again, with what its disk holds. */
  start(config: S["config"], durable: S["durable"]): Step<S>;
  /** What a running node does with one input. */
  step(config: S["config"], state: State<S>, input: Input<S>): Step<S>;
}
