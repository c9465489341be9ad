import { choice, cluster, integer, spec } from "@quorate/checker";
import type { ClusterState, NodeView } from "@quorate/checker";
import type { Plain, Raft } from "@quorate/core";
import { leaderObserver } from "../shared/leaders.ts";
import type { LeaderHistory } from "../shared/leaders.ts";
import { electionNodeSteps } from "../shared/node-steps.ts";
import { carriesEntries, raftMembers, raftNodes } from "../shared/nodes.ts";
import { electionAlways } from "../shared/properties.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
}
type View = ClusterState<Raft, Histories>;

export default spec({
  about: "Leader election of Raft, the code in packages/core, after section 5.2 of Ongaro and Ousterhout (2014).",
  parameters: {
    nodes: integer("nodes, all of them voters", { min: 1, max: 5, default: 3 }),
    candidates: integer("nodes whose election timers run, the first ones", { min: 1, max: 5, default: 2 }),
    elections: integer("how often election timers fire in all", { min: 1, max: 6, default: 2 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 4, default: 0 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 3, default: 0 }),
    losses: integer("how many messages are lost in all", { min: 0, max: 4, default: 0 }),
    duplications: integer("how many messages are delivered twice in all", { min: 0, max: 4, default: 0 }),
    persistence: choice("when the disk catches up", ["synchronous", "asynchronous"]),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const candidates = nodes.slice(0, given.candidates);
    return cluster<Raft, Histories>({
      nodes: raftNodes({ nodes, candidates, losing: carriesEntries }),
      network: { order: given.order, loss: given.losses, duplication: given.duplications },
      faults: { crashRecovery: given.crashes },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      persistence: given.persistence,
      observers: { leaders: leaderObserver },
      always: electionAlways,
      nodeSteps: electionNodeSteps,
      sometimes: {
        elected: (s) => s.history.leaders.length > 0,
        ...(given.elections > 1
          ? {
              /** One term has had a leader, and a later one another. */
              electedAgain: (s: View) => s.history.leaders.length > 1,
            }
          : {}),
        ...(given.elections > 1 && candidates.length > 1
          ? {
              /** Two candidates of one term have votes, so that neither may ever have enough. */
              splitVote: (s: View) => hasSplitVote(s.nodes.map(candidacyOf)),
            }
          : {}),
        ...(given.heartbeats > 0 && given.elections > 1 && candidates.length > 1
          ? {
              /** A candidate has become a follower of who was elected in its term. */
              steppedDown: (s: View) => s.nodes.some(votedForItselfAndFollows),
            }
          : {}),
      },
    });
  },
});

/** The term that a node is a candidate in, or null. */
function candidacyOf({ state }: NodeView<Raft>): number | null {
  const role = state?.volatile.role;
  return state !== null && role?.type === "candidate" && role.granted.length > 0 ? state.durable.term : null;
}

function hasSplitVote(terms: readonly (number | null)[]): boolean {
  return terms.some((term, at) => term !== null && terms.indexOf(term) < at);
}

function votedForItselfAndFollows({ id, state }: NodeView<Raft>): boolean {
  const role = state?.volatile.role;
  return role?.type === "follower" && role.leader !== null && state?.durable.votedFor === id;
}
