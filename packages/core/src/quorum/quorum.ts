/**
 * Quorum systems: which sets of nodes are enough.
 *
 * Paxos needs only that every quorum of phase 1 meets every quorum of phase 2; quorums of one phase need not meet each
 * other. Howard, Malkhi and Spiegelman, "Flexible Paxos: Quorum intersection revisited", arXiv 1608.06696.
 */

import type { NodeId } from "../protocol.ts";

/** A family of quorums: any `size` of the nodes, or the listed sets and everything that contains one of them. */
export type Quorums =
  | { readonly type: "threshold"; readonly size: number }
  | { readonly type: "sets"; readonly sets: readonly (readonly NodeId[])[] };

/** The quorums of the two phases of Paxos. */
export type QuorumSystem = { readonly phase1: Quorums; readonly phase2: Quorums };

/** More than half of `nodes`, in both phases. */
export function majorities(nodes: readonly NodeId[]): QuorumSystem {
  const majority: Quorums = { type: "threshold", size: Math.floor(nodes.length / 2) + 1 };
  return { phase1: majority, phase2: majority };
}

/** Whether `members`, distinct nodes of the cluster, contain a quorum. */
export function isQuorum(quorums: Quorums, members: readonly NodeId[]): boolean {
  switch (quorums.type) {
    case "threshold":
      return members.length >= quorums.size;
    case "sets":
      return quorums.sets.some((set) => set.every((node) => members.includes(node)));
  }
}

/** Whether every quorum of `first` shares a node with every quorum of `second`, among the cluster's `nodes`. */
export function alwaysMeet(nodes: readonly NodeId[], first: Quorums, second: Quorums): boolean {
  if (first.type === "threshold" && second.type === "threshold") return first.size + second.size > nodes.length;
  if (first.type === "sets") return first.sets.every((set) => leavesNoQuorum(nodes, set, second));
  return alwaysMeet(nodes, second, first);
}

/** Whether the nodes outside `set` hold no quorum of `quorums`. */
function leavesNoQuorum(nodes: readonly NodeId[], set: readonly NodeId[], quorums: Quorums): boolean {
  return !isQuorum(
    quorums,
    nodes.filter((node) => !set.includes(node)),
  );
}

/**
 * Why `system` can't be used by a cluster of `nodes`, as a sentence, or null if it can: each phase has a quorum, names
 * only nodes of the cluster, and the quorums of the two phases always meet.
 */
export function quorumSystemFault(nodes: readonly NodeId[], system: QuorumSystem): string | null {
  for (const phase of ["phase1", "phase2"] as const) {
    const fault = quorumsFault(nodes, system[phase]);
    if (fault !== null) return `The quorums of ${phase} ${fault}.`;
  }
  if (!alwaysMeet(nodes, system.phase1, system.phase2)) {
    return "Some quorum of phase 1 shares no node with some quorum of phase 2, so two values could be chosen.";
  }
  return null;
}

function quorumsFault(nodes: readonly NodeId[], quorums: Quorums): string | null {
  switch (quorums.type) {
    case "threshold": {
      const possible = Number.isSafeInteger(quorums.size) && quorums.size >= 1 && quorums.size <= nodes.length;
      return possible ? null : `have size ${quorums.size}, which is not between 1 and the ${nodes.length} nodes`;
    }
    case "sets": {
      if (quorums.sets.length === 0) return "are an empty list";
      if (quorums.sets.some((set) => set.length === 0)) return "contain an empty set";
      const stranger = quorums.sets.flat().find((node) => !nodes.includes(node));
      return stranger === undefined ? null : `name ${stranger}, which is not a node of the cluster`;
    }
  }
}
