/**
 * A spec: a bounded state space that depends on named parameters. It is the default export of a `spec.ts`; the settings
 * worth running, with what they must find, stand in the `manifest.json` beside it.
 */

import type { Cluster } from "./cluster/cluster.ts";
import type { Model } from "./model/model.ts";

/** A parameter that is an integer from `min` to `max`. */
export interface IntegerParameter {
  readonly kind: "integer";
  readonly about: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** A parameter that is one of a few words. */
export interface ChoiceParameter<C extends string = string> {
  readonly kind: "choice";
  readonly about: string;
  readonly choices: readonly C[];
  readonly default: C;
}

/** A parameter that is true or false. */
export interface FlagParameter {
  readonly kind: "flag";
  readonly about: string;
  readonly default: boolean;
}

export type Parameter = IntegerParameter | ChoiceParameter | FlagParameter;
export type Parameters = { readonly [name: string]: Parameter };
export type ParameterValue = number | string | boolean;
export type ParameterValues = { readonly [name: string]: ParameterValue };

/** What `build` gets: one value for each parameter. */
export type ValuesOf<P extends Parameters> = {
  readonly [N in keyof P]: P[N] extends IntegerParameter
    ? number
    : P[N] extends ChoiceParameter<infer C>
      ? C
      : P[N] extends FlagParameter
        ? boolean
        : never;
};

/** An integer parameter; `range` gives its bounds, both included, and its default. */
export function integer(
  about: string,
  range: { readonly min: number; readonly max: number; readonly default: number },
): IntegerParameter {
  return { kind: "integer", about, ...range };
}

/** A parameter that is one of `choices`, the first unless set. */
export function choice<const C extends string>(about: string, choices: readonly [C, ...C[]]): ChoiceParameter<C> {
  return { kind: "choice", about, choices, default: choices[0] };
}

/** A parameter that is false unless set, or `initially`. */
export function flag(about: string, initially = false): FlagParameter {
  return { kind: "flag", about, default: initially };
}

export interface Spec {
  readonly kind: "spec";
  /** What is checked, in a sentence or two. */
  readonly about: string;
  readonly parameters: Parameters;
  /** The state space for one choice of the parameters. */
  build(values: ParameterValues): Cluster | Model;
}

/** Defines a spec. */
export function spec<P extends Parameters = { readonly [name: string]: never }>(definition: {
  readonly about: string;
  readonly parameters?: P;
  readonly build: (values: ValuesOf<P>) => Cluster | Model;
}): Spec {
  return {
    kind: "spec",
    about: definition.about,
    parameters: definition.parameters ?? {},
    build: (values) => definition.build(values as ValuesOf<P>),
  };
}
