import { choice, cluster, flag, integer, spec } from "@quorate/checker";
import type { ClusterState, Envelope, NodeView } from "@quorate/checker";
import { log, nodeId } from "@quorate/core";
import type { NodeId, Plain, Raft, RaftDurable, RaftMessage, Term } from "@quorate/core";
import { commitObserver } from "../shared/commitments.ts";
import type { CommitHistory } from "../shared/commitments.ts";
import { leaderObserver } from "../shared/leaders.ts";
import type { LeaderHistory } from "../shared/leaders.ts";
import { withLinks } from "../shared/links.ts";
import { raftNodeSteps } from "../shared/node-steps.ts";
import { commandEntry, diskWith, noopEntry, raftMembers, raftNodes } from "../shared/nodes.ts";
import { committedIsDurable, raftAlways } from "../shared/properties.ts";
import { settledObserver, undisturbed } from "./settled.ts";
import type { SettledHistory } from "./settled.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
  readonly committed: CommitHistory;
  readonly settled: SettledHistory;
}

export default spec({
  about: "Raft's prevote and check of quorums, the code in packages/core, after Ongaro's dissertation.",
  parameters: {
    candidates: integer("nodes whose election timers run, the first ones", { min: 1, max: 3, default: 2 }),
    preVote: flag("whether nodes ask before they campaign", true),
    checkQuorum: flag(
      "whether leaders check their quorums, and nodes keep a leader that they hear from, for one tick",
      true,
    ),
    elections: integer("how often election timers fire in all", { min: 0, max: 5, default: 2 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 3, default: 0 }),
    ticks: integer("how often clocks tick in all", { min: 0, max: 4, default: 0 }),
    partitions: integer("how often the cluster is cut in two", { min: 0, max: 1, default: 0 }),
    losses: integer("how many messages are lost in all", { min: 0, max: 2, default: 0 }),
    links: choice("who hears whom: all each other; n1 and n2 only n3; or n1 and n2 each other, as n3 is down", [
      "all",
      "hub",
      "without-n3",
    ]),
    earlier: choice("what disks hold at the start", ["nothing", "higher-term-shorter-log"]),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const voters = raftMembers(3);
    const reaches: { readonly [links in typeof given.links]: (from: NodeId, to: NodeId) => boolean } = {
      all: () => true,
      hub: (from, to) => from === "n3" || to === "n3",
      "without-n3": (from, to) => from !== "n3" && to !== "n3",
    };
    // A leader that checks its quorum steps down by itself where clocks tick.
    const isPatient = !given.checkQuorum || given.ticks === 0;
    const isDisturbing = !given.preVote && !(given.checkQuorum && given.links === "hub");
    const features = { preVote: given.preVote, checkQuorum: given.checkQuorum ? { electionTicks: 1 } : null };
    const nodes = raftNodes({
      nodes: voters,
      candidates: voters.slice(0, given.candidates),
      earlier: (node) => (given.earlier === "nothing" ? null : higherTermShorterLog(node)),
      ...features,
    });
    return cluster<Raft, Histories>({
      nodes: withLinks(nodes, reaches[given.links]),
      network: { order: given.order, loss: given.losses },
      faults: { partitions: given.partitions },
      timeouts: { election: given.elections, heartbeat: given.heartbeats, tick: given.ticks },
      observers: { leaders: leaderObserver, committed: commitObserver(), settled: settledObserver(voters) },
      always: {
        ...raftAlways,
        committedIsDurable: committedIsDurable(voters),
        ...(isPatient && !isDisturbing ? { undisturbed } : {}),
      },
      nodeSteps: raftNodeSteps,
      sometimes: {
        leaderElected: ({ history }) => history.leaders.length > 0,
        ...(given.preVote && given.links === "all" && given.candidates > 1
          ? {
              /** A node that asked for prevotes hears of the leader instead, and follows it. */
              returnsQuietly: (s) => asksInVain(s, "preVote", ({ from }) => isFollowing(s.history, from)),
            }
          : {}),
        ...(given.preVote && given.links === "all" && given.candidates > 1 && (!given.checkQuorum || given.ticks > 0)
          ? {
              /** Nothing but that it has a leader keeps a node from granting a prevote. */
              prevoteRefusedForLeader: (s) =>
                asksInVain(
                  s,
                  "preVote",
                  ({ to, message }) => isFollowing(s.history, to) && wouldGrant(s.node(to), message),
                ),
            }
          : {}),
        ...(given.checkQuorum && given.preVote && given.links === "all" && given.ticks > 1 && given.elections > 1
          ? {
              /** A leader that none but followers of the one before has helped, for they had not heard from that for a tick. */
              silentLeaderGivenUp: ({ history }) => {
                return history.leaders.some(({ node }) => !history.settled.encouraged.includes(node));
              },
            }
          : {}),
        ...(given.checkQuorum && !given.preVote
          ? {
              /** A candidate of a higher term is ignored by a node that has just heard from its leader. */
              disruptionIgnored: (s) =>
                asksInVain(s, "requestVote", ({ to, message }) => {
                  return s.node(to).disk.term < message.term && isFollowing(s.history, to);
                }),
            }
          : {}),
        ...(given.earlier === "higher-term-shorter-log"
          ? { laggardCatchesUp: (s) => s.node("n2").disk.term >= s.node("n1").disk.term }
          : {}),
        ...(given.checkQuorum && given.ticks > 0
          ? {
              /** No majority answers the leader, which therefore leads no more, in its own term. */
              leaderStepsDown: ({ history, nodes }) =>
                nodes.some(({ id, disk, state }) => {
                  return state?.volatile.role.type === "follower" && hasLed(history, id, disk.term);
                }),
            }
          : {}),
        ...(given.checkQuorum && given.ticks > 0 && given.elections > 1
          ? { successorLeads: ({ history }) => history.leaders.length > 1 }
          : {}),
      },
    });
  },
});

/** Whether a question is in flight that is as it should be. Without order on the links, what is ignored stays there. */
function asksInVain<T extends "preVote" | "requestVote">(
  { messages }: ClusterState<Raft, Histories>,
  type: T,
  is: (question: Envelope<Raft>) => boolean,
): boolean {
  return [...messages].some((envelope) => envelope.message.type === type && is(envelope));
}

function isFollowing({ settled }: Histories, node: NodeId): boolean {
  return Object.hasOwn(settled.following, node);
}

function hasLed({ leaders }: Histories, node: NodeId, term: Term): boolean {
  return leaders.some((leader) => leader.node === node && leader.term === term);
}

/** Whether the asker's term and log are such that a node without a leader grants the prevote. */
function wouldGrant({ disk }: NodeView<Raft>, message: RaftMessage): boolean {
  if (message.type !== "preVote" || message.term < disk.term) return false;
  const last = log.lastIndex(disk.log);
  const lastTerm = last === 0 ? 0 : log.entryAt(disk.log, last).term;
  return message.lastLogTerm > lastTerm || (message.lastLogTerm === lastTerm && message.lastLogIndex >= last);
}

/**
 * n3 has led term 1, and has stopped; it told n2 alone of x. n1 has not, but has campaigned in vain since: its term is
 * higher, and nobody will elect it.
 */
function higherTermShorterLog(node: NodeId): RaftDurable {
  if (node === "n1") return diskWith(2, node, [noopEntry(1)]);
  return diskWith(1, nodeId("n3"), [noopEntry(1), commandEntry(1, "x")]);
}
