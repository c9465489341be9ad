/** What the frames between members hold. */

import { nodeId } from "@quorate/core";
import type { NodeId, Plain } from "@quorate/core";
import { z } from "zod";
import { decode } from "../codec.ts";
import { FrameError } from "./frames.ts";

/** Changes with what members say to each other. */
export const WIRE_VERSION = 1;

/** What the one that connects says first. `from` and `to` are null where it does not belong to the cluster yet. */
export type Hello = {
  readonly protocol: "quorate";
  readonly version: number;
  readonly clusterId: string | null;
  readonly from: NodeId | null;
  readonly to: NodeId | null;
};

const name = z
  .string()
  .max(64)
  .transform((text): NodeId => nodeId(text));
const plain = z.custom<Plain>((value) => value !== undefined);
const hello: z.ZodType<Hello> = z.strictObject({
  protocol: z.literal("quorate"),
  version: z.number(),
  clusterId: z.string().max(64).nullable(),
  from: name.nullable(),
  to: name.nullable(),
});

/** A question, and what comes back for it, under a number that the asker has chosen. */
export type Numbered = { readonly number: number; readonly body: Plain };
const numbered: z.ZodType<Numbered> = z.strictObject({ number: z.number(), body: plain });

/** @throws FrameError if a body is not what the frame's type promises */
export function readHello(body: Buffer): Hello {
  return read(hello, body);
}

export function readNumbered(body: Buffer): Numbered {
  return read(numbered, body);
}

export function readText(body: Buffer): string {
  return read(z.string().max(4096), body);
}

export function readPlain(body: Buffer): Plain {
  return read(plain, body);
}

function read<T>(schema: z.ZodType<T>, body: Buffer): T {
  let value: Plain;
  try {
    value = decode(body);
  } catch (error) {
    throw new FrameError(`A frame came that can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = schema.safeParse(value);
  if (!result.success)
    throw new FrameError(`A frame came that does not fit its type: ${z.prettifyError(result.error)}`);
  return result.data;
}
