import { hash } from "node:crypto";

/**
 * A strong 64-bit hash of content, as two lanes of 32 bits. A state's fingerprint is the sum, lane by lane and modulo
 * 2^32, of the hashes of its parts, so that a successor's costs a few additions and depends on content alone.
 */
export interface Fingerprint {
  readonly lo: number;
  readonly hi: number;
}

/**
 * The hash of one part of a state.
 *
 * @param place where in the state the part stands: equal content in two places has unrelated hashes
 * @param encoding the part's canonical encoding
 */
export function fingerprintOf(place: string, encoding: string): Fingerprint {
  const digest = hash("sha256", `${place}\u0000${encoding}`, "buffer");
  return { lo: digest.readInt32LE(0), hi: digest.readInt32LE(4) };
}
