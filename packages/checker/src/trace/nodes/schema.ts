/** What records have to look like: a trace may have been written by anything. */

import { nodeId } from "@quorate/core";
import { TRACE_DIGEST, TRACE_FORMAT } from "@quorate/core/trace";
import type { Json, TraceRecord } from "@quorate/core/trace";
import { z } from "zod";

/** What `JSON.parse` returned is JSON. */
const json = z.custom<Json>((value) => value !== undefined);
const natural = z.int().nonnegative();
const node = z.string().transform(nodeId);
const value = z.strictObject({ value: json }).nullable();
const changes = z.record(z.string(), z.string());

const effect = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("send"),
    to: node,
    message: z.string(),
    after: z.enum(["now", "durable"]),
    digest: z.string(),
  }),
  z.strictObject({ type: z.literal("output"), output: z.string(), digest: z.string() }),
  z.strictObject({ type: z.literal(["setTimer", "clearTimer"]), timer: z.string() }),
]);

const input = z.union([
  z.strictObject({ type: z.literal("receive"), from: node, message: json }),
  z.strictObject({ type: z.literal("timeout"), timer: z.string() }),
  z.strictObject({ type: z.literal("request"), request: json }),
  z.strictObject({ type: z.literal("persisted"), step: natural }),
  z.strictObject({ type: z.literal("persisted"), durable: json }),
]);

const effects = z.array(effect);

export const traceRecord: z.ZodType<TraceRecord> = z.union([
  z.strictObject({
    type: z.literal("step"),
    n: natural.positive(),
    input,
    effects,
    changes,
    digest: z.string(),
  }),
  z.strictObject({ type: z.literal("left"), n: natural, effect: natural }),
  z.strictObject({ type: z.literal("left"), n: natural, output: natural }),
  z.strictObject({ type: z.literal("left"), n: z.null(), what: z.string() }),
  z.strictObject({ type: z.literal("flushed"), n: natural.nullable() }),
  z.strictObject({ type: z.literal("start"), durable: value, effects, changes, digest: z.string() }),
  z.strictObject({
    type: z.literal("resume"),
    n: natural,
    state: json,
    timers: z.array(z.string()),
    durables: z.array(z.strictObject({ n: natural, durable: value })),
    flushed: natural,
    digest: z.string(),
  }),
  z.strictObject({
    type: z.literal("header"),
    format: z.literal(TRACE_FORMAT),
    digest: z.literal(TRACE_DIGEST),
    protocol: z.string(),
    cluster: z.string(),
    node,
    config: json,
    life: natural.positive(),
    part: natural.positive(),
  }),
  z.strictObject({
    type: z.literal("end"),
    reason: z.enum(["closed", "full", "failed"]),
    error: z.string().nullable(),
  }),
]);
