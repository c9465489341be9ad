/** The conditions of a transaction. */

import { compareBytes, compareLeaseIds } from "./orders.ts";
import { keysNow } from "./range.ts";
import type { StoreState } from "./state.ts";
import type { Compare, KeyValue } from "./types.ts";

/** A key that does not exist, as a condition sees it. */
const MISSING: KeyValue = { key: "", value: "", createRevision: 0, modRevision: 0, version: 0, lease: "0" };

/** Whether all keys of the range satisfy the condition. A range without keys is taken for one key that does not exist. */
export function holds(state: StoreState, condition: Compare): boolean {
  const kvs = keysNow(state, condition, Infinity);
  // The empty value is a value like others, and not that of a missing key.
  if (kvs.length === 0) return condition.target !== "value" && satisfies(condition, MISSING);
  return kvs.every((kv) => satisfies(condition, kv));
}

function satisfies(condition: Compare, kv: KeyValue): boolean {
  const difference = differenceOf(condition, kv);
  switch (condition.result) {
    case "equal":
      return difference === 0;
    case "notEqual":
      return difference !== 0;
    case "greater":
      return difference > 0;
    case "less":
      return difference < 0;
  }
}

function differenceOf(condition: Compare, kv: KeyValue): number {
  switch (condition.target) {
    case "version":
      return kv.version - condition.revision;
    case "create":
      return kv.createRevision - condition.revision;
    case "mod":
      return kv.modRevision - condition.revision;
    case "value":
      return compareBytes(kv.value, condition.value);
    case "lease":
      return compareLeaseIds(kv.lease, condition.lease);
  }
}
