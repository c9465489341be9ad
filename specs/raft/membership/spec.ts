import { choice, cluster, integer, isEqual, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { isJoint, nodeId } from "@quorate/core";
import type { ChangeMembership, Index, NodeId, Plain, Raft } from "@quorate/core";
import { totalOrderAlways, totalOrderObserver } from "../../shared/total-order.ts";
import type { TotalOrderHistory } from "../../shared/total-order.ts";
import { commitObserver } from "../shared/commitments.ts";
import type { CommitHistory } from "../shared/commitments.ts";
import { leaderObserver } from "../shared/leaders.ts";
import type { LeaderHistory } from "../shared/leaders.ts";
import { withLinks } from "../shared/links.ts";
import { raftNodeSteps } from "../shared/node-steps.ts";
import { broadcasting, raftCommands, raftNodes } from "../shared/nodes.ts";
import { raftAlways } from "../shared/properties.ts";
import { refusalObserver } from "../shared/refusals.ts";
import type { RefusalHistory } from "../shared/refusals.ts";
import {
  committedConfigurations,
  committedIsDurable,
  quorumsIntersect,
  settledConfiguration,
} from "./configurations.ts";
import { scenario, SCENARIOS } from "./scenarios.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
  readonly committed: CommitHistory;
  readonly totalOrder: TotalOrderHistory;
  readonly refusals: RefusalHistory;
}

export default spec({
  about: "Raft's changes of membership, the code in packages/core, after chapter 4 of Ongaro's dissertation.",
  parameters: {
    scenario: choice("what the operator asks for", SCENARIOS),
    voters: integer("voters at the beginning", { min: 1, max: 4, default: 2 }),
    candidates: integer("nodes whose election timers run, the first ones; the operator asks the first", {
      min: 1,
      max: 5,
      default: 1,
    }),
    elections: integer("how often election timers fire in all", { min: 0, max: 4, default: 1 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 3, default: 0 }),
    commands: integer("commands that a client broadcasts, at the first node", { min: 0, max: 2, default: 0 }),
    batch: integer("how many entries a message carries at most", { min: 1, max: 4, default: 4 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 2, default: 0 }),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const { voters, learners, joining, down, groups, changes, disk } = scenario(given.scenario, given.voters);
    const members = [...voters, ...learners, ...joining].filter((node) => !down.includes(node));
    const candidates = members.slice(0, given.candidates);
    const first = settledConfiguration(voters, learners);
    const [leader = nodeId("n1"), second = nodeId("n2")] = members;
    const reaches = (from: NodeId, to: NodeId): boolean =>
      groups === null ? members.includes(to) : groups.some((group) => group.includes(from) && group.includes(to));
    const nodes = raftNodes({
      nodes: members,
      voters,
      learners,
      candidates,
      entriesPerMessageMax: given.batch,
      earlier: disk,
    });
    return cluster<Raft, Histories>({
      nodes: withLinks(nodes, reaches),
      network: { order: given.order },
      faults: { crashRecovery: given.crashes },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      clients: {
        ...broadcasting(raftCommands(given.commands), [leader]),
        ...(changes.length === 0
          ? {}
          : { operator: { to: given.scenario === "diverging" ? [second] : [leader], requests: changes } }),
      },
      observers: {
        leaders: leaderObserver,
        committed: commitObserver(),
        totalOrder: totalOrderObserver<Raft>(),
        refusals: refusalObserver(["termNotCommitted", "changeUnderWay", "learnerBehind"]),
      },
      always: {
        ...raftAlways,
        ...totalOrderAlways,
        quorumsIntersect: quorumsIntersect(first),
        committedIsDurable: committedIsDurable(first),
      },
      nodeSteps: raftNodeSteps,
      sometimes: {
        leaderElected: ({ history }) => history.leaders.length > 0,
        ...(changes.length > 0
          ? {
              /** The last change is complete. */
              changed: ({ history }) => isCommitted(history, changes.at(-1)),
            }
          : {}),
        ...(changes.length > 0 && given.voters > 1
          ? {
              /** A leader knows what is committed once an entry of its own term is. */
              refusedBeforeOwnEntry: ({ history }) => isRefused(history, "termNotCommitted"),
            }
          : {}),
        ...(changes.length > 1 ? { refusedMeanwhile: ({ history }) => isRefused(history, "changeUnderWay") } : {}),
        ...(["promote", "learn-and-promote"].includes(given.scenario)
          ? { learnerBehindRefused: ({ history }) => isRefused(history, "learnerBehind") }
          : {}),
        ...(given.scenario.startsWith("replace")
          ? {
              jointCommitted: ({ history }) =>
                committedConfigurations(history.committed).some(({ configuration }) => isJoint(configuration)),
            }
          : {}),
        ...(joining.length > 0 && given.scenario !== "diverging"
          ? {
              /** A new server has caught up, and knows it. */
              newcomerCommits: (s) => joining.some((node) => commitIndexOf(s.node(node)) > 0),
            }
          : {}),
        ...(given.scenario === "remove-leader"
          ? {
              /** In the term that it led, once its removal was committed. */
              removedLeaderStepsDown: (s) =>
                isCommitted(s.history, changes[0]) && isFollowerOfOwnTerm(s.node(leader), s.history),
            }
          : {}),
        ...(given.scenario === "remove-leader" && given.elections > 1 && given.candidates > 1
          ? {
              successorLeads: ({ history }) =>
                isCommitted(history, changes[0]) && history.leaders.some(({ node }) => node !== leader),
            }
          : {}),
        ...(given.scenario === "remove-follower" && given.elections > 1 && given.candidates > 1
          ? {
              removedCampaigns: (s) => isCommitted(s.history, changes[0]) && s.node(second).disk.votedFor === second,
            }
          : {}),
      },
    });
  },
});

/** Whether the membership that was asked for is committed, and no part of a joint configuration. */
function isCommitted({ committed }: Histories, change: ChangeMembership | undefined): boolean {
  if (change === undefined) return false;
  const asked = settledConfiguration(change.voters, change.learners);
  return committedConfigurations(committed).some(({ configuration }) => isEqual(configuration, asked));
}

function isRefused({ refusals }: Histories, why: string): boolean {
  return refusals.includes(`changeMembership: ${why}`);
}

function commitIndexOf({ state }: NodeView<Raft>): Index {
  return state?.volatile.commitIndex ?? 0;
}

function isFollowerOfOwnTerm({ id, state }: NodeView<Raft>, { leaders }: Histories): boolean {
  if (state?.volatile.role.type !== "follower") return false;
  return leaders.some(({ node, term }) => node === id && term === state.durable.term);
}
