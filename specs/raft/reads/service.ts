/** State machines replicated by Raft, as the nodes of a cluster. */

import type { ClusterNode } from "@quorate/checker";
import { replicated } from "@quorate/core";
import type { MachineSignature, Raft, Replicated, StateMachine } from "@quorate/core";

type RaftNodes = { readonly [name: string]: ClusterNode<Raft> };
type ServiceNodes<M extends MachineSignature> = { readonly [name: string]: ClusterNode<Replicated<Raft, M>> };

/** The nodes of a service: each applies to `machine` what Raft delivers to it. */
export function serviceNodes<M extends MachineSignature>(machine: StateMachine<M>, nodes: RaftNodes): ServiceNodes<M> {
  return Object.fromEntries(
    Object.entries(nodes).map(([name, { protocol, config }]) => [
      name,
      { protocol: replicated(protocol, machine), config },
    ]),
  );
}
