/** Errors in etcd's words: its clients compare them byte by byte. The texts are those of `v3rpc/rpctypes/error.go`. */

import { status } from "@grpc/grpc-js";
import { MemberError } from "../server/backend.ts";
import type { MemberFault } from "../server/backend.ts";
import type { StoreError } from "../store/types.ts";

/** What a call fails with. */
export class ApiError extends Error {
  readonly code: status;

  constructor([code, text]: ApiFault) {
    super(text);
    this.code = code;
  }
}

export type ApiFault = readonly [code: status, text: string];

const memberFaults: { readonly [fault in MemberFault]: ApiFault } = {
  noLeader: [status.UNAVAILABLE, "etcdserver: no leader"],
  leaderChanged: [status.UNAVAILABLE, "etcdserver: leader changed"],
  timeout: [status.UNAVAILABLE, "etcdserver: request timed out"],
  notLeader: [status.FAILED_PRECONDITION, "etcdserver: not leader"],
  badTransferee: [status.FAILED_PRECONDITION, "etcdserver: bad leader transferee"],
  tooManyRequests: [status.RESOURCE_EXHAUSTED, "etcdserver: too many requests"],
  stopped: [status.UNAVAILABLE, "etcdserver: server stopped"],
  unhealthyCluster: [status.UNAVAILABLE, "etcdserver: unhealthy cluster"],
  learnerNotReady: [
    status.FAILED_PRECONDITION,
    "etcdserver: can only promote a learner member which is in sync with leader",
  ],
  memberChanging: [status.UNAVAILABLE, "etcdserver: unhealthy cluster"],
};

const storeErrors: { readonly [error in StoreError]: ApiFault } = {
  compacted: [status.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"],
  futureRevision: [status.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"],
  keyNotFound: [status.INVALID_ARGUMENT, "etcdserver: key not found"],
  duplicateKey: [status.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"],
  leaseNotFound: [status.NOT_FOUND, "etcdserver: requested lease not found"],
  leaseExists: [status.FAILED_PRECONDITION, "etcdserver: lease already exists"],
  noSpace: [status.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"],
  memberNotFound: [status.NOT_FOUND, "etcdserver: member not found"],
  memberExists: [status.FAILED_PRECONDITION, "etcdserver: member ID already exist"],
  peerUrlExists: [status.FAILED_PRECONDITION, "etcdserver: Peer URLs already exists"],
  memberNotLearner: [status.FAILED_PRECONDITION, "etcdserver: can only promote a learner member"],
  tooManyLearners: [status.FAILED_PRECONDITION, "etcdserver: too many learner members in cluster"],
};

type RequestFault =
  | "emptyKey"
  | "valueProvided"
  | "leaseProvided"
  | "tooManyOps"
  | "tooLarge"
  | "invalidSort"
  | "leaseTtlTooLarge"
  | "badUrls"
  | "emptyTxnOp";

/** What a request itself is refused for. */
export const requestFaults: { readonly [name in RequestFault]: ApiFault } = {
  emptyKey: [status.INVALID_ARGUMENT, "etcdserver: key is not provided"],
  valueProvided: [status.INVALID_ARGUMENT, "etcdserver: value is provided"],
  leaseProvided: [status.INVALID_ARGUMENT, "etcdserver: lease is provided"],
  tooManyOps: [status.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"],
  tooLarge: [status.INVALID_ARGUMENT, "etcdserver: request is too large"],
  invalidSort: [status.INVALID_ARGUMENT, "etcdserver: invalid sort option"],
  leaseTtlTooLarge: [status.OUT_OF_RANGE, "etcdserver: too large lease TTL"],
  badUrls: [status.INVALID_ARGUMENT, "etcdserver: given member URLs are invalid"],
  emptyTxnOp: [status.INVALID_ARGUMENT, "etcdserver: key not found"],
};

export function storeFault(error: StoreError): ApiError {
  return new ApiError(storeErrors[error]);
}

/** Any error as one that a client may be told, and nothing of what it was inside. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof MemberError) return new ApiError(memberFaults[error.fault]);
  return new ApiError([status.UNAVAILABLE, memberFaults.timeout[1]]);
}

/** The leader was lost under a stream that had asked not to be kept without one. */
export const noLeader: ApiFault = memberFaults.noLeader;
