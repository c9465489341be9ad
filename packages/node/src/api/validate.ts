/**
 * What is wrong with a request by itself, before anybody is asked. Whether a transaction writes a key twice is for the
 * store to say.
 *
 * Source: etcd, `server/etcdserver/api/v3rpc/key.go`; which error comes first is as there.
 */

import type { DeleteRangeOp, PutOp, RangeOp, StoreOp, TxnOp } from "../store/types.ts";
import { REQUEST_ERRORS, fail } from "./errors.ts";

export function checkRange({ key }: RangeOp | DeleteRangeOp): void {
  if (key === "") fail(REQUEST_ERRORS.emptyKey);
}

export function checkPut({ key, value, lease, ignoreValue, ignoreLease }: PutOp): void {
  if (key === "") fail(REQUEST_ERRORS.emptyKey);
  if (ignoreValue && value !== "") fail(REQUEST_ERRORS.valueProvided);
  if (ignoreLease && lease !== "0") fail(REQUEST_ERRORS.leaseProvided);
}

/** Each branch, and each list of comparisons, may have `allowed` entries, those of transactions within it included. */
export function checkTxn({ compare, success, failure }: TxnOp, allowed: number): void {
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > allowed) fail(REQUEST_ERRORS.tooManyOps);
  for (const { key } of compare) if (key === "") fail(REQUEST_ERRORS.emptyKey);
  for (const op of success) checkOp(op, allowed - count);
  for (const op of failure) checkOp(op, allowed - count);
}

function checkOp(op: StoreOp, allowed: number): void {
  switch (op.type) {
    case "range":
    case "deleteRange":
      return checkRange(op);
    case "put":
      return checkPut(op);
    case "txn":
      return checkTxn(op, allowed);
  }
}
