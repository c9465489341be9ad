/** The member that the services answer for, with what they have in common. */

import type { Backend } from "../server/backend.ts";
import { membersOf, revisionOf } from "../store/index.ts";
import type { ClientCommand, StoreResult } from "../store/types.ts";
import { REQUEST_ERRORS, STORE_ERRORS, fail } from "./errors.ts";
import { hexIdToInt64 } from "./int64.ts";
import type { Int64 } from "./int64.ts";
import type { ResponseHeader } from "./messages.ts";

/** What a client may ask for at most, and how long things take. */
export type ApiLimits = {
  /** etcd's `--max-request-bytes`. */
  readonly maxRequestBytes: number;
  /** etcd's `--max-txn-ops`. */
  readonly maxTxnOps: number;
  /** For one connection. */
  readonly maxConcurrentStreams: number;
  /** How many watchers one stream may have. Ten thousand unless given. */
  readonly maxWatchersPerStream?: number;
  /** The least time to live of a lease in seconds: shorter ones could end with every change of leaders. */
  readonly leaseTtlMin: number;
  /** A stream that requires a leader outlives three times this without one. */
  readonly electionMs: number;
  /** How often a watch that has nothing to tell says so, where its client has asked for that. Ten minutes unless given. */
  readonly progressNotifyMs?: number;
};

export type Done = Extract<StoreResult, { readonly ok: true }>;

export class ApiMember {
  readonly backend: Backend;
  readonly limits: ApiLimits;
  readonly #clusterId: Int64;
  readonly #memberId: Int64;

  /** Told of errors that no handler is meant to throw. */
  readonly onFault: (path: string, error: unknown) => void;

  constructor(backend: Backend, limits: ApiLimits, onFault: (path: string, error: unknown) => void) {
    this.backend = backend;
    this.onFault = onFault;
    this.limits = limits;
    this.#clusterId = hexIdToInt64(backend.clusterId);
    this.#memberId = hexIdToInt64(backend.memberId);
  }

  /** Without a revision, the store's as it is now. */
  header(revision: number = revisionOf(this.backend.store())): ResponseHeader {
    return { clusterId: this.#clusterId, memberId: this.#memberId, revision, raftTerm: this.backend.term };
  }

  isLearner(): boolean {
    const { memberId } = this.backend;
    return membersOf(this.backend.store()).some(({ id, isLearner }) => id === memberId && isLearner);
  }

  /** `requestBytes` is how large the request is that asks for it. Fails with the store's reason. */
  async propose(command: ClientCommand, requestBytes: number): Promise<Done> {
    if (requestBytes > this.limits.maxRequestBytes) fail(REQUEST_ERRORS.tooLarge);
    return done(await this.backend.propose(command));
  }
}

export function done(result: StoreResult): Done {
  return result.ok ? result : fail(STORE_ERRORS[result.error]);
}
