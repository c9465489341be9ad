import type { NodeId } from "@quorate/core";

/** Where in the traces something stands. `step` is null before the life's start. */
export type Place = {
  readonly node: NodeId;
  readonly file: string;
  readonly line: number;
  readonly life: number;
  readonly step: number | null;
};

/**
 * What a deviation is of.
 *
 * - code: the protocol, given the same, does something else
 * - shell: what was done with an effect, a timer or a durable state, or was given to the protocol, is against the contract
 * - network: a message that arrived was not sent, or not before
 * - property: the nodes do what the protocol says, and still break what it promises
 */
export type DeviationKind = "code" | "shell" | "network" | "property";

/** The traces are of no run that could be. */
export class Deviation extends Error {
  override readonly name = "Deviation";
  readonly kind: DeviationKind;
  /** In one word, what rule is broken: for a property, its name. */
  readonly rule: string;
  readonly place: Place;
  readonly reason: string;

  constructor(kind: DeviationKind, rule: string, place: Place, reason: string) {
    super(`${placeText(place)}: ${reason}`);
    this.kind = kind;
    this.rule = rule;
    this.place = place;
    this.reason = reason;
  }
}

/** A trace that can't be read. */
export class TraceError extends Error {
  override readonly name = "TraceError";
}

export function placeText({ node, file, line, life, step }: Place): string {
  const where = `node ${node}, ${file} line ${line}, ${life === 1 ? "" : `life ${life}, `}`;
  return `${where}${step === null || step === 0 ? "the start" : `step ${step}`}`;
}
