/**
 * A snapshot of the store as a file: what `etcdctl snapshot save` and `quorate snapshot save` receive, and what a new cluster
 * can be made of.
 *
 *     "quorate-snapshot/1\n"
 *     frame of the header, then one frame for each chunk:   length (u32), CRC-32 of the body (u32), body
 *     zeros, up to a multiple of 512 bytes
 *     SHA-256 of all the above
 *
 * The zeros are there for `etcdctl`, which takes a file for whole by its length alone.
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Plain } from "@quorate/core";
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { revisionOf, storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";

const MAGIC = Buffer.from("quorate-snapshot/1\n");
const FRAME_BYTES = 8;
const HASH_BYTES = 32;
const BLOCK_BYTES = 512;

/** What a snapshot says of itself: of which cluster it is, and up to where. */
export type SnapshotHeader = {
  readonly clusterId: string;
  readonly index: number;
  readonly revision: number;
  readonly chunks: number;
};

const headerSchema: z.ZodType<SnapshotHeader> = z.strictObject({
  clusterId: z.string(),
  index: z.number().int().nonnegative(),
  revision: z.number().int().positive(),
  chunks: z.number().int().positive(),
});

/** A file that is no snapshot, or no whole one. */
export class SnapshotFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SnapshotFileError";
  }
}

/** The lengths of chunks that were encoded before: most are those of an earlier snapshot. */
const lengths = new WeakMap<object, number>();

function lengthOf(chunk: Plain): number {
  if (chunk === null || typeof chunk !== "object") return encode(chunk).length;
  const known = lengths.get(chunk);
  if (known !== undefined) return known;
  const { length } = encode(chunk);
  lengths.set(chunk, length);
  return length;
}

/** `store` as a file, in pieces, made as they are asked for. `size` is the number of bytes of all of them. */
export function snapshotFile(
  store: StoreState,
  of: { readonly clusterId: string; readonly index: number },
): { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } {
  const chunks = storeMachine.toChunks(store);
  const header = { ...of, revision: revisionOf(store), chunks: chunks.length };
  const bodies: readonly Plain[] = [header, ...chunks];
  const framed = bodies.reduce<number>((sum, body) => sum + FRAME_BYTES + lengthOf(body), MAGIC.length);
  const padding = (BLOCK_BYTES - (framed % BLOCK_BYTES)) % BLOCK_BYTES;
  return { size: framed + padding + HASH_BYTES, chunks: pieces(bodies, padding) };
}

async function* pieces(bodies: readonly Plain[], padding: number): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  hash.update(MAGIC);
  yield MAGIC;
  for (const body of bodies) {
    const piece = frame(body);
    hash.update(piece);
    yield piece;
    // Encoding a large store must not keep the member from its heartbeats.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const zeros = Buffer.alloc(padding);
  hash.update(zeros);
  yield zeros;
  yield hash.digest();
}

function frame(value: Plain): Buffer {
  const body = encode(value);
  const head = Buffer.alloc(FRAME_BYTES);
  head.writeUInt32BE(body.length, 0);
  head.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

/**
 * What a snapshot file holds.
 *
 * @throws SnapshotFileError if `file` is none, or was changed or cut short
 */
export function readSnapshotFile(file: Buffer): { readonly header: SnapshotHeader; readonly store: StoreState } {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new SnapshotFileError("It does not begin as a snapshot of quorate's does. Those of etcd can't be read.");
  }
  const end = file.length - HASH_BYTES;
  const hash = createHash("sha256")
    .update(file.subarray(0, Math.max(0, end)))
    .digest();
  if (end < MAGIC.length || !hash.equals(file.subarray(end))) {
    throw new SnapshotFileError(
      "Its SHA-256 does not match: it was changed, or is not whole. Save the snapshot again.",
    );
  }
  const bodies = readFrames(file, end);
  const header = headerSchema.safeParse(bodies[0]);
  if (!header.success || header.data.chunks !== bodies.length - 1) {
    throw new SnapshotFileError("Its header does not fit what follows. It is of another version, or was made by hand.");
  }
  return { header: header.data, store: storeMachine.fromChunks(bodies.slice(1)) };
}

/** No frame is empty, so none begins with as many zeros as a length has. */
function isPadding(rest: Buffer): boolean {
  return rest.length < BLOCK_BYTES && rest.every((byte) => byte === 0);
}

function readFrames(file: Buffer, end: number): readonly Plain[] {
  const bodies: Plain[] = [];
  let at = MAGIC.length;
  while (at < end && !isPadding(file.subarray(at, end))) {
    const length = at + FRAME_BYTES <= end ? file.readUInt32BE(at) : Infinity;
    if (at + FRAME_BYTES + length > end) throw new SnapshotFileError(`The frame at byte ${at} reaches beyond the end.`);
    const body = file.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length);
    if (crc32(body) !== file.readUInt32BE(at + 4)) throw new SnapshotFileError(`The frame at byte ${at} is damaged.`);
    bodies.push(decode(body));
    at += FRAME_BYTES + length;
  }
  return bodies;
}
