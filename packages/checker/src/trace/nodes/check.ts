/** `check trace`, without its words: the traces of nodes against a protocol and its properties. */

import type { NodeId, Signature } from "@quorate/core";
import type { NodeView } from "../../cluster/cluster.ts";
import { EvaluationError } from "../../values/purity.ts";
import { Deviation } from "./deviation.ts";
import type { Place } from "./deviation.ts";
import type { NodeFiles } from "./files.ts";
import { Merge } from "./merge.ts";
import type { MergeNotes } from "./merge.ts";
import type { NodeNotes } from "./node-run.ts";
import type { Monitor, TracedEvent, TraceSpec } from "./trace-spec.ts";

export type TraceProgress = { readonly steps: number; readonly messages: number; readonly seconds: number };

export type TraceResult = {
  /** Incomplete: nothing is wrong, but messages came from nodes whose traces were not given. */
  readonly verdict: "holds" | "violated" | "incomplete" | "interrupted";
  readonly deviation: Deviation | null;
  /** The properties that were held against the run, by name. */
  readonly properties: readonly string[];
  /** Those that could not be, since the traces do not tell all that happened. */
  readonly skipped: readonly string[];
  readonly nodes: readonly ({ readonly node: NodeId } & NodeNotes)[];
  readonly notes: MergeNotes;
  readonly seconds: number;
};

/**
 * Holds the traces against what they should be, until the first thing that is wrong.
 *
 * @throws TraceError if one can't be read, EvaluationError if the protocol or a property throws
 */
export async function checkTraces(
  files: readonly NodeFiles[],
  spec: TraceSpec,
  onProgress: (progress: TraceProgress) => void,
  signal: AbortSignal,
): Promise<TraceResult> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const merge = new Merge(files, spec.protocol);
  const watch = new Watch(spec, () => merge.isComplete);
  let deviation: Deviation | null = null;
  let hasMore = true;
  try {
    while (hasMore && !signal.aborted) {
      hasMore = merge.advance((event, place) => {
        watch.see(event, place);
      });
      const steps = merge.nodes.reduce((sum, { notes }) => sum + notes.steps, 0);
      onProgress({ steps, messages: merge.notes.messages, seconds: seconds() });
      // Ctrl-C is heard of between two turns.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    if (!(error instanceof Deviation)) throw error;
    deviation = error;
  }
  const hasUnknown = merge.notes.fromUnknown > 0;
  const sound = hasMore ? "interrupted" : hasUnknown ? "incomplete" : "holds";
  return {
    verdict: deviation === null ? sound : "violated",
    deviation,
    properties: watch.held,
    skipped: watch.skipped,
    nodes: merge.nodes.map(({ node, notes }) => ({ node, ...notes })),
    notes: merge.notes,
    seconds: seconds(),
  };
}

/** Who holds the properties against each event. */
class Watch {
  readonly #nodeSteps: TraceSpec["nodeSteps"];
  readonly #monitors: ReturnType<TraceSpec["monitors"]>;
  /** Those that ask for complete traces. */
  readonly #complete: ReturnType<TraceSpec["complete"]>;
  readonly #isComplete: () => boolean;
  readonly #views = new Map<NodeId, NodeView<Signature>>();

  constructor(spec: TraceSpec, isComplete: () => boolean) {
    this.#nodeSteps = spec.nodeSteps;
    this.#monitors = spec.monitors();
    this.#complete = spec.complete();
    this.#isComplete = isComplete;
  }

  get held(): readonly string[] {
    const complete = this.#isComplete() ? this.#complete : {};
    return Object.keys({ ...this.#nodeSteps, ...this.#monitors, ...complete });
  }

  get skipped(): readonly string[] {
    return this.#isComplete() ? [] : Object.keys(this.#complete);
  }

  see(event: TracedEvent<Signature>, place: Place): void {
    const { node, before, after } = event;
    this.#views.set(node, after);
    for (const [name, holds] of Object.entries(this.#nodeSteps)) {
      if (before === null || evaluate(name, () => holds(before, after))) continue;
      throw new Deviation("property", name, place, `${name} does not hold between the node's states before and after`);
    }
    this.#ask(this.#monitors, event, place);
    if (this.#isComplete()) this.#ask(this.#complete, event, place);
  }

  #ask(monitors: { readonly [name: string]: Monitor<Signature> }, event: TracedEvent<Signature>, place: Place): void {
    for (const [name, monitor] of Object.entries(monitors)) {
      const fault = evaluate(name, () => monitor(event, this.#views));
      if (fault !== null) throw new Deviation("property", name, place, `${name} does not hold: ${fault}`);
    }
  }
}

function evaluate<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new EvaluationError(`property ${name}`, error, "");
  }
}
