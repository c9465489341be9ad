import { choice, cluster, integer, isEqual, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { majorities, nodeId, paxos, paxosConfig } from "@quorate/core";
import type { NodeId, Paxos, Plain, Quorums, QuorumSystem } from "@quorate/core";
import { earlierDisk, earlierProposals } from "./earlier.ts";
import { acceptorObserver, chosenValues } from "./acceptances.ts";
import type { AcceptorHistory } from "./acceptances.ts";
import { consensusAlways, consensusObserver } from "../../shared/consensus.ts";
import type { ConsensusHistory } from "../../shared/consensus.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly consensus: ConsensusHistory;
  readonly acceptors: AcceptorHistory;
}

export default spec({
  about: "Single-decree Paxos, the code in packages/core, after Lamport's Paxos Made Simple.",
  parameters: {
    nodes: integer("nodes, each proposer, acceptor and learner", { min: 1, max: 5, default: 3 }),
    proposers: integer("nodes that are asked to propose, each a value of its own", { min: 1, max: 3, default: 2 }),
    reproposals: integer("further values that the first proposer's client asks for later", {
      min: 0,
      max: 1,
      default: 0,
    }),
    rounds: integer("the highest round that is explored", { min: 1, max: 4, default: 2 }),
    timeouts: integer("how often retry timers fire in all", { min: 0, max: 4, default: 0 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 3, default: 0 }),
    losses: integer("how many messages are lost in all", { min: 0, max: 4, default: 0 }),
    duplications: integer("how many messages are delivered twice in all", { min: 0, max: 4, default: 0 }),
    persistence: choice("when the disk catches up", ["synchronous", "asynchronous"]),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
    learners: integer("nodes that learn, the last ones; fewer make a smaller model", { min: 0, max: 5, default: 3 }),
    earlier: choice("what disks hold at the start", ["nothing", "two-ballots", "half-a-ballot"]),
    phase1: integer("the size of phase 1 quorums; 0 for majorities", { min: 0, max: 5, default: 0 }),
    phase2: integer("the size of phase 2 quorums; 0 for majorities", { min: 0, max: 5, default: 0 }),
  },
  build: (given) => {
    const nodes = Array.from({ length: given.nodes }, (_, index) => nodeId(`n${index + 1}`));
    const proposers = nodes.slice(0, given.proposers);
    const learners = nodes.slice(nodes.length - Math.min(given.learners, nodes.length));
    const valueOf = (index: number): string => "abc"[index] ?? "?";
    const quorums = quorumSystem(nodes, given.phase1, given.phase2);
    return cluster<Paxos, Histories>({
      nodes: Object.fromEntries(
        nodes.map((node, index) => [
          node,
          {
            protocol: {
              ...paxos,
              initial: (config) => earlierDisk(given.earlier, nodes, index) ?? paxos.initial(config),
            },
            config: paxosConfig(node, nodes, quorums, learners),
          },
        ]),
      ),
      network: { order: given.order, loss: given.losses, duplication: given.duplications },
      faults: { crashRecovery: given.crashes },
      timeouts: given.timeouts,
      persistence: given.persistence,
      clients: Object.fromEntries(
        proposers.map((node, index) => [
          `client${index + 1}`,
          {
            to: [node],
            requests: [
              { type: "propose", value: valueOf(index) },
              ...(index === 0 && given.reproposals > 0 ? [{ type: "propose" as const, value: "z" }] : []),
            ],
          },
        ]),
      ),
      observers: { consensus: consensusObserver<Paxos>(earlierProposals(given.earlier)), acceptors: acceptorObserver },
      // Who is asked once, from an empty disk, and never retries tries round 1 and no other: nothing to exclude.
      ...(given.timeouts + given.reproposals > 0 || given.earlier !== "nothing"
        ? { constraint: (s) => s.nodes.every(({ disk }) => (disk.lastTried?.round ?? 0) <= given.rounds) }
        : {}),
      always: {
        ...consensusAlways,
        /** The paper's safety property: only a single value is chosen, and whatever is decided is that value. */
        agreement: (s) => {
          const chosen = chosenValues(s.history.acceptors, quorums.phase2);
          const decided = Object.values(s.history.consensus.decided);
          return (
            consensusAlways.agreement(s) && chosen.length <= 1 && decided.every((value) => isEqual(value, chosen[0]))
          );
        },
        /** An acceptor that has told of a promise accepts nothing below it, crash or no crash. */
        promisesKept: (s) => s.history.acceptors.breakers.length === 0,
      },
      sometimes: {
        ...Object.fromEntries(
          (given.learners > 0 && given.earlier === "nothing" ? proposers : []).map((_, index) => [
            `${valueOf(index)}Decided`,
            (s: { readonly history: Histories }) => Object.values(s.history.consensus.decided).includes(valueOf(index)),
          ]),
        ),
        ...(given.crashes > 0 && given.learners > 0
          ? {
              /** A node that has crashed has decided since. */
              decidedAfterCrash: (s) =>
                s.history.consensus.deciding.some((node) => s.history.consensus.crashed.includes(node)),
            }
          : {}),
        ...(given.proposers > 1 || given.earlier !== "nothing"
          ? {
              /** A proposer had to propose what another's client asked for. */
              valueAdopted: (s) => s.nodes.some(adopts),
            }
          : {}),
      },
    });
  },
});

/** Whether a node's proposer carries a value on that is not its own client's. */
function adopts({ state }: NodeView<Paxos>): boolean {
  const proposer = state?.volatile.proposer;
  return proposer?.phase === "accepting" && !isEqual(proposer.proposal.value, proposer.value);
}

function quorumSystem(nodes: readonly NodeId[], phase1: number, phase2: number): QuorumSystem {
  const threshold = (size: number, otherwise: Quorums): Quorums =>
    size === 0 ? otherwise : { type: "threshold", size };
  const majority = majorities(nodes);
  return { phase1: threshold(phase1, majority.phase1), phase2: threshold(phase2, majority.phase2) };
}
