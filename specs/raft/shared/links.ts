/** Links that are broken for the whole run, and members that never run: what is sent there is lost at once. */

import type { ClusterNode } from "@quorate/checker";
import type { NodeId, Raft, RaftStep } from "@quorate/core";

/** The nodes, with every message taken away that could not arrive. */
export function withLinks(
  nodes: { readonly [name: string]: ClusterNode<Raft> },
  reaches: (from: NodeId, to: NodeId) => boolean,
): { readonly [name: string]: ClusterNode<Raft> } {
  const arriving = (from: NodeId, step: RaftStep): RaftStep => {
    const effects = step.effects.filter((effect) => effect.type !== "send" || reaches(from, effect.to));
    return effects.length === step.effects.length ? step : { ...step, effects };
  };
  return Object.fromEntries(
    Object.entries(nodes).map(([name, { protocol, config }]): [string, ClusterNode<Raft>] => [
      name,
      {
        config,
        protocol: {
          ...protocol,
          start: (own, durable) => arriving(own.self, protocol.start(own, durable)),
          step: (own, state, input) => arriving(own.self, protocol.step(own, state, input)),
        },
      },
    ]),
  );
}
