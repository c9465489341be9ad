/** Which plain values are commands or queries of the store. */

import { isRecord } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { hasFields, isBoolean, isBytes, isCount, isGrantedLeaseId, isLeaseId, isList, isListOf } from "./plain.ts";
import { isMemberId, isOneOf, isString, MEMBER_ID } from "./plain.ts";
import type { Check } from "./plain.ts";
import { z } from "zod";
import type { Compare, Member, RangeOp, StoreCommand, StoreOp } from "./types.ts";

/** For each field of T, which values it takes. */
type Fields<T> = { readonly [F in Exclude<keyof T, "type">]: Check };
type Case<U extends { readonly type: string }, T extends U["type"]> = Fields<Extract<U, { readonly type: T }>>;

/** How many transactions may be nested in one another, the outermost included: less than the stack takes. */
export const TXN_NESTING_MAX = 100;

const keyRange: Fields<Pick<RangeOp, "key" | "rangeEnd">> = { key: isBytes, rangeEnd: isBytes };

const rangeFields: Case<StoreOp, "range"> = {
  ...keyRange,
  limit: isCount,
  revision: isCount,
  sortOrder: isOneOf("none", "ascend", "descend"),
  sortTarget: isOneOf("key", "version", "create", "mod", "value"),
  keysOnly: isBoolean,
  countOnly: isBoolean,
  minModRevision: isCount,
  maxModRevision: isCount,
  minCreateRevision: isCount,
  maxCreateRevision: isCount,
};
const putFields: Case<StoreOp, "put"> = {
  key: isBytes,
  value: isBytes,
  lease: isLeaseId,
  prevKv: isBoolean,
  ignoreValue: isBoolean,
  ignoreLease: isBoolean,
};
const deleteRangeFields: Case<StoreOp, "deleteRange"> = { ...keyRange, prevKv: isBoolean };

const isRange = hasFields(rangeFields);
const isPut = hasFields(putFields);
const isDeleteRange = hasFields(deleteRangeFields);

const isComparison = hasFields({
  ...keyRange,
  result: isOneOf("equal", "greater", "less", "notEqual"),
} satisfies Partial<Fields<Compare>>);
const isRevisionComparison = hasFields({ target: isOneOf("version", "create", "mod"), revision: isCount });
const isValueComparison = hasFields({ target: isOneOf("value"), value: isBytes });
const isLeaseComparison = hasFields({ target: isOneOf("lease"), lease: isLeaseId });
const targets = [isRevisionComparison, isValueComparison, isLeaseComparison];
const isCompare: Check = (value) => isComparison(value) && targets.some((isTarget) => isTarget(value));

function isTxn(value: Plain, depth: number): boolean {
  if (depth > TXN_NESTING_MAX || !isRecord(value)) return false;
  const isOp: Check = (op) => op !== undefined && isStoreOp(op, depth);
  const isOps = isListOf(isOp);
  return isListOf(isCompare)(value["compare"]) && isOps(value["success"]) && isOps(value["failure"]);
}

function isStoreOp(value: Plain, depth: number): boolean {
  if (!isRecord(value)) return false;
  const { type } = value;
  if (type === "txn") return isTxn(value, depth + 1);
  return (
    (type === "put" && isPut(value)) ||
    (type === "range" && isRange(value)) ||
    (type === "deleteRange" && isDeleteRange(value))
  );
}

const isUrls = isListOf(isString);

export const memberSchema: z.ZodType<Member> = z.strictObject({
  id: z.string().regex(MEMBER_ID),
  name: z.string(),
  peerUrls: z.array(z.string()),
  clientUrls: z.array(z.string()),
  isLearner: z.boolean(),
});
const isMember: Check = (value) => memberSchema.safeParse(value).success;

/** Members whose ids differ. */
export const isMembers: Check = (value) => {
  if (!isList(value) || !value.every(isMember)) return false;
  return new Set(value.map((member) => (isRecord(member) ? member["id"] : null))).size === value.length;
};

export const isAlarmType: Check = isOneOf("noSpace", "corrupt");

const alarmFields = { member: isMemberId, alarm: isAlarmType };

/** Those commands that are no operations of a transaction. */
const checks: { readonly [T in Exclude<StoreCommand["type"], StoreOp["type"]>]: Case<StoreCommand, T> } = {
  compact: { revision: isCount },
  leaseGrant: { id: isGrantedLeaseId, ttl: isCount },
  leaseRevoke: { id: isLeaseId },
  lessor: { term: isCount },
  leaseExpire: { id: isLeaseId, term: isCount, grant: isCount },
  membersInit: { members: isMembers },
  memberAdd: { member: isMember },
  memberRemove: { id: isMemberId },
  memberUpdate: { id: isMemberId, peerUrls: isUrls },
  memberPromote: { id: isMemberId },
  memberPublish: { id: isMemberId, name: isString, clientUrls: isUrls },
  alarmRaise: alarmFields,
  alarmClear: alarmFields,
};
const others: ReadonlyMap<string, Check> = new Map(
  Object.entries(checks).map(([type, fields]) => [type, hasFields(fields)]),
);

/** A command of the store, whole and to the bottom. */
export function isCommand(value: Plain): value is StoreCommand {
  if (!isRecord(value)) return false;
  const { type } = value;
  if (typeof type !== "string" || type === "range") return false;
  return isStoreOp(value, 0) || others.get(type)?.(value) === true;
}

/** A query is a read of a range. */
export function isQuery(value: Plain): value is RangeOp {
  return isRecord(value) && value["type"] === "range" && isRange(value);
}
