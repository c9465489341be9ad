/** What the client API asks of a member: the seam between `api/`, which speaks etcd's gRPC, and `server/`. */

import type { Bytes, ClientCommand, LeaseId, Member, MemberId, StoreError, StoreResult } from "../store/types.ts";
import type { StoreState } from "../store/state.ts";

/**
 * Why a member can't do what it was asked. The API says it in etcd's words.
 *
 * - noLeader: no leader is known
 * - leaderChanged: the leader went away meanwhile; whether the command will be applied, nobody knows
 * - timeout: no answer in time; whether the command will be applied, nobody knows
 * - notLeader: only the leader can do this, and this member does not lead
 * - badTransferee: leadership can't be handed to that member
 * - tooManyRequests: too much is under way already
 * - stopped: the member is shutting down
 * - unhealthyCluster: a change of membership that would leave the cluster without a quorum, or while it has none
 * - learnerNotReady: the learner lacks too much of the log to become a voter
 * - memberChanging: another change of the membership is under way
 */
export type MemberFault =
  | "noLeader"
  | "leaderChanged"
  | "timeout"
  | "notLeader"
  | "badTransferee"
  | "tooManyRequests"
  | "stopped"
  | "unhealthyCluster"
  | "learnerNotReady"
  | "memberChanging";

/** Thrown by a backend; the API turns it into a status. */
export class MemberError extends Error {
  readonly fault: MemberFault;

  constructor(fault: MemberFault) {
    super(fault);
    this.name = "MemberError";
    this.fault = fault;
  }
}

export type MemberStatus = {
  readonly version: string;
  /** In bytes. */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly leader: MemberId | null;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
};

/** What becomes of a change of the membership: the members after it, or the store's reason against it. */
export type MembershipResult =
  | { readonly ok: true; readonly member: Member | null; readonly members: readonly Member[] }
  | { readonly ok: false; readonly error: StoreError };

/** What is left of a lease, in seconds. */
export type LeaseLife = { readonly ttl: number; readonly grantedTtl: number };

/** A running member. Promises are rejected with `MemberError` alone. */
export interface Backend {
  readonly clusterId: string;
  readonly memberId: MemberId;
  /** Has the cluster agree on `command`, and resolves with what it came to once this member has applied it. */
  propose(command: ClientCommand): Promise<StoreResult>;
  /** Resolves when this member has applied all that any member had applied before the call. */
  linearize(): Promise<void>;
  /** The store as this member has it now: an immutable value. */
  store(): StoreState;
  /**
   * Calls `listener` after each batch of applied commands that changed the store, and if compactions are among them also
   * with the store as it was before each: so all that happened can be seen, except where a snapshot took the store's place.
   * Returns how to stop that.
   */
  onApplied(listener: (store: StoreState) => void): () => void;
  readonly term: number;
  /** Null if none is known. */
  readonly leader: MemberId | null;
  /** Calls `listener` whenever `leader` has become another, or null. Returns how to stop that. */
  onLeaderChange(listener: (leader: MemberId | null) => void): () => void;
  /** Renews a lease, at the leader. Null if there is no such lease. */
  keepLeaseAlive(id: LeaseId): Promise<LeaseLife | null>;
  /** What is left of a lease, by the leader's clock. Null if there is no such lease. */
  leaseLife(id: LeaseId): Promise<LeaseLife | null>;
  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<MembershipResult>;
  removeMember(id: MemberId): Promise<MembershipResult>;
  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<MembershipResult>;
  promoteMember(id: MemberId): Promise<MembershipResult>;
  /** Hands leadership over, and resolves when `to` leads. */
  moveLeader(to: MemberId): Promise<void>;
  status(): MemberStatus;
  /** The whole store as one file, in pieces; `size` is the number of bytes of all of them. */
  snapshot(): { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> };
}

/** A key or a value as gRPC has it. */
export function bytesOf(buffer: Uint8Array): Bytes {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString("latin1");
}

/** The opposite of `bytesOf`. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes, "latin1");
}
