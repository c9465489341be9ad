/** Between the wire's messages and the store's words. */

import { randomBytes } from "node:crypto";
import { bufferOf, bytesOf } from "../server/backend.ts";
import type {
  Compare,
  DeleteRangeOp,
  KeyValue,
  LeaseId,
  MemberId,
  OpResult,
  PutOp,
  RangeOp,
  StoreEvent,
  StoreOp,
  TxnOp,
} from "../store/types.ts";
import { ApiError, requestFaults } from "./errors.ts";
import type { ApiLimits } from "./limits.ts";
import { isSet } from "./messages.ts";
import type {
  CompareMessage,
  DeleteRangeRequest,
  EventMessage,
  KeyValueMessage,
  Long,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "./messages.ts";

/** A revision, a version, a limit: what is negative or beyond all that a store comes to is as good as the nearest that is. */
export function numberOf(long: Long): number {
  return Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Number(long)));
}

/** A member's or a cluster's id on the wire: 64 bits in decimal digits. */
export function wireId(id: MemberId): string {
  return BigInt(`0x${id}`).toString();
}

export function memberIdOfWire(id: Long): MemberId {
  return BigInt.asUintN(64, BigInt(id)).toString(16).padStart(16, "0");
}

/** A lease's id. Those of this API are positive; what is not stands for no lease that there could be. */
export function leaseIdOf(id: Long): LeaseId {
  return BigInt.asUintN(63, BigInt(id)).toString();
}

export function randomLeaseId(): LeaseId {
  return (randomBytes(8).readBigUInt64BE() >> 1n || 1n).toString();
}

export function rangeOpOf(request: RangeRequest): RangeOp {
  const key = demandKey(request.key);
  return {
    type: "range",
    key,
    rangeEnd: bytesOf(request.range_end),
    limit: numberOf(request.limit),
    revision: numberOf(request.revision),
    sortOrder: sortOrderOf(request),
    sortTarget: sortTargetOf(request),
    keysOnly: request.keys_only,
    countOnly: request.count_only,
    minModRevision: numberOf(request.min_mod_revision),
    maxModRevision: numberOf(request.max_mod_revision),
    minCreateRevision: numberOf(request.min_create_revision),
    maxCreateRevision: numberOf(request.max_create_revision),
  };
}

/** As etcd has it, a target other than the key without an order means the ascending one. */
function sortOrderOf({ sort_order: order, sort_target: target }: RangeRequest): RangeOp["sortOrder"] {
  switch (order) {
    case "NONE":
      return target === "KEY" ? "none" : "ascend";
    case "ASCEND":
      return "ascend";
    case "DESCEND":
      return "descend";
    default:
      throw new ApiError(requestFaults.invalidSort);
  }
}

function sortTargetOf({ sort_target: target }: RangeRequest): RangeOp["sortTarget"] {
  switch (target) {
    case "KEY":
      return "key";
    case "VERSION":
      return "version";
    case "CREATE":
      return "create";
    case "MOD":
      return "mod";
    case "VALUE":
      return "value";
    default:
      throw new ApiError(requestFaults.invalidSort);
  }
}

export function putOpOf(request: PutRequest): PutOp {
  const key = demandKey(request.key);
  if (request.ignore_value && request.value.length > 0) throw new ApiError(requestFaults.valueProvided);
  const lease = leaseIdOf(request.lease);
  if (request.ignore_lease && lease !== "0") throw new ApiError(requestFaults.leaseProvided);
  return {
    type: "put",
    key,
    value: bytesOf(request.value),
    lease,
    prevKv: request.prev_kv,
    ignoreValue: request.ignore_value,
    ignoreLease: request.ignore_lease,
  };
}

export function deleteRangeOpOf(request: DeleteRangeRequest): DeleteRangeOp {
  return {
    type: "deleteRange",
    key: demandKey(request.key),
    rangeEnd: bytesOf(request.range_end),
    prevKv: request.prev_kv,
  };
}

export function txnOpOf(request: TxnRequest, limits: ApiLimits): TxnOp {
  const longest = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (longest > limits.maxTxnOps) throw new ApiError(requestFaults.tooManyOps);
  return {
    type: "txn",
    compare: request.compare.map(compareOf),
    success: request.success.map((op) => opOf(op, limits)),
    failure: request.failure.map((op) => opOf(op, limits)),
  };
}

function opOf(op: RequestOp, limits: ApiLimits): StoreOp {
  if (isSet(op.request_range)) return rangeOpOf(op.request_range);
  if (isSet(op.request_put)) return putOpOf(op.request_put);
  if (isSet(op.request_delete_range)) return deleteRangeOpOf(op.request_delete_range);
  if (isSet(op.request_txn)) return txnOpOf(op.request_txn, limits);
  throw new ApiError(requestFaults.emptyTxnOp);
}

const RESULTS = { EQUAL: "equal", GREATER: "greater", LESS: "less", NOT_EQUAL: "notEqual" } as const;

function compareOf(message: CompareMessage): Compare {
  const result = typeof message.result === "number" ? undefined : RESULTS[message.result];
  if (result === undefined) throw new ApiError(requestFaults.invalidSort);
  const common = { key: demandKey(message.key), rangeEnd: bytesOf(message.range_end), result };
  switch (message.target) {
    case "VERSION":
      return { ...common, target: "version", revision: numberOf(message.version ?? 0) };
    case "CREATE":
      return { ...common, target: "create", revision: numberOf(message.create_revision ?? 0) };
    case "MOD":
      return { ...common, target: "mod", revision: numberOf(message.mod_revision ?? 0) };
    case "VALUE":
      return { ...common, target: "value", value: bytesOf(message.value ?? new Uint8Array()) };
    case "LEASE":
      return { ...common, target: "lease", lease: leaseIdOf(message.lease ?? 0) };
    default:
      throw new ApiError(requestFaults.invalidSort);
  }
}

function demandKey(key: Uint8Array): string {
  if (key.length === 0) throw new ApiError(requestFaults.emptyKey);
  return bytesOf(key);
}

export function kvMessage(kv: KeyValue): KeyValueMessage {
  return {
    key: bufferOf(kv.key),
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: bufferOf(kv.value),
    lease: kv.lease,
  };
}

export function eventMessage({ type, kv, prevKv }: StoreEvent, withPrevious: boolean): EventMessage {
  return {
    type: type === "put" ? "PUT" : "DELETE",
    kv: kvMessage(kv),
    prev_kv: withPrevious && prevKv !== null ? kvMessage(prevKv) : null,
  };
}

/** The fields of a response, without its header. */
export function resultMessage(result: OpResult): object {
  switch (result.type) {
    case "range":
      return { kvs: result.kvs.map(kvMessage), more: result.more, count: result.count };
    case "put":
      return { prev_kv: result.prevKv === null ? null : kvMessage(result.prevKv) };
    case "deleteRange":
      return { deleted: result.deleted, prev_kvs: result.prevKvs.map(kvMessage) };
    case "txn":
      return { succeeded: result.succeeded, responses: result.responses.map(opResponse) };
  }
}

/** Within a transaction the header has the revision alone, as etcd has it: clients read it from the outer one. */
function opResponse(result: OpResult): object {
  const message = resultMessage(result);
  switch (result.type) {
    case "range":
      return { response_range: message };
    case "put":
      return { response_put: message };
    case "deleteRange":
      return { response_delete_range: message };
    case "txn":
      return { response_txn: message };
  }
}
