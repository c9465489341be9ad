/**
 * What a spec claims, in three kinds. Names are the claims' names in the papers.
 *
 * - `always`: holds in every reachable state (an invariant).
 * - `step`: holds of every transition, between the state before and the state after it.
 * - `sometimes`: holds in some reachable state, so that a model is known to reach what it is about.
 */
export interface Properties<View> {
  readonly always?: { readonly [name: string]: (state: View) => boolean };
  readonly step?: { readonly [name: string]: (before: View, after: View) => boolean };
  readonly sometimes?: { readonly [name: string]: (state: View) => boolean };
}

export type PropertyKind = "always" | "step" | "sometimes" | "deadlock";
