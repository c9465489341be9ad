/**
 * Consensus as the textbooks state it, over any protocol that is asked to `propose` and that `decide`s: agreement,
 * validity and integrity, and that a decision is for ever.
 */

import type { NodeEvent, Observer } from "@quorate/checker";
import type { NodeId, Plain, Signature } from "@quorate/core";

/** A protocol with the face of consensus. */
export interface ConsensusSignature extends Signature {
  readonly request: { readonly type: "propose"; readonly value: Plain };
  readonly output: { readonly type: "decide"; readonly value: Plain };
}

/** What the world outside has seen. */
export type ConsensusHistory = {
  /** The values proposed. */
  readonly proposed: readonly Plain[];
  /** By node, the value that it decided last, in this life or an earlier one. */
  readonly decided: { readonly [node: string]: Plain };
  /** The nodes that have decided in their present life. */
  readonly deciding: readonly NodeId[];
  /** The nodes that have decided twice in one life. */
  readonly repeated: readonly NodeId[];
  /** The nodes that have decided something else than they did before. */
  readonly unstable: readonly NodeId[];
  /** The nodes that have crashed. */
  readonly crashed: readonly NodeId[];
};

/** Histories of a run, under the name that the properties below look for. */
export interface WithConsensus {
  readonly history: { readonly consensus: ConsensusHistory };
}

/**
 * Watches proposals, decisions and crashes.
 *
 * @param proposed the values that were proposed before the run begins
 */
export function consensusObserver<S extends ConsensusSignature>(
  proposed: readonly Plain[] = [],
): Observer<S, ConsensusHistory> {
  return {
    initial: { proposed, decided: {}, deciding: [], repeated: [], unstable: [], crashed: [] },
    observe(history, event) {
      if (event.type === "crash") {
        const deciding = history.deciding.filter((node) => node !== event.node);
        return { ...history, deciding, crashed: including(history.crashed, event.node) };
      }
      const propose = proposedIn(event);
      const asked = propose === null ? history : { ...history, proposed: including(history.proposed, propose.value) };
      return event.effects.reduce<ConsensusHistory>((before, effect) => {
        if (effect.type !== "output") return before;
        return withDecision(before, event.node, effect.output.value);
      }, asked);
    },
  };
}

/** Invariants. */
export const consensusAlways = {
  /** No two nodes decide different values. */
  agreement: ({ history }: WithConsensus): boolean => {
    const [first, ...others] = Object.values(history.consensus.decided);
    return others.every((value) => value === first);
  },
  /** What is decided was proposed. */
  validity: ({ history }: WithConsensus): boolean =>
    Object.values(history.consensus.decided).every((value) => history.consensus.proposed.includes(value)),
  /** No node decides twice in one life. */
  integrity: ({ history }: WithConsensus): boolean => history.consensus.repeated.length === 0,
  /** Once a node has decided it never decides anything else, in this life or a later one. */
  decisionsStable: ({ history }: WithConsensus): boolean => history.consensus.unstable.length === 0,
};

function withDecision(history: ConsensusHistory, node: NodeId, value: Plain): ConsensusHistory {
  const { decided, deciding, repeated, unstable } = history;
  return {
    ...history,
    decided: { ...decided, [node]: value },
    deciding: including(deciding, node),
    repeated: deciding.includes(node) ? including(repeated, node) : repeated,
    unstable: node in decided && decided[node] !== value ? including(unstable, node) : unstable,
  };
}

function proposedIn<S extends ConsensusSignature>(event: NodeEvent<S>): S["request"] | null {
  return event.type === "input" && event.input.type === "request" ? event.input.request : null;
}

/** `items` with `item`, once, sorted: in which order they came says nothing. Values are compared by identity, as strings are. */
function including<T extends Plain>(items: readonly T[], item: T): readonly T[] {
  return items.includes(item) ? items : [...items, item].sort(byText);
}

/** An order of plain values that depends on nothing but what they are. */
export function byText(a: Plain, b: Plain): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
