import { choice, cluster, integer, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Plain, Raft } from "@quorate/core";
import { totalOrderAlways, totalOrderObserver } from "../../shared/total-order.ts";
import type { TotalOrderHistory } from "../../shared/total-order.ts";
import { commitObserver } from "../shared/commitments.ts";
import type { CommitHistory } from "../shared/commitments.ts";
import { leaderObserver } from "../shared/leaders.ts";
import type { LeaderHistory } from "../shared/leaders.ts";
import { raftNodeSteps } from "../shared/node-steps.ts";
import { broadcasting, raftCommands, raftMembers, raftNodes } from "../shared/nodes.ts";
import { committedIsDurable, raftAlways } from "../shared/properties.ts";
import { refusalObserver } from "../shared/refusals.ts";
import type { RefusalHistory } from "../shared/refusals.ts";
import { targetOf, transferObserver, transferringAppendsNothing } from "./transfers.ts";
import type { TransferHistory } from "./transfers.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
  readonly committed: CommitHistory;
  readonly totalOrder: TotalOrderHistory;
  readonly transfers: TransferHistory;
  readonly refusals: RefusalHistory;
}

export default spec({
  about: "Raft's transfer of leadership, the code in packages/core, after section 3.10 of Ongaro's dissertation.",
  parameters: {
    voters: integer("nodes that vote; the first may campaign, and is whom clients and the operator ask", {
      min: 2,
      max: 5,
      default: 3,
    }),
    learners: integer("further nodes, without a vote", { min: 0, max: 1, default: 0 }),
    asks: choice(
      "to whom the operator wants leadership to go: the second node, the second and then the third, or, in turn, the leader itself, a learner and nobody known",
      ["second", "second-then-third", "wrong"],
    ),
    elections: integer("how often election timers fire in all, each at one of as many nodes", {
      min: 1,
      max: 3,
      default: 1,
    }),
    transferTimeouts: integer("how often transfers time out", { min: 0, max: 2, default: 1 }),
    commands: integer("commands that a client broadcasts, at the first node", { min: 0, max: 2, default: 0 }),
    stops: integer("how many nodes stop for good", { min: 0, max: 1, default: 0 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 2, default: 0 }),
    losses: integer("how many messages are lost in all", { min: 0, max: 2, default: 0 }),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.voters + given.learners);
    const [first = nodeId("n1"), second = nodeId("n2"), third = nodeId("n3")] = nodes;
    const [voters, learners] = [nodes.slice(0, given.voters), nodes.slice(given.voters)];
    const targets: { readonly [asks in typeof given.asks]: readonly NodeId[] } = {
      second: [second],
      "second-then-third": [second, third],
      wrong: [first, ...learners, nodeId("nobody")],
    };
    const commands = raftCommands(given.commands);
    return cluster<Raft, Histories>({
      nodes: raftNodes({ nodes, voters, learners, candidates: voters.slice(0, given.elections) }),
      network: { order: given.order, loss: given.losses },
      faults: { crashStop: given.stops, crashRecovery: given.crashes },
      timeouts: { election: given.elections, transfer: given.transferTimeouts },
      clients: {
        ...broadcasting(commands, [first]),
        operator: { to: [first], requests: targets[given.asks].map((to) => ({ type: "transferLeadership", to })) },
      },
      observers: {
        leaders: leaderObserver,
        committed: commitObserver(),
        totalOrder: totalOrderObserver<Raft>(),
        transfers: transferObserver,
        refusals: refusalObserver(["transferring", "targetIsLeader", "targetNotVoter"]),
      },
      always: { ...raftAlways, ...totalOrderAlways, committedIsDurable: committedIsDurable(voters) },
      nodeSteps: { ...raftNodeSteps, transferringAppendsNothing },
      sometimes: {
        ...(given.asks !== "wrong" && given.elections === 1
          ? {
              upToDateTargetLeads: ({ history }) => haveSucceeded(history, first, "up to date"),
              laggingTargetLeads: ({ history }) => haveSucceeded(history, first, "behind"),
            }
          : {}),
        ...(given.asks === "wrong"
          ? {
              leaderItselfRefused: ({ history }) => isRefused(history, `to ${first}: targetIsLeader`),
              strangerRefused: ({ history }) => isRefused(history, "to nobody: targetNotVoter"),
            }
          : {}),
        ...(given.asks === "wrong" && given.learners > 0
          ? { learnerRefused: ({ history }) => isRefused(history, `to ${learners[0] ?? ""}: targetNotVoter`) }
          : {}),
        ...(given.asks === "second-then-third"
          ? {
              /** One transfer at a time. */
              secondTransferRefused: ({ history }) => isRefused(history, `to ${third}: transferring`),
              /** The leader has given the first transfer up, and carried out the second one. */
              thirdLeads: ({ history }) => hasLed(history, third) && Object.hasOwn(history.transfers, second),
            }
          : {}),
        ...(given.commands > 0 && given.asks !== "wrong"
          ? { commandRefusedMeanwhile: ({ history }) => history.refusals.includes("broadcast: transferring") }
          : {}),
        ...(given.commands > 1 && given.transferTimeouts > 0
          ? {
              /** The target has not taken over in time, and the leader takes commands again: the second, after it refused one. */
              goesOnAfterwards: ({ history }) =>
                history.refusals.includes("broadcast: transferring") && isCommitted(history, commands[1]),
            }
          : {}),
        ...(given.stops > 0
          ? {
              targetStopsMeanwhile: (s) => targetOf(s.node(first)) === second && !s.node(second).up,
              /** The leader goes on with the others. */
              leadsOnWithoutTarget: (s) =>
                Object.hasOwn(s.history.transfers, second) &&
                isLeader(s.node(first)) &&
                targetOf(s.node(first)) === null &&
                !s.node(second).up,
            }
          : {}),
      },
    });
  },
});

/** Whether the node that was asked to hand over has been followed by one that was, when it began, as `found`. */
function haveSucceeded({ leaders, transfers }: Histories, from: NodeId, found: "up to date" | "behind"): boolean {
  return leaders.some(({ term, node }, at) => {
    const before = leaders[at - 1];
    return before?.node === from && before.term === term - 1 && transfers[node] === found;
  });
}

function hasLed({ leaders }: Histories, node: NodeId): boolean {
  return leaders.some((leader) => leader.node === node);
}

function isRefused({ refusals }: Histories, why: string): boolean {
  return refusals.includes(`transferLeadership ${why}`);
}

function isCommitted({ committed }: Histories, command: string | undefined): boolean {
  return committed.some(({ entry }) => entry.type === "command" && entry.command === command);
}

function isLeader({ state }: NodeView<Raft>): boolean {
  return state?.volatile.role.type === "leader";
}
