/**
 * The leader's lease: dissertation, section 6.4.1. From when a round of heartbeats was sent that a quorum has acknowledged,
 * no other leader is elected for as long as `checkQuorum` makes that quorum refuse its votes.
 *
 * Times are in ticks of the own clock. One round's age is measured at a time. It counts from when the round was first sent,
 * which the acknowledgements can only follow.
 */

import type { Lease, Leader, RaftConfig } from "./types.ts";

export function freshLease(config: RaftConfig): Lease | null {
  return config.reads.type === "lease" ? { left: 0, measuring: null } : null;
}

/** Begins a new round that is to renew the lease, unless there is no lease or one is on its way. */
export function measureRound(leader: Leader): Leader {
  if (leader.lease === null || leader.lease.measuring !== null) return leader;
  const round = leader.round + 1;
  return { ...leader, round, lease: { ...leader.lease, measuring: { round, age: 0 } } };
}

/** The round that is measured has been acknowledged by a quorum. The time since it was sent is gone already. */
export function renewLease(config: RaftConfig, lease: Lease): Lease {
  if (lease.measuring === null || config.reads.type === "index") return lease;
  const left = config.reads.leaseTicks - lease.measuring.age;
  return { left: Math.max(lease.left, left), measuring: null };
}

/** One tick less. A round so old that it can't renew anything is given up. */
export function tickLease(config: RaftConfig, lease: Lease | null): Lease | null {
  if (lease === null || config.reads.type === "index") return lease;
  const { measuring } = lease;
  const isWorthless = measuring === null || measuring.age + 1 >= config.reads.leaseTicks;
  return {
    left: Math.max(0, lease.left - 1),
    measuring: isWorthless ? null : { ...measuring, age: measuring.age + 1 },
  };
}

export function hasLease({ lease }: Leader): boolean {
  return lease !== null && lease.left > 0;
}
