/** A spec's manifest: the settings worth running, and what they must find. It is the `manifest.json` beside `spec.ts`. */

import { z } from "zod";
import type { ParameterValues } from "./spec.ts";

/**
 * What a run must come to. Counts that are absent are not held to anything; a model of the gate that is expected to hold
 * gives all three.
 */
export interface Expectation {
  readonly verdict: "holds" | "violated";
  /** The property that must break, where the verdict is that one does. */
  readonly property?: string | undefined;
  readonly distinct?: number | undefined;
  readonly generated?: number | undefined;
  readonly depth?: number | undefined;
}

/** One setting of a spec's parameters. */
interface ModelSetting {
  readonly about: string;
  readonly parameters: ParameterValues;
  /** Whether `check` without arguments runs it. */
  readonly gate: boolean;
  readonly expect?: Expectation | undefined;
}

export interface Manifest {
  /** Where the model comes from. */
  readonly source: string;
  /** By name, in the order in which they run. */
  readonly models: { readonly [name: string]: ModelSetting };
}

const count: z.ZodType<number> = z.int().positive();

const expectation: z.ZodType<Expectation> = z
  .strictObject({
    verdict: z.enum(["holds", "violated"]),
    property: z.string().optional(),
    distinct: count.optional(),
    generated: count.optional(),
    depth: count.optional(),
  })
  .refine(({ verdict, property }) => (verdict === "violated") === (property !== undefined), {
    error: "`property` goes with the verdict `violated`, and only with it",
  });

const GATE_NEEDS =
  "a model of the gate must say this, or the gate would hold it to nothing; until it is known, let `gate` be false";

/** What a model of the gate should expect and does not. That a property breaks is enough; that all hold is not. */
function missingOf(expect: Expectation | undefined): readonly (keyof Expectation)[] {
  if (expect === undefined) return ["verdict"];
  if (expect.verdict === "violated") return [];
  return (["distinct", "generated", "depth"] as const).filter((count) => expect[count] === undefined);
}

const manifest: z.ZodType<Manifest> = z.strictObject({
  source: z.string(),
  models: z.record(
    z.string().regex(/^[a-z0-9-]+$/, "a model's name is made of small letters, digits and hyphens"),
    z
      .strictObject({
        about: z.string(),
        parameters: z.record(z.string(), z.union([z.int(), z.string(), z.boolean()])),
        gate: z.boolean(),
        expect: expectation.optional(),
      })
      .superRefine(({ gate, expect }, context) => {
        if (!gate) return;
        for (const field of missingOf(expect)) {
          context.addIssue({ code: "custom", path: ["expect", field], message: GATE_NEEDS });
        }
      }),
  ),
});

/**
 * Reads a manifest.
 *
 * @param text the file's content
 * @throws SyntaxError if it is no JSON or names something twice, z.ZodError if it is no manifest
 */
export function parseManifest(text: string): Manifest {
  const content: unknown = JSON.parse(text);
  const twice = fieldNamedTwice(text);
  if (twice !== null) throw new SyntaxError(`${twice} stands there twice in one record, and only the last would count`);
  return manifest.parse(content);
}

/** A bracket of a JSON text, or a string, with the colon behind it where it names a field. */
const TOKEN = /([[\]{}])|("(?:[^"\\]|\\.)*")(\s*:)?/g;

/** The first field that a record of a valid JSON text has twice, as it is written; null if there is none. */
function fieldNamedTwice(text: string): string | null {
  /** By depth, the fields so far of the record that is open there. */
  const open: Set<string>[] = [];
  for (const [, bracket, string = "", colon] of text.matchAll(TOKEN)) {
    if (bracket === "{" || bracket === "[") open.push(new Set());
    if (bracket === "}" || bracket === "]") open.pop();
    if (colon === undefined) continue;
    const fields = open.at(-1);
    if (fields?.has(string) === true) return string;
    fields?.add(string);
  }
  return null;
}
