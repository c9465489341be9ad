/** What `check trace` holds running nodes against: a protocol, and the properties of its runs. */

import type { Input, NodeId, Output, Protocol, Signature } from "@quorate/core";
import type { NodeView } from "../../cluster/cluster.ts";

/**
 * What happened to one node, in an order of all that happened to any that causality allows. `resume` is the beginning of a
 * trace that begins within a life.
 */
export type TracedEvent<S extends Signature> = {
  readonly type: "start" | "resume" | "step" | "flush" | "end";
  readonly node: NodeId;
  /** The node's own, as it was started. */
  readonly config: S["config"];
  /** Null unless this is a step. */
  readonly input: Input<S> | null;
  /** Null where nothing is known of it yet. */
  readonly before: NodeView<S> | null;
  readonly after: NodeView<S>;
  /** The outputs that the world outside may see from now on: the states that they were computed from are on disk. */
  readonly outputs: readonly Output<S>["output"][];
};

/** All nodes that are known so far, as they are after the event. */
export type TracedNodes<S extends Signature> = ReadonlyMap<NodeId, NodeView<S>>;

/**
 * A property of a run that is too long to be looked at again after each step: it is told of each event, keeps what it needs,
 * and says what is wrong, or null.
 */
export type Monitor<S extends Signature> = (event: TracedEvent<S>, nodes: TracedNodes<S>) => string | null;

export type TraceSpecOptions<S extends Signature> = {
  readonly protocol: Protocol<S>;
  /** What one event may do to the node that it concerns, as in `cluster`. */
  readonly nodeSteps: { readonly [name: string]: (before: NodeView<S>, after: NodeView<S>) => boolean };
  /** By name, made anew for each run. Those of `complete` are asked only where the traces tell all that happened. */
  readonly monitors: () => { readonly [name: string]: Monitor<S> };
  readonly complete: () => { readonly [name: string]: Monitor<S> };
};

/** What a `trace.ts` exports by default, with its types forgotten. */
export type TraceSpec = { readonly kind: "trace" } & TraceSpecOptions<Signature>;

/** Defines what `check trace` holds running nodes of a protocol against. The default export of a `trace.ts`. */
export function traceSpec<S extends Signature>(options: TraceSpecOptions<S>): TraceSpec {
  return { kind: "trace", ...(options as unknown as TraceSpecOptions<Signature>) };
}
