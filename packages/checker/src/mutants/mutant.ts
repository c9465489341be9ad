/** Mutants: small edits of shipping source that bring back a documented bug, and the property that must break. */

import type { ParameterValues } from "./../spec.ts";

export interface Mutant {
  /** The number in the bug zoo, or any other short name that is the mutant's own. */
  readonly id: string;
  /** The bug, in a sentence. */
  readonly about: string;
  /** Where the bug was seen: a paper, an issue. */
  readonly source: string;
  /** The file that is edited, relative to the file that lists the mutants. */
  readonly file: string;
  /** The text to replace, which must stand in the file exactly once, and what to put in its place. */
  readonly find: string;
  readonly replace: string;
  /** The parameters of the spec under which the bug shows; the defaults for what is not given. */
  readonly parameters: ParameterValues;
  /**
   * The property that must break; or the `sometimes` property that must not be reached any more, where the bug is that
   * something good can no longer happen. The latter takes a search to its end, so the bounds should be narrow.
   */
  readonly property: string;
  /** What others report of the same bug in a model of their own, to print beside what is found here. */
  readonly reference?: MutantReference;
  /** Of a mutant that takes out one guard of the code. There are many of those: they have a command, and no part in the gate. */
  readonly kind?: "guard";
}

/** How far another checker had to search: the states that it found, the depth it came to, and how long that took. */
export interface MutantReference {
  readonly by: string;
  readonly distinct: number;
  readonly depth: number;
  /** Null where they don't say. */
  readonly seconds: number | null;
}

/** Lists the mutants of a spec; the default export of its `mutants.ts`. */
export function mutants(list: readonly Mutant[]): readonly Mutant[] {
  return list;
}

/**
 * Mutants each of which takes out one guard: a condition under which the code goes no further. `check mutants --guards` runs
 * them. They go into the list of a spec's `mutants.ts`, from a file of their own.
 */
export function guards(list: readonly Mutant[]): readonly Mutant[] {
  return list.map((mutant) => ({ ...mutant, kind: "guard" }));
}

/** Whether a value read from a file has a mutant's fields. */
export function isMutant(value: unknown): value is Mutant {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as { readonly [field: string]: unknown };
  const texts = ["id", "about", "source", "file", "find", "replace", "property"];
  const hasReference = fields["reference"] === undefined || isReference(fields["reference"]);
  return (
    hasReference &&
    (fields["kind"] === undefined || fields["kind"] === "guard") &&
    texts.every((field) => typeof fields[field] === "string") &&
    typeof fields["parameters"] === "object"
  );
}

function isReference(value: unknown): value is MutantReference {
  if (typeof value !== "object" || value === null) return false;
  const { by, distinct, depth, seconds } = value as { readonly [field: string]: unknown };
  const numbers = seconds === null ? [distinct, depth] : [distinct, depth, seconds];
  return typeof by === "string" && numbers.every((number) => typeof number === "number");
}
