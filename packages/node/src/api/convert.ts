/** Between the messages of the client API and the words of the store. */

import { bufferOf, bytesOf } from "../server/backend.ts";
import { TXN_NESTING_MAX } from "../store/index.ts";
import type {
  Bytes,
  Compare,
  DeleteRangeOp,
  KeyValue,
  LeaseId,
  Member,
  OpResult,
  PutOp,
  RangeOp,
  SortTarget,
  StoreEvent,
  StoreOp,
  TxnOp,
} from "../store/types.ts";
import { REQUEST_ERRORS, fail } from "./errors.ts";
import { hexIdToInt64, leaseIdOf, leaseIdToInt64, numberOf } from "./int64.ts";
import type { Int64 } from "./int64.ts";
import type {
  CompareRequest,
  DeleteRangeRequest,
  EventMessage,
  KeyValueMessage,
  MemberMessage,
  PutRequest,
  RangeRequest,
  RangeResponse,
  DeleteRangeResponse,
  PutResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "./messages.ts";

const SORT_ORDERS = ["none", "ascend", "descend"] as const;
const SORT_TARGETS: readonly SortTarget[] = ["key", "version", "create", "mod", "value"];
const COMPARE_RESULTS = ["equal", "greater", "less", "notEqual"] as const;

/** What protobufjs answers for bytes that are not there is empty, and no buffer. */
export function textOf(bytes: Uint8Array): Bytes {
  return bytes.length === 0 ? "" : bytesOf(bytes);
}

export function rangeOpOf(request: RangeRequest): RangeOp {
  const sortTarget = SORT_TARGETS[request.sortTarget] ?? "key";
  const sortOrder = SORT_ORDERS[request.sortOrder] ?? "none";
  return {
    type: "range",
    key: textOf(request.key),
    rangeEnd: textOf(request.rangeEnd),
    limit: atLeastZero(numberOf(request.limit)),
    revision: atLeastZero(numberOf(request.revision)),
    // As in etcd, whoever names something to sort by wants it sorted.
    sortOrder: sortOrder === "none" && sortTarget !== "key" ? "ascend" : sortOrder,
    sortTarget,
    keysOnly: request.keysOnly,
    countOnly: request.countOnly,
    minModRevision: atLeastZero(numberOf(request.minModRevision)),
    maxModRevision: atLeastZero(numberOf(request.maxModRevision)),
    minCreateRevision: atLeastZero(numberOf(request.minCreateRevision)),
    maxCreateRevision: atLeastZero(numberOf(request.maxCreateRevision)),
  };
}

/** Negative limits, revisions and bounds mean what 0 does. */
export function atLeastZero(value: number): number {
  return Math.max(0, value);
}

export function putOpOf(request: PutRequest): PutOp {
  return {
    type: "put",
    key: textOf(request.key),
    value: textOf(request.value),
    lease: grantableLeaseIdOf(request.lease),
    prevKv: request.prevKv,
    ignoreValue: request.ignoreValue,
    ignoreLease: request.ignoreLease,
  };
}

/** The store knows positive ids alone. */
export function grantableLeaseIdOf(id: Int64): LeaseId {
  if (id.high < 0) fail(REQUEST_ERRORS.negativeLeaseId);
  return leaseIdOf(id);
}

export function deleteRangeOpOf({ key, rangeEnd, prevKv }: DeleteRangeRequest): DeleteRangeOp {
  return { type: "deleteRange", key: textOf(key), rangeEnd: textOf(rangeEnd), prevKv };
}

/** `depth` is how many transactions it is nested in, itself included. */
export function txnOpOf({ compare, success, failure }: TxnRequest, depth = 1): TxnOp {
  // To the store it would be no command, so that nobody would ever answer.
  if (depth > TXN_NESTING_MAX) fail(REQUEST_ERRORS.nestedTooDeep);
  const opsOf = (ops: readonly RequestOp[]): readonly StoreOp[] => ops.map((op) => opOf(op, depth));
  return { type: "txn", compare: compare.map(compareOf), success: opsOf(success), failure: opsOf(failure) };
}

function opOf({ requestRange, requestPut, requestDeleteRange, requestTxn }: RequestOp, depth: number): StoreOp {
  if (requestRange !== null) return rangeOpOf(requestRange);
  if (requestPut !== null) return putOpOf(requestPut);
  if (requestDeleteRange !== null) return deleteRangeOpOf(requestDeleteRange);
  if (requestTxn !== null) return txnOpOf(requestTxn, depth + 1);
  return fail(REQUEST_ERRORS.emptyOp);
}

/** Numbers that proto does not know are taken for version and equal, the defaults. */
function compareOf(request: CompareRequest): Compare {
  const { key, rangeEnd } = request;
  const range = { key: textOf(key), rangeEnd: textOf(rangeEnd) };
  const result = COMPARE_RESULTS[request.result] ?? "equal";
  switch (request.target) {
    case 1:
      return { ...range, target: "create", ...revisionComparison(result, numberOf(request.createRevision)) };
    case 2:
      return { ...range, target: "mod", ...revisionComparison(result, numberOf(request.modRevision)) };
    case 3:
      return { ...range, target: "value", result, value: textOf(request.value) };
    case 4:
      return { ...range, target: "lease", result, lease: grantableLeaseIdOf(request.lease) };
    default:
      return { ...range, target: "version", ...revisionComparison(result, numberOf(request.version)) };
  }
}

/** The store compares with what is not negative; a comparison with less has the same outcome whatever the key is. */
function revisionComparison(
  result: Compare["result"],
  revision: number,
): { readonly result: Compare["result"]; readonly revision: number } {
  if (revision >= 0) return { result, revision };
  const holds = result === "greater" || result === "notEqual";
  // No key's version or revision is ever below 0, nor equal to the greatest number.
  return { result: holds ? "notEqual" : "equal", revision: Number.MAX_SAFE_INTEGER };
}

function keyValueMessage(kv: KeyValue): KeyValueMessage {
  return {
    key: bufferOf(kv.key),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    value: bufferOf(kv.value),
    lease: leaseIdToInt64(kv.lease),
  };
}

export function eventMessage({ type, kv, prevKv }: StoreEvent, withPrevKv: boolean): EventMessage {
  const event =
    type === "put"
      ? { type: 0, kv: keyValueMessage(kv) }
      : { type: 1, kv: { key: bufferOf(kv.key), modRevision: kv.modRevision } };
  return withPrevKv && prevKv !== null ? { ...event, prevKv: keyValueMessage(prevKv) } : event;
}

export function memberMessage({ id, name, peerUrls, clientUrls, isLearner }: Member): MemberMessage {
  return { ID: hexIdToInt64(id), name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner };
}

type Result<Type extends OpResult["type"]> = Extract<OpResult, { readonly type: Type }>;

export function rangeResponse({ kvs, more, count }: Result<"range">, header: ResponseHeader): RangeResponse {
  return { header, kvs: kvs.map(keyValueMessage), more, count };
}

export function putResponse({ prevKv }: Result<"put">, header: ResponseHeader): PutResponse {
  return prevKv === null ? { header } : { header, prevKv: keyValueMessage(prevKv) };
}

export function deleteRangeResponse(
  { deleted, prevKvs }: Result<"deleteRange">,
  header: ResponseHeader,
): DeleteRangeResponse {
  return { header, deleted, prevKvs: prevKvs.map(keyValueMessage) };
}

export function txnResponse({ succeeded, responses }: Result<"txn">, header: ResponseHeader): TxnResponse {
  // As in etcd, what is inside says the revision and no more.
  const inner = { revision: header.revision };
  return { header, succeeded, responses: responses.map((response) => responseOp(response, inner)) };
}

function responseOp(result: OpResult, header: ResponseHeader): ResponseOp {
  switch (result.type) {
    case "range":
      return { responseRange: rangeResponse(result, header) };
    case "put":
      return { responsePut: putResponse(result, header) };
    case "deleteRange":
      return { responseDeleteRange: deleteRangeResponse(result, header) };
    case "txn":
      return { responseTxn: txnResponse(result, header) };
  }
}
