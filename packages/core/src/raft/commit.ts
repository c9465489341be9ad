/** Committing, the leader's side: the paper, sections 5.3 and 5.4.2; Figure 2, "Leaders", last rule. */

import type { NodeId } from "../protocol.ts";
import { currentConfiguration, isQuorum } from "./configuration.ts";
import { commitTo } from "./deliver.ts";
import { andThen, unchanged } from "./effects.ts";
import { termAt } from "./log-terms.ts";
import { leaveJoint, stepDownIfRemoved } from "./membership.ts";
import { startRound } from "./reads.ts";
import { announceCommit } from "./replication.ts";
import { leaderOf } from "./state.ts";
import type { Index, Leader, RaftConfig, RaftConfiguration, RaftState, RaftStep } from "./types.ts";

/**
 * Commits what a quorum holds on its disks, if it ends with an entry of the leader's own term. Entries of earlier terms are
 * committed only along with one of those: they may still be replaced though a quorum holds them, Figure 8.
 */
export function advanceCommit(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  const index = quorumIndex(currentConfiguration(config, state), config.self, leader);
  if (index <= state.volatile.commitIndex) return unchanged(state);
  if (termAt(state.durable, index) !== state.durable.term) return unchanged(state);
  return andThen(
    commitTo(state, index),
    (next) => announceCommit(config, next),
    (next) => leaveJoint(config, next),
    (next) => startRound(config, next),
    (next) => stepDownIfRemoved(config, next),
  );
}

/** The highest index that a quorum's disks hold, the leader's own among them, if it has a vote. */
function quorumIndex(configuration: RaftConfiguration, self: NodeId, leader: Leader): Index {
  const matches = [{ node: self, match: leader.persisted }, ...leader.progress];
  const descending = matches.map(({ match }) => match).sort((a, b) => b - a);
  const holders = (index: Index) => matches.filter(({ match }) => match >= index).map(({ node }) => node);
  return descending.find((index) => isQuorum(configuration, holders(index))) ?? 0;
}
