/** What a command has to look like: what stands in the order may come from another version. */

import type { Plain } from "@quorate/core";
import { z } from "zod";
import type { Compare, Member, StoreCommand, StoreOp, TxnOp } from "./types.ts";

/** One code unit a byte. */
const bytes = z.string().refine((text) => !/[\u0100-\uffff]/.test(text));
const leaseId = z.string().regex(/^(0|[1-9][0-9]{0,18})$/);
const grantedId = leaseId.refine((id) => id !== "0");
const memberId = z.string().regex(/^[0-9a-f]{16}$/);
const natural = z.number().int().nonnegative();
const keyRange = { key: bytes, rangeEnd: bytes };

const rangeOp = z.strictObject({
  type: z.literal("range"),
  ...keyRange,
  limit: natural,
  revision: natural,
  sortOrder: z.enum(["none", "ascend", "descend"]),
  sortTarget: z.enum(["key", "version", "create", "mod", "value"]),
  keysOnly: z.boolean(),
  countOnly: z.boolean(),
  minModRevision: natural,
  maxModRevision: natural,
  minCreateRevision: natural,
  maxCreateRevision: natural,
});

const putOp = z.strictObject({
  type: z.literal("put"),
  key: bytes,
  value: bytes,
  lease: leaseId,
  prevKv: z.boolean(),
  ignoreValue: z.boolean(),
  ignoreLease: z.boolean(),
});

const deleteRangeOp = z.strictObject({ type: z.literal("deleteRange"), ...keyRange, prevKv: z.boolean() });

const compared = { ...keyRange, result: z.enum(["equal", "greater", "less", "notEqual"]) };
const compare: z.ZodType<Compare> = z.discriminatedUnion("target", [
  z.strictObject({ ...compared, target: z.enum(["version", "create", "mod"]), revision: natural }),
  z.strictObject({ ...compared, target: z.literal("value"), value: bytes }),
  z.strictObject({ ...compared, target: z.literal("lease"), lease: leaseId }),
]);

const storeOp: z.ZodType<StoreOp> = z.lazy(() => z.union([putOp, rangeOp, deleteRangeOp, txnOp]));
const txnOp: z.ZodType<TxnOp> = z.strictObject({
  type: z.literal("txn"),
  compare: z.array(compare),
  success: z.array(storeOp),
  failure: z.array(storeOp),
});

export const memberSchema: z.ZodType<Member> = z.strictObject({
  id: memberId,
  name: z.string(),
  peerUrls: z.array(z.string()),
  clientUrls: z.array(z.string()),
  isLearner: z.boolean(),
});

const alarm = z.enum(["noSpace", "corrupt"]);

const others = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("compact"), revision: natural }),
  z.strictObject({ type: z.literal("leaseGrant"), id: grantedId, ttl: natural.positive() }),
  z.strictObject({ type: z.literal("leaseRevoke"), id: grantedId }),
  z.strictObject({ type: z.literal("lessor"), term: natural }),
  z.strictObject({ type: z.literal("leaseExpire"), id: grantedId, term: natural }),
  z.strictObject({ type: z.literal("membersInit"), members: z.array(memberSchema) }),
  z.strictObject({ type: z.literal("memberAdd"), member: memberSchema }),
  z.strictObject({ type: z.literal("memberRemove"), id: memberId }),
  z.strictObject({ type: z.literal("memberUpdate"), id: memberId, peerUrls: z.array(z.string()) }),
  z.strictObject({ type: z.literal("memberPromote"), id: memberId }),
  z.strictObject({
    type: z.literal("memberPublish"),
    id: memberId,
    name: z.string(),
    clientUrls: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal("alarmRaise"), member: memberId, alarm }),
  z.strictObject({ type: z.literal("alarmClear"), member: memberId, alarm }),
]);

/** Whether `value` is a command of this version's. */
export function isStoreCommand(value: Plain): value is StoreCommand {
  return schemaOf(value).safeParse(value).success;
}

function schemaOf(value: Plain): z.ZodType<StoreCommand> {
  const type = value !== null && typeof value === "object" && "type" in value ? value.type : null;
  if (type === "put") return putOp;
  if (type === "deleteRange") return deleteRangeOp;
  return type === "txn" ? txnOp : others;
}
