/** A spec's manifest: the settings worth running, and what they must find. It is the `manifest.json` beside `spec.ts`. */

import { z } from "zod";
import type { ParameterValues } from "./spec.ts";

/** What a run must come to. Counts that are absent are not held to anything. */
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

const manifest: z.ZodType<Manifest> = z.strictObject({
  source: z.string(),
  models: z.record(
    z.string().regex(/^[a-z0-9-]+$/, "a model's name is made of small letters, digits and hyphens"),
    z.strictObject({
      about: z.string(),
      parameters: z.record(z.string(), z.union([z.int(), z.string(), z.boolean()])),
      gate: z.boolean(),
      expect: expectation.optional(),
    }),
  ),
});

/**
 * Reads a manifest.
 *
 * @param text the file's content
 * @throws SyntaxError if it is no JSON, z.ZodError if it is no manifest
 */
export function parseManifest(text: string): Manifest {
  return manifest.parse(JSON.parse(text));
}
