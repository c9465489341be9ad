/**
 * Consensus as the textbooks state it, over any protocol that is asked to `propose` and that `decide`s: agreement,
 * validity and integrity, and that a decision is for ever. Values are plain data of any kind, and one value is another if
 * they hold the same.
 */

import { encode, isEqual } from "@quorate/checker";
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
    return others.every((value) => isEqual(value, first));
  },
  /** What is decided was proposed. */
  validity: ({ history }: WithConsensus): boolean =>
    Object.values(history.consensus.decided).every((value) => isAmong(history.consensus.proposed, value)),
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
    unstable: Object.hasOwn(decided, node) && !isEqual(decided[node], value) ? including(unstable, node) : unstable,
  };
}

function proposedIn<S extends ConsensusSignature>(event: NodeEvent<S>): S["request"] | null {
  return event.type === "input" && event.input.type === "request" ? event.input.request : null;
}

/** `items` with `item`, once, sorted: in which order they came says nothing. */
function including<T extends Plain>(items: readonly T[], item: T): readonly T[] {
  return isAmong(items, item) ? items : [...items, item].sort(byEncoding);
}

/** Whether one of `items` equals `item`. */
export function isAmong(items: readonly Plain[], item: Plain): boolean {
  return items.some((other) => isEqual(other, item));
}

/** An order of plain values that depends on nothing but what they hold: not on the order of their fields either. */
export function byEncoding(a: Plain, b: Plain): number {
  const [one, other] = [encode(a), encode(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}
