/**
 * 64-bit integers as protobufjs has them: two halves of 32 bits.
 *
 * Revisions, versions and counts become numbers, since they stay below 2^53. Ids use all 64 bits and become strings.
 */

import type { LeaseId, MemberId } from "../store/types.ts";

/** Both halves may be signed or not. */
export type Int64 = { readonly low: number; readonly high: number; readonly unsigned: boolean };

const HALF = 2 ** 32;

/**
 * As a number. What no revision can reach is cut to the nearest safe integer: it is a future revision, or a negative one,
 * either way.
 */
export function numberOf({ low, high, unsigned }: Int64): number {
  const value = (unsigned ? high >>> 0 : high | 0) * HALF + (low >>> 0);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

/** A lease's id, in decimal digits. */
export function leaseIdOf({ low, high }: Int64): LeaseId {
  if (high === 0) return String(low >>> 0);
  return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0)));
}

const NO_LEASE: Int64 = { low: 0, high: 0, unsigned: false };

export function leaseIdToInt64(id: LeaseId): Int64 {
  if (id === "0") return NO_LEASE;
  const value = BigInt(id);
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

/** An id in 16 hexadecimal digits. */
export function hexIdOf({ low, high }: Int64): MemberId {
  return hexHalf(high) + hexHalf(low);
}

function hexHalf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, "0");
}

export function hexIdToInt64(id: string): Int64 {
  return { low: Number.parseInt(id.slice(-8), 16) | 0, high: Number.parseInt(id.slice(0, -8), 16) | 0, unsigned: true };
}
