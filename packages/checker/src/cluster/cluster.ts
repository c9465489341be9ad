/**
 * `cluster`: protocols, a network, faults and clients, composed into one state machine.
 */

import type { Effect, NodeId, Plain, Protocol, Receive, Request, Signature, State, Timeout } from "@quorate/core";
import type { Collection } from "../collection.ts";
import type { Properties } from "../properties.ts";

/** One node: the protocol that it runs, and its configuration. */
export interface ClusterNode<S extends Signature> {
  readonly protocol: Protocol<S>;
  readonly config: S["config"];
}

/** How often something may happen in a run: `"unlimited"`, or at most so many times in the whole cluster. */
export type Budget = number | "unlimited";

/** The links between nodes. Delay without bound comes with every one of them. */
export interface Network {
  /** `"none"`: messages overtake each other. `"fifo"`: each link from one node to another keeps their order. */
  readonly order: "none" | "fifo";
  /** How often a message may be delivered and stay in flight. With `"unlimited"`, no message ever leaves the network by delivery. */
  readonly duplication: Budget;
  /** How often a message may be lost. */
  readonly loss: Budget;
}

/** What may go wrong beside the network. Everything defaults to 0. */
export interface Faults {
  /** Nodes that stop for good. */
  readonly crashStop?: Budget;
  /** Nodes that stop, lose their volatile state, and may start again from what is on disk. */
  readonly crashRecovery?: Budget;
  /** Cuts of the cluster into two sides that do not hear each other until the cut heals. */
  readonly partitions?: Budget;
}

/** A client: asks its requests in order, each at any time after the one before, each of one of the nodes in `to`. */
export interface Client<S extends Signature> {
  readonly to: readonly NodeId[];
  readonly requests: readonly S["request"][];
}

/** A message in flight. */
export interface Envelope<S extends Signature> {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: S["message"];
}

/** A running node after something happened to it: the effects that took effect, its memory, and what its disk holds. */
interface Ran<S extends Signature> {
  readonly node: NodeId;
  readonly effects: readonly Effect<S>[];
  readonly state: State<S>;
  readonly disk: S["durable"];
}

/** An input that comes from outside the node: all but `persisted`, which is part of what made the disk catch up. */
export type OutsideInput<S extends Signature> = Receive<S> | Timeout<S> | Request<S>;

/**
 * What happened to one node: its start, an input, a step that reached the disk, or the end of a life. What the node did
 * when told that its disk had caught up is part of the `persist` there was; and where persistence is synchronous, part of
 * the start or the input.
 */
export type NodeEvent<S extends Signature> =
  | ({ readonly type: "start" } & Ran<S>)
  | ({ readonly type: "persist" } & Ran<S>)
  | ({ readonly type: "input"; readonly input: OutsideInput<S> } & Ran<S>)
  | { readonly type: "crash"; readonly node: NodeId; readonly disk: S["durable"] };

/**
 * A history: a state of its own, outside the nodes, folded over what happens to them. Of an effect that waits for the
 * disk, the history hears when it is released.
 */
export interface Observer<S extends Signature, H extends Plain> {
  readonly initial: H;
  observe(history: H, event: NodeEvent<S>): H;
}

/** A node as properties see it. */
export interface NodeView<S extends Signature> {
  readonly id: NodeId;
  readonly up: boolean;
  /** The state in memory, or null while the node is down. */
  readonly state: State<S> | null;
  /** What a restart would start from. */
  readonly disk: S["durable"];
  /** The timers that run. */
  readonly timers: readonly S["timer"][];
}

/** A state of the cluster as properties see it. */
export interface ClusterState<S extends Signature, H extends { readonly [name: string]: Plain }> {
  readonly nodes: Collection<NodeView<S>>;
  /** One node by name. */
  node(id: string): NodeView<S>;
  /**
   * The messages in flight, in the order of their canonical encodings; on fifo links by sender, by receiver, each in the
   * order of `nodes`, and then as they were sent.
   */
  readonly messages: Collection<Envelope<S>>;
  /** The observers' histories, by name. */
  readonly history: H;
  /** Whether a partition holds now. */
  readonly partitioned: boolean;
}

export interface ClusterOptions<S extends Signature, H extends { readonly [name: string]: Plain }> extends Properties<
  ClusterState<S, H>
> {
  /** The nodes by name, in the order in which their steps are tried. */
  readonly nodes: { readonly [name: string]: ClusterNode<S> };
  readonly network?: Partial<Network>;
  readonly faults?: Faults;
  /**
   * How often timers fire, in the whole run: all of them together, or each by its name, where those that are not named
   * never do. A timer that runs may fire at any time. Defaults to `"unlimited"`.
   */
  readonly timeouts?: Budget | { readonly [T in S["timer"]]?: Budget };
  /**
   * `"synchronous"`: the disk has each step's durable state before anything else happens. `"asynchronous"`: it has it at
   * some time after, step by step in order, and until then gated sends and outputs wait and a crash loses it. Either way
   * the protocol is told by the input `persisted`, in the same transition in which the disk catches up.
   */
  readonly persistence?: "synchronous" | "asynchronous";
  readonly clients?: { readonly [name: string]: Client<S> };
  readonly observers?: { readonly [N in keyof H]: Observer<S, H[N]> };
  /**
   * What one transition may do to the node that it concerns: each holds between what is seen of that node before and
   * after, where that differs. Evaluated once for each difference, so they cost nothing in a large state space.
   */
  readonly nodeSteps?: {
    readonly [name: string]: (before: NodeView<S>, after: NodeView<S>) => boolean;
  };
  /**
   * States that do not satisfy it are checked, but neither counted as distinct nor explored. Without order, a message
   * that its receiver ignores stays in flight, so a constraint that counts messages counts those too.
   */
  readonly constraint?: (state: ClusterState<S, H>) => boolean;
  /** Whether a state in which nothing can happen any more is an error. It is not, unless forbidden. */
  readonly deadlock?: "forbidden" | "allowed";
}

/** A cluster with its types forgotten: what the engine and the naive explorer take. */
export interface Cluster {
  readonly kind: "cluster";
  readonly options: ClusterOptions<Signature, { readonly [name: string]: Plain }>;
}

/** A cluster of nodes, not all of which need run the same protocol. */
export function cluster<S extends Signature, H extends { readonly [name: string]: Plain }>(
  options: ClusterOptions<S, H>,
): Cluster {
  return { kind: "cluster", options: options as unknown as Cluster["options"] };
}

/** The defaults filled in: reliable links without order, no faults. */
export function networkOf(options: Cluster["options"]): Network {
  return { order: "none", duplication: 0, loss: 0, ...options.network };
}
