/** Short ways to write requests in tests, with what they leave out as in an empty request of etcd's. */

import type { Compare, DeleteRangeOp, PutOp, RangeOp, StoreOp, TxnOp } from "../types.ts";

export function put(key: string, value: string, more: Partial<Omit<PutOp, "type">> = {}): PutOp {
  return { type: "put", key, value, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false, ...more };
}

export function del(key: string, rangeEnd = "", prevKv = false): DeleteRangeOp {
  return { type: "deleteRange", key, rangeEnd, prevKv };
}

export function get(key: string, rangeEnd = "", more: Partial<Omit<RangeOp, "type">> = {}): RangeOp {
  return {
    type: "range",
    key,
    rangeEnd,
    limit: 0,
    revision: 0,
    sortOrder: "none",
    sortTarget: "key",
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...more,
  };
}

export function txn(
  success: readonly StoreOp[],
  failure: readonly StoreOp[] = [],
  compare: readonly Compare[] = [],
): TxnOp {
  return { type: "txn", compare, success, failure };
}

/** Whether a key's version is that number: 0 if it does not exist. */
export function ifVersion(key: string, revision: number, rangeEnd = ""): Compare {
  return { key, rangeEnd, result: "equal", target: "version", revision };
}
