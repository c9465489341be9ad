/** How long a node has not heard from a leader, by its own ticks: dissertation, sections 4.2.3 and 6.4.1. */

import type { RaftConfig, RaftState } from "./types.ts";

/**
 * Whether a leader has been heard from within the least time of an election. A node that says so helps to elect no other, on
 * which the leader's lease rests.
 */
export function hasRecentLeader({ checkQuorum }: RaftConfig, state: RaftState): boolean {
  return checkQuorum !== null && state.volatile.quietTicks < checkQuorum.electionTicks;
}

/**
 * The ticks that a node begins its life with. With leases, it may have acknowledged one just before it crashed: it begins as
 * if it had.
 */
export function initialQuietTicks({ checkQuorum, reads }: RaftConfig): number {
  return checkQuorum === null || reads.type === "lease" ? 0 : checkQuorum.electionTicks;
}
