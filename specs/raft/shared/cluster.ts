/** A cluster of nodes that run Raft, held to all that Raft promises where the membership does not change. */

import { cluster } from "@quorate/checker";
import type { Cluster, ClusterOptions } from "@quorate/checker";
import type { NodeId, Plain, Raft } from "@quorate/core";
import { totalOrderAlways, totalOrderObserver } from "../../shared/total-order.ts";
import type { TotalOrderHistory } from "../../shared/total-order.ts";
import { commitObserver } from "./commitments.ts";
import type { CommitHistory } from "./commitments.ts";
import { leaderObserver } from "./leaders.ts";
import type { LeaderHistory } from "./leaders.ts";
import { logNodeSteps } from "./node-steps.ts";
import { committedIsDurable, raftAlways } from "./properties.ts";

export interface RaftHistories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
  readonly committed: CommitHistory;
  readonly totalOrder: TotalOrderHistory;
}

type Options = ClusterOptions<Raft, RaftHistories>;

/** What differs from one cluster to the other. */
export interface RaftCluster extends Pick<
  Options,
  "nodes" | "network" | "faults" | "timeouts" | "persistence" | "clients" | "sometimes"
> {
  /** All voters, of which a majority has to hold on its disks what is committed. */
  readonly voters: readonly NodeId[];
  /** What was broadcast, and what committed, before the run begins. */
  readonly earlier?: { readonly broadcast: readonly Plain[]; readonly committed: CommitHistory };
}

/** The cluster with its observers and properties. */
export function raftCluster({ voters, earlier, ...options }: RaftCluster): Cluster {
  return cluster<Raft, RaftHistories>({
    ...options,
    observers: {
      leaders: leaderObserver,
      committed: commitObserver(earlier?.committed),
      totalOrder: totalOrderObserver<Raft>(earlier?.broadcast),
    },
    always: { ...raftAlways, ...totalOrderAlways, committedIsDurable: committedIsDurable(voters) },
    nodeSteps: logNodeSteps,
  });
}
