/** Checks of plain data that comes from anywhere: what a command or a part of a snapshot has to look like. */

import { isRecord } from "@quorate/core";
import type { Plain } from "@quorate/core";

/** Whether a value, or the absence of one, is as it should be. */
export type Check = (value: Plain | undefined) => boolean;

export const isBoolean: Check = (value) => typeof value === "boolean";

export const isString: Check = (value) => typeof value === "string";

/** Each code unit is a byte. */
export const isBytes: Check = (value) => typeof value === "string" && !/[^\0-\xff]/.test(value);

/** An integer that is not negative. */
export const isCount: Check = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** An integer above zero. */
export const isPositive: Check = (value) => isCount(value) && value !== 0;

const LEASE_ID_MAX = String(2n ** 63n - 1n);

/** A lease's id or `"0"`: decimal digits without leading zeros, below 2^63. */
export const isLeaseId: Check = (value) => {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,18})$/.test(value)) return false;
  return value.length < LEASE_ID_MAX.length || value <= LEASE_ID_MAX;
};

export const isGrantedLeaseId: Check = (value) => isLeaseId(value) && value !== "0";

export const MEMBER_ID: RegExp = /^[0-9a-f]{16}$/;

export const isMemberId: Check = (value) => typeof value === "string" && MEMBER_ID.test(value);

export function isOneOf(...options: readonly Plain[]): Check {
  return (value) => value !== undefined && options.includes(value);
}

export function isListOf(isItem: Check): Check {
  return (value) => isList(value) && value.every(isItem);
}

export function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Whether a value is a record that has these fields. Others do no harm. */
export function hasFields(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value) => value !== undefined && isRecord(value) && checks.every(([name, check]) => check(value[name]));
}
