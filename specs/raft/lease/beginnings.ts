/** How the models begin: with nothing, or with clusters that have run for a while. */

import type { ClusterNode } from "@quorate/checker";
import type { NodeId } from "@quorate/core";
import type { RegisterService } from "../reads/clients.ts";
import { running } from "../reads/running.ts";
import type { Occurrence } from "../reads/running.ts";

type Nodes = { readonly [name: string]: ClusterNode<RegisterService> };
type Occurrences = readonly Occurrence<RegisterService>[];

/**
 * - leader: the first of `members` has been elected.
 * - nothing: nobody has.
 * - late-request: the third has been elected, and has asked the second to campaign. Before that request arrived an
 *   election's time went by, and the first was elected, by the second among others. Everything else has arrived, and all
 *   follow the first; the request is still under way.
 */
export type Beginning = "leader" | "nothing" | "late-request";

/** The nodes as they begin. `electionTicks` is the least time without word of a leader after which one is elected. */
export function begun(beginning: Beginning, nodes: Nodes, members: readonly NodeId[], electionTicks: number): Nodes {
  const [first, second, third] = members;
  if (first === undefined || second === undefined || third === undefined) {
    throw new RangeError("There are three nodes at least.");
  }
  const elected = (node: NodeId): Occurrences => electionOf(node, members, electionTicks);
  switch (beginning) {
    case "leader":
      return running(nodes, elected(first));
    case "nothing":
      return nodes;
    case "late-request": {
      const handOver = { type: "request", request: { type: "transferLeadership", to: second } } as const;
      const occurrences = [...elected(third), { node: third, input: handOver }, ...elected(first)];
      return running(nodes, occurrences, ({ type }) => type === "timeoutNow");
    }
  }
}

/** All wait for as long as they have to, and `candidate` is elected. */
function electionOf(candidate: NodeId, members: readonly NodeId[], ticks: number): Occurrences {
  const round = members.map((node): Occurrence<RegisterService> => ({
    node,
    input: { type: "timeout", timer: "tick" },
  }));
  return [
    ...Array.from({ length: ticks }, () => round).flat(),
    { node: candidate, input: { type: "timeout", timer: "election" } },
  ];
}
