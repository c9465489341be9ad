/**
 * Total order broadcast as a client sees it: every node delivers the same commands in the same order.
 *
 * Fixed leader, Multi-Paxos, Raft, Viewstamped Replication and Zab all have this face, and more behind it that is their
 * own. Whatever speaks of the face alone serves them all: properties, the replicated state machine, the node. The words
 * are those of Hadzilacos and Toueg, "A Modular Approach to Fault-Tolerant Broadcasts" (1994); reads and compaction are
 * what every implementation adds.
 */

import type { Plain } from "../plain.ts";
import type { Input, NodeId, Protocol, Signature, State, Step } from "../protocol.ts";

/** Deliver `commands` at every node, one after the other and in this order. They are taken all or refused all. */
export type Broadcast = { readonly type: "broadcast"; readonly commands: readonly Plain[] };

/**
 * Say when this node knows all that was delivered anywhere before it was asked. `id` is the client's own, comes back in the
 * answer, and must never have been used before: the answer to an earlier read of that id may still be on its way, and
 * knows nothing of what was delivered since. A read that is lost is not answered; the client asks anew.
 */
export type Read = { readonly type: "read"; readonly id: Plain };

/**
 * Keep `chunks` in place of everything delivered up to and with `index`, which this node has delivered. They hold what the
 * commands amounted to, in one piece or more, of which each fits a message. The protocol never looks inside.
 */
export type Compact = { readonly type: "compact"; readonly index: number; readonly chunks: readonly Plain[] };

export type TotalOrderRequest = Broadcast | Read | Compact;

/**
 * The next command in the order. Indexes ascend strictly within a life of a node, and are the same at every node; those
 * between belong to the protocol. A life begins again after the last snapshot.
 */
export type Deliver = { readonly type: "deliver"; readonly index: number; readonly command: Plain };

/** A snapshot, made at some node by `compact`, stands for all that would have been delivered up to and with `index`. */
export type Restore = { readonly type: "restore"; readonly index: number; readonly chunks: readonly Plain[] };

/**
 * The read `id` may be answered now, at this node, from all that it has delivered. That includes whatever was delivered
 * anywhere before the read was asked, and all of it has an index of at most `index`.
 */
export type Readable = { readonly type: "readable"; readonly id: Plain; readonly index: number };

/**
 * What was asked will not be done, for the reason given. `leader` is the node to ask instead, if this one knows it.
 * A broadcast that was refused is delivered nowhere; one that was not may be lost all the same.
 */
export type Refused<R extends Tagged = Tagged> = {
  readonly type: "refused";
  readonly request: R;
  readonly reason: string;
  readonly leader: NodeId | null;
};

export type TotalOrderOutput = Deliver | Restore | Readable | Refused;

/** What requests and outputs have in common. */
export type Tagged = Plain & { readonly type: string };

/** The types of a total order broadcast protocol, with the requests and outputs that it has beyond the common ones. */
export interface TotalOrder<MoreRequests extends Tagged = never, MoreOutputs extends Tagged = never> extends Signature {
  readonly request: TotalOrderRequest | MoreRequests;
  readonly output: TotalOrderOutput | MoreOutputs;
}

/** The requests of S that are its own. */
export type RequestBeyond<S extends Signature> = Exclude<S["request"], { readonly type: TotalOrderRequest["type"] }>;

/** The outputs of S that are its own. */
export type OutputBeyond<S extends Signature> = Exclude<S["output"], { readonly type: TotalOrderOutput["type"] }>;

/** S seen by those who know that it is a total order broadcast protocol, and nothing else of it. */
export interface TotalOrderView<S extends Signature> extends Signature {
  readonly config: S["config"];
  readonly durable: S["durable"];
  readonly volatile: S["volatile"];
  readonly message: S["message"];
  readonly timer: S["timer"];
  readonly request: TotalOrderRequest | S["request"];
  readonly output: TotalOrderOutput | OutputBeyond<S>;
}

/**
 * A protocol with the common face: it takes every `TotalOrderRequest`, and those of its outputs that have the type of a
 * `TotalOrderOutput` are such. Any protocol whose types say so is one as it is, and all else is a type error.
 */
export type TotalOrderProtocol<S extends Signature> = {
  readonly start: (config: S["config"], durable: S["durable"]) => Step<TotalOrderView<S>>;
  readonly step: (config: S["config"], state: State<S>, input: Input<TotalOrderView<S>>) => Step<TotalOrderView<S>>;
} & Protocol<S>;

const OUTPUT_TYPES: { readonly [T in TotalOrderOutput["type"]]: true } = {
  deliver: true,
  restore: true,
  readable: true,
  refused: true,
};

/** Whether an output is one that all total order broadcast protocols have. */
export function isTotalOrderOutput(output: Tagged): output is TotalOrderOutput {
  return Object.hasOwn(OUTPUT_TYPES, output.type);
}
