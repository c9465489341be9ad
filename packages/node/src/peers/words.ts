/** What the frames hold, and what stands before the first of them. */

import { isRecord, nodeId } from "@quorate/core";
import type { NodeId, Plain } from "@quorate/core";
import { z } from "zod";
import { CodecError, decode } from "../codec.ts";
import { FrameError, frameOf } from "./frames.ts";
import type { RefusalCode, Removal } from "./types.ts";

/** Changes with anything that members say to one another, but for the preface and `refuse`, which always stay. */
export const WIRE_VERSION = 2;

/** Each side sends it first: seven letters, so that both know what they speak with, and the version. */
const MAGIC = Buffer.from("QUORATE", "latin1");
export const PREFACE: Buffer = Buffer.concat([MAGIC, Buffer.from([WIRE_VERSION])]);

/**
 * The version that the first bytes of a connection tell, or null if there are too few to say.
 *
 * @throws FrameError if they are no preface
 */
export function versionOf(bytes: Buffer): number | null {
  const length = Math.min(bytes.length, MAGIC.length);
  if (!bytes.subarray(0, length).equals(MAGIC.subarray(0, length))) {
    throw new FrameError("the other side does not speak Quorate's peer protocol");
  }
  return bytes[MAGIC.length] ?? null;
}

/**
 * What the side that connects says first. One that is no member, or does not know of which cluster, says `stranger`: it
 * may ask, and nothing else. A member has up to two connections to each other one, see `Channel`.
 */
export type Hello =
  | {
      readonly type: "member";
      readonly clusterId: string;
      readonly from: NodeId;
      readonly to: NodeId;
      readonly channel: ChannelName;
    }
  | { readonly type: "stranger" };
export type ChannelName = "prompt" | "bulk";

export type Refusal =
  | { readonly code: Exclude<RefusalCode, "removed">; readonly reason: string }
  | { readonly code: "removed"; readonly reason: string; readonly removal: Removal };
/** A question, or what comes back for it, under a number that the asker has chosen. */
export type Numbered = { readonly number: number; readonly body: Plain };
export type Failure = { readonly number: number; readonly reason: string };

const REASON_MAX = 4096;
const reason = z.string().max(REASON_MAX);
const clusterId = z.string().max(256);
const name = z
  .string()
  .max(256)
  .transform((text): NodeId => nodeId(text));
const hello = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("member"),
    clusterId,
    from: name,
    to: name,
    channel: z.enum(["prompt", "bulk"]),
  }),
  z.strictObject({ type: z.literal("stranger") }),
]);
const refusalBody = z.discriminatedUnion("code", [
  z.strictObject({
    code: z.enum(["clusterMismatch", "wrongMember", "notMember", "versionMismatch", "notAllowed"]),
    reason,
  }),
  z.strictObject({
    code: z.literal("removed"),
    reason,
    removal: z.strictObject({ clusterId, member: name, applied: z.int().nonnegative() }),
  }),
]);
const failure = z.strictObject({ number: z.int().nonnegative(), reason });

/** All of these throw a FrameError if the body is not what the frame's type promises. */
export const readHello = (body: Buffer): Hello => read(hello, body);
export const readRefusal = (body: Buffer): Refusal => read(refusalBody, body);
export const readFailure = (body: Buffer): Failure => read(failure, body);

/** Of all that members ask one another and answer: by hand, for zod takes several times as long as decoding does. */
export function readNumbered(body: Buffer): Numbered {
  const value = readPlain(body);
  if (isRecord(value) && Object.keys(value).length === 2) {
    const { number, body: inner } = value;
    if (typeof number === "number" && number >= 0 && inner !== undefined) return { number, body: inner };
  }
  throw new FrameError("a frame does not hold what its type promises: a number, from 0 on, and a body");
}

export function readPlain(body: Buffer): Plain {
  try {
    return decode(body);
  } catch (error) {
    if (error instanceof CodecError) throw new FrameError(`a frame can't be read: ${error.message}`);
    throw error;
  }
}

function read<T>(schema: z.ZodType<T>, body: Buffer): T {
  const result = schema.safeParse(readPlain(body));
  if (result.success) return result.data;
  throw new FrameError(`a frame does not hold what its type promises: ${z.prettifyError(result.error)}`);
}

/** Long enough for every reason that is given here, and short enough for `REASON_MAX`. */
export function shortened(reason: string): string {
  return reason.length <= 1024 ? reason : `${reason.slice(0, 1023)}…`;
}

/** All that somebody who is turned away gets. */
export function refusal(refused: Refusal): Buffer {
  return Buffer.concat([PREFACE, frameOf("refuse", { ...refused, reason: shortened(refused.reason) })]);
}
