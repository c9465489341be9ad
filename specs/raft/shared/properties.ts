/**
 * What Raft promises, under the names of Figure 3 of Ongaro and Ousterhout (2014), and what has to be so for that.
 *
 * Every property reads histories first and then small parts of the nodes, see logs.ts.
 */

import { isEqual } from "@quorate/checker";
import type { Collection, NodeView } from "@quorate/checker";
import { isQuorum, majorities } from "@quorate/core";
import type { NodeId, Raft } from "@quorate/core";
import type { CommitHistory } from "./commitments.ts";
import type { LeaderHistory } from "./leaders.ts";
import { diskLogOf, entriesOf, entryIn, leaderLogOf, logOf } from "./logs.ts";
import type { RaftLog } from "./logs.ts";

/** Histories of a run, under the names that the properties look for. */
export interface WithLeaders {
  readonly history: { readonly leaders: LeaderHistory };
}
export interface WithCommitments {
  readonly history: { readonly committed: CommitHistory };
}
export interface WithRaftNodes {
  readonly nodes: Collection<NodeView<Raft>>;
}

/** Invariants of elections. */
export const electionAlways = {
  /** At most one leader is elected in a term. */
  electionSafety: ({ history }: WithLeaders): boolean =>
    history.leaders.every(({ term }, at) => at === 0 || history.leaders[at - 1]?.term !== term),
};

/** Invariants of logs. Those of the majority that holds what is committed are in `committedIsDurable`. */
export const raftAlways = {
  ...electionAlways,

  /** Two logs with an entry of one index and term are the same up to it. */
  logMatching: ({ nodes }: WithRaftNodes): boolean => {
    const logs = nodes.map(logOf);
    return logs.every((one, at) => logs.slice(at + 1).every((other) => areMatching(one, other)));
  },

  /** What was committed in a term is in the logs of the leaders of all later terms. */
  leaderCompleteness: ({ history, nodes }: WithCommitments & WithRaftNodes): boolean => {
    const { committed } = history;
    return nodes.map(leaderLogOf).every((leader) => {
      if (leader === null) return true;
      return committed.every(({ index, entry, term }) => {
        return term >= leader.term || index <= leader.log.before || isEqual(entryIn(leader.log, index), entry);
      });
    });
  },

  /** No two nodes apply different entries at one index. */
  stateMachineSafety: ({ history }: WithCommitments): boolean =>
    history.committed.every(({ index }, at) => at === 0 || history.committed[at - 1]?.index !== index),
};

/**
 * Each committed entry is on the disks of a majority of `voters`, which are all there is: for clusters whose membership does
 * not change. What a disk's log has forgotten is in its snapshot.
 */
export function committedIsDurable(voters: readonly NodeId[]): (s: WithCommitments & WithRaftNodes) => boolean {
  const { phase2 } = majorities(voters);
  return ({ history, nodes }) => {
    const { committed } = history;
    const disks = nodes.map(diskLogOf);
    return committed.every(({ index, entry }) => {
      const holders = disks.filter(({ log }) => index <= log.before || isEqual(entryIn(log, index), entry));
      return isQuorum(
        phase2,
        holders.map(({ id }) => id),
      );
    });
  };
}

/** Whether the logs are the same up to the last index at which both have an entry of the same term. */
function areMatching(one: RaftLog, other: RaftLog): boolean {
  const shared = entriesOf(one).flatMap(({ index, entry }) => {
    const matching = entryIn(other, index);
    return matching === null ? [] : [{ isSameTerm: matching.term === entry.term, isSame: isEqual(matching, entry) }];
  });
  const last = shared.findLastIndex(({ isSameTerm }) => isSameTerm);
  return shared.slice(0, last + 1).every(({ isSame }) => isSame);
}
