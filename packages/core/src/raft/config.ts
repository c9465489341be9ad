/** The configuration of a node, and what it has to be. */

import type { NodeId } from "../protocol.ts";
import { sortedNodes } from "./configuration.ts";
import type { RaftConfig } from "./types.ts";

/** What `raftConfig` is given. Nothing that is optional is on unless it is asked for. */
export type RaftOptions = {
  readonly self: NodeId;
  /** Names the cluster. Messages of another one are dropped. */
  readonly cluster?: string;
  /** The first configuration, the same at every node that begins with it. A node that is to join gives none. */
  readonly voters?: readonly NodeId[];
  readonly learners?: readonly NodeId[];
  /** Whether to ask before campaigning: section 9.6. False unless given. */
  readonly preVote?: boolean;
  /**
   * Whether a leader that does not hear from a quorum steps down, and a node that hears from a leader keeps it: sections
   * 6.2 and 4.2.3. `electionTicks` is the least length of an election timer, in ticks. Null unless given.
   */
  readonly checkQuorum?: { readonly electionTicks: number } | null;
  /**
   * How linearizable reads are served: by asking a quorum, section 6.4, or from a lease of `leaseTicks`, section 6.4.1.
   * `driftTicks` is how much two nodes' clocks may part while one of them counts `electionTicks`. Leases need `checkQuorum`
   * and are only as good as the clocks. By asking unless given.
   */
  readonly reads?:
    { readonly type: "index" } | { readonly type: "lease"; readonly leaseTicks: number; readonly driftTicks: number };
  /** How many entries one message carries at most: 256 unless given. */
  readonly entriesPerMessageMax?: number;
  /** How many messages with entries may be unanswered for each follower: 64 unless given. */
  readonly inflightMax?: number;
  /** How many entries may be uncommitted at a leader that takes more, unless none are: 4096 unless given. */
  readonly uncommittedMax?: number;
};

/**
 * The configuration of the node `self`.
 *
 * @throws RangeError if a node is named twice, is both voter and learner, if there are learners and no voters, if a number
 *   is not a positive safe integer, or if leases may outlast the promises that they rest on
 */
export function raftConfig(options: RaftOptions): RaftConfig {
  const { self, cluster = "", voters = [], learners = [], preVote = false, checkQuorum = null } = options;
  const { reads = { type: "index" }, entriesPerMessageMax = 256, inflightMax = 64, uncommittedMax = 4096 } = options;
  demandDistinct([...voters, ...learners]);
  if (voters.length === 0 && learners.length > 0) throw new RangeError("There are learners, but no voters.");
  demandPositive({ entriesPerMessageMax, inflightMax, uncommittedMax });
  if (checkQuorum !== null) demandPositive({ electionTicks: checkQuorum.electionTicks });
  const bootstrap = {
    voters: sortedNodes(voters),
    outgoing: [],
    learners: sortedNodes(learners),
    learnersNext: [],
  };
  const limits = { entriesPerMessageMax, inflightMax, uncommittedMax };
  return { self, cluster, bootstrap, preVote, checkQuorum, reads: readsConfig(reads, checkQuorum), ...limits };
}

/**
 * A lease of `leaseTicks` ends before any promise that it rests on does: a follower counts `electionTicks` ticks, the first
 * of which may come at once, by a clock that is off by `driftTicks`. Hence below, and not at most.
 */
function readsConfig(
  reads: NonNullable<RaftOptions["reads"]>,
  checkQuorum: RaftConfig["checkQuorum"],
): RaftConfig["reads"] {
  if (reads.type === "index") return { type: "index" };
  const { leaseTicks, driftTicks } = reads;
  if (checkQuorum === null) throw new RangeError("Leases need checkQuorum: followers have to keep their leader.");
  demandPositive({ leaseTicks });
  if (!Number.isSafeInteger(driftTicks) || driftTicks < 0) {
    throw new RangeError(`driftTicks is ${driftTicks}, and has to be a safe integer of at least 0.`);
  }
  const { electionTicks } = checkQuorum;
  if (leaseTicks + driftTicks >= electionTicks) {
    throw new RangeError(
      `A lease of ${leaseTicks} ticks, with a drift of ${driftTicks}, has to end before an election of ${electionTicks}.`,
    );
  }
  return { type: "lease", leaseTicks };
}

function demandDistinct(nodes: readonly NodeId[]): void {
  const twice = nodes.find((node, at) => nodes.indexOf(node) !== at);
  if (twice !== undefined) throw new RangeError(`Node ${twice} is named twice among the voters and learners.`);
}

function demandPositive(numbers: Readonly<Record<string, number>>): void {
  for (const [name, number] of Object.entries(numbers)) {
    if (Number.isSafeInteger(number) && number >= 1) continue;
    throw new RangeError(`${name} is ${number}, and has to be a safe integer of at least 1.`);
  }
}
