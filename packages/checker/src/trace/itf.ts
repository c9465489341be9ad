/**
 * The Informal Trace Format (ADR 015 of Apalache), in which Apalache, Quint and TLA+ tools exchange traces.
 *
 * What the format has no form for is written as `{"#unserializable": "..."}`, as it asks: null as the text `null`, a
 * byte string as `#` and hexadecimal digits. Plain lists become sequences, records stay records.
 */

import type { Plain } from "@quorate/core";
import { z } from "zod";
import type { Trace } from "./trace.ts";
import { isArray } from "./show.ts";

/** What a saved trace says of itself, beside the format's own fields: enough to run it again. */
export interface TraceOrigin {
  readonly spec: string;
  readonly parameters: { readonly [name: string]: number | string | boolean };
  readonly property: string;
  readonly kind: string;
  /** The mutant that the trace is of, if it is of one. */
  readonly mutant?: string;
}

const meta = z.object({
  format: z.literal("ITF"),
  description: z.string(),
  spec: z.string(),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  property: z.string(),
  kind: z.string(),
  mutant: z.string().optional(),
});

const action = z.object({ name: z.string(), details: z.record(z.string(), z.unknown()) });

const itf = z.object({
  "#meta": meta,
  vars: z.array(z.string()),
  states: z.array(z.looseObject({ "#meta": z.object({ index: z.number(), action: action.nullable() }) })).min(1),
});

/** A trace in the format, ready for `JSON.stringify`. */
export function toItf(trace: Trace, origin: TraceOrigin): unknown {
  return {
    "#meta": { format: "ITF", description: "A trace of Quorate's checker; replay it with `check replay`.", ...origin },
    vars: Object.keys(trace[0]?.state ?? {}),
    states: trace.map(({ action: taken, state }, index) => ({
      "#meta": { index, action: taken === null ? null : { name: taken.name, details: fields(taken.details, toValue) } },
      ...fields(state, toValue),
    })),
  };
}

/** Reads a trace in the format back. @throws z.ZodError if it is none that `toItf` wrote */
export function fromItf(json: unknown): { readonly origin: TraceOrigin; readonly trace: Trace } {
  const parsed = itf.parse(json);
  const { format: _format, description: _description, mutant, ...origin } = parsed["#meta"];
  const trace = parsed.states.map(({ "#meta": { action: taken }, ...state }) => ({
    action: taken === null ? null : { name: taken.name, details: fields(taken.details, fromValue) },
    state: fields(state, fromValue),
  }));
  return { origin: mutant === undefined ? origin : { ...origin, mutant }, trace };
}

function toValue(value: Plain): unknown {
  if (value === null) return { "#unserializable": "null" };
  if (value instanceof Uint8Array) return { "#unserializable": `#${Buffer.from(value).toString("hex")}` };
  if (typeof value !== "object") return value;
  return isArray(value) ? value.map(toValue) : fields(value, toValue);
}

function fromValue(value: unknown): Plain {
  if (typeof value !== "object" || value === null) return value as Plain;
  if (Array.isArray(value)) return value.map(fromValue);
  const special = (value as { readonly "#unserializable"?: unknown })["#unserializable"];
  if (special === "null") return null;
  if (typeof special === "string") return new Uint8Array(Buffer.from(special.slice(1), "hex"));
  return fields(value as { readonly [field: string]: unknown }, fromValue);
}

function fields<T, R>(
  record: { readonly [field: string]: T },
  convert: (value: T) => R,
): { readonly [field: string]: R } {
  return Object.fromEntries(Object.entries(record).map(([field, value]) => [field, convert(value)]));
}
