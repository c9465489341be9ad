/** Paxos as a subject of the conformance suite: clusters, requests and messages of every kind. */

import fc from "fast-check";
import { paxos, paxosConfig } from "../paxos/index.ts";
import type { Ballot, Message, Paxos, Proposal, Propose, Value } from "../paxos/index.ts";
import type { Plain } from "../plain.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";
import type { QuorumSystem } from "../quorum/quorum.ts";
import type { Member } from "./cluster.ts";
import type { Subject } from "./conformance.ts";

/** The members of a Paxos cluster, each with its configuration. */
export function paxosMembers(
  names: readonly string[],
  quorums?: QuorumSystem,
  learners: readonly string[] = names,
): readonly Member<Paxos>[] {
  const nodes = names.map(nodeId);
  return nodes.map((id) => ({ id, config: paxosConfig(id, nodes, quorums, learners.map(nodeId)) }));
}

const [a, b, c, d] = ["a", "b", "c", "d"].map(nodeId) as [NodeId, NodeId, NodeId, NodeId];

const clusters: readonly (readonly Member<Paxos>[])[] = [
  paxosMembers(["a"]),
  paxosMembers(["a", "b", "c"]),
  // Not the order of the names, and only one node learns.
  paxosMembers(["c", "a", "b"], undefined, ["a"]),
  // Quorums of one phase need not meet each other.
  paxosMembers(["a", "b", "c", "d"], { phase1: threshold(3), phase2: threshold(2) }),
  // A grid of two rows and two columns.
  paxosMembers(["a", "b", "c", "d"], {
    phase1: {
      type: "sets",
      sets: [
        [a, b],
        [c, d],
      ],
    },
    phase2: {
      type: "sets",
      sets: [
        [a, c],
        [b, d],
      ],
    },
  }),
];

function threshold(size: number): { readonly type: "threshold"; readonly size: number } {
  return { type: "threshold", size };
}

/** Any plain value, a byte string among the likeliest, since those need care. */
function values(): fc.Arbitrary<Value> {
  const bytes = fc.array(fc.nat(255), { maxLength: 3 }).map((numbers) => Uint8Array.from(numbers));
  const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.string(), bytes);
  const { value } = fc.letrec<{ value: Plain }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    ),
  }));
  return value;
}

/**
 * Ballots of any node, and of rounds that no proposer ever uses. Rounds near the largest safe integer are left out: no
 * cluster lives to see them, see the README of Paxos.
 */
function ballots(nodes: readonly NodeId[]): fc.Arbitrary<Ballot> {
  const round = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 4 }), weight: 4 }, fc.constantFrom(-1, 0, 2 ** 52));
  return fc.record({ round, node: fc.constantFrom(...nodes) });
}

function messages(nodes: readonly NodeId[]): fc.Arbitrary<Message> {
  const [ballot, value] = [ballots(nodes), values()];
  const proposal: fc.Arbitrary<Proposal> = fc.record({ ballot, value });
  return fc.oneof(
    fc.record({ type: fc.constant("prepare" as const), ballot }),
    fc.record({ type: fc.constant("promise" as const), ballot, accepted: fc.option(proposal) }),
    fc.record({ type: fc.constant("accept" as const), ballot, value }),
    fc.record({ type: fc.constant("accepted" as const), ballot, value }),
    fc.record({ type: fc.constant("rejected" as const), ballot, promised: ballot }),
  );
}

function requests(): fc.Arbitrary<Propose> {
  return fc.record({ type: fc.constant("propose" as const), value: values() });
}

export const paxosSubject: Subject<Paxos> = {
  protocol: paxos,
  clusters: fc.constantFrom(...clusters),
  requests,
  messages,
};
