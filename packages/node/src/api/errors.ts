/**
 * Why calls fail, in etcd's words: clients compare these texts byte by byte.
 *
 * Source: etcd, `api/v3rpc/rpctypes/error.go`.
 */

import { MemberError } from "../server/backend.ts";
import type { MemberFault } from "../server/backend.ts";
import { UNDER_WAY_MAX } from "../server/once.ts";
import { TXN_NESTING_MAX } from "../store/index.ts";
import type { StoreError } from "../store/types.ts";
import { CODE, StatusError } from "./status.ts";
import type { Code, Status } from "./status.ts";

function etcd(code: Code, text: string): Status {
  return { code, message: `etcdserver: ${text}` };
}

/** What etcd has no words for. */
function own(code: Code, text: string): Status {
  return { code, message: `quorate: ${text}` };
}

export const STORE_ERRORS: Readonly<Record<StoreError, Status>> = {
  compacted: etcd(CODE.outOfRange, "mvcc: required revision has been compacted"),
  futureRevision: etcd(CODE.outOfRange, "mvcc: required revision is a future revision"),
  keyNotFound: etcd(CODE.invalidArgument, "key not found"),
  duplicateKey: etcd(CODE.invalidArgument, "duplicate key given in txn request"),
  leaseNotFound: etcd(CODE.notFound, "requested lease not found"),
  leaseExists: etcd(CODE.failedPrecondition, "lease already exists"),
  noSpace: etcd(CODE.resourceExhausted, "mvcc: database space exceeded"),
  corrupt: etcd(CODE.dataLoss, "corrupt cluster"),
  memberNotFound: etcd(CODE.notFound, "member not found"),
  memberExists: etcd(CODE.failedPrecondition, "member ID already exist"),
  peerUrlExists: etcd(CODE.failedPrecondition, "Peer URLs already exists"),
  memberNotLearner: etcd(CODE.failedPrecondition, "can only promote a learner member"),
  tooManyLearners: etcd(CODE.failedPrecondition, "too many learner members in cluster"),
  sessionExpired: own(
    CODE.failedPrecondition,
    "there is no such session, or it has expired: this request was not carried out now, and may have been before",
  ),
  answerAcknowledged: own(
    CODE.failedPrecondition,
    "the client has acknowledged the answer to this sequence number: it is forgotten, and the request not carried out again",
  ),
  answerTooLong: own(
    CODE.failedPrecondition,
    "this request was carried out before, and its answer is too long to have been kept",
  ),
};

export const MEMBER_FAULTS: Readonly<Record<MemberFault, Status>> = {
  noLeader: etcd(CODE.unavailable, "no leader"),
  leaderChanged: etcd(CODE.unavailable, "leader changed"),
  timeout: etcd(CODE.unavailable, "request timed out"),
  notLeader: etcd(CODE.failedPrecondition, "not leader"),
  badTransferee: etcd(CODE.failedPrecondition, "bad leader transferee"),
  tooManyRequests: etcd(CODE.resourceExhausted, "too many requests"),
  stopped: etcd(CODE.unavailable, "server stopped"),
  unhealthyCluster: etcd(CODE.unavailable, "unhealthy cluster"),
  learnerNotReady: etcd(CODE.failedPrecondition, "can only promote a learner member which is in sync with leader"),
  // etcd has no word for this: there the second change is dropped, and its client waits for nothing.
  memberChanging: etcd(CODE.failedPrecondition, "another change of the membership is under way"),
};

type RequestError =
  | "emptyKey"
  | "emptyOp"
  | "valueProvided"
  | "leaseProvided"
  | "tooManyOps"
  | "nestedTooDeep"
  | "tooLarge"
  | "ttlTooLarge"
  | "negativeLeaseId"
  | "badMemberUrls"
  | "learner"
  | "authNotEnabled"
  | "badSession"
  | "badSequence"
  | "sequenceWithoutSession";

/** What is wrong with a request by itself. */
export const REQUEST_ERRORS: Readonly<Record<RequestError, Status>> = {
  emptyKey: etcd(CODE.invalidArgument, "key is not provided"),
  emptyOp: etcd(CODE.invalidArgument, "key not found"),
  valueProvided: etcd(CODE.invalidArgument, "value is provided"),
  leaseProvided: etcd(CODE.invalidArgument, "lease is provided"),
  tooManyOps: etcd(CODE.invalidArgument, "too many operations in txn request"),
  // etcd has no bound of its own for this.
  nestedTooDeep: etcd(CODE.invalidArgument, `more than ${TXN_NESTING_MAX} transactions nested in one another`),
  tooLarge: etcd(CODE.invalidArgument, "request is too large"),
  ttlTooLarge: etcd(CODE.outOfRange, "too large lease TTL"),
  // etcd takes negative ids; here an id is a positive number, as etcd's own choice always is.
  negativeLeaseId: etcd(CODE.invalidArgument, "lease ID must be positive"),
  badMemberUrls: etcd(CODE.invalidArgument, "given member URLs are invalid"),
  learner: etcd(CODE.unavailable, "rpc not supported for learner"),
  authNotEnabled: etcd(CODE.failedPrecondition, "authentication is not enabled"),
  badSession: own(CODE.invalidArgument, "quorate-client-id is no id that a session has been opened with"),
  badSequence: own(
    CODE.invalidArgument,
    `quorate-sequence is a number from 0 on, and quorate-acknowledged one that is at most ${UNDER_WAY_MAX - 1} below it`,
  ),
  sequenceWithoutSession: own(CODE.invalidArgument, "there is a sequence number, and no quorate-client-id"),
};

/** Why a watcher is cancelled, or not even created; these have no code. */
export const WATCH_ERRORS: Readonly<Record<"compacted" | "duplicateId" | "emptyRange" | "tooMany", string>> = {
  compacted: STORE_ERRORS.compacted.message,
  duplicateId: "mvcc: duplicate watch ID provided on the WatchStream",
  emptyRange: "mvcc: watcher range is empty",
  // etcd has no bound of its own for this.
  tooMany: "etcdserver: too many watchers on one stream",
};

/** Whether `error` is one of the failures that calls are meant to have. */
export function isExpected(error: unknown): boolean {
  return error instanceof StatusError || error instanceof MemberError;
}

/**
 * The status of a call whose handler threw `error`. Of what no handler is meant to throw a client hears only that there is
 * something, since it may be about anything inside.
 */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  if (error instanceof MemberError) return MEMBER_FAULTS[error.fault];
  return { code: CODE.internal, message: "internal error" };
}

export function fail(status: Status): never {
  throw new StatusError(status);
}
