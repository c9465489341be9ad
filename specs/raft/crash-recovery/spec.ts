import { choice, integer, spec } from "@quorate/checker";
import type { ClusterState } from "@quorate/checker";
import type { Raft } from "@quorate/core";
import { raftCluster } from "../shared/cluster.ts";
import type { RaftHistories } from "../shared/cluster.ts";
import { broadcasting, isAnnouncement, raftCommands, raftMembers, raftNodes } from "../shared/nodes.ts";
import { areCommitted, commitsBeforeWriting, isDown } from "../shared/reached.ts";

type View = ClusterState<Raft, RaftHistories>;

export default spec({
  about:
    "Crashes and slow disks of Raft, the code in packages/core, after Figure 2 of Ongaro and Ousterhout (2014) and section 10.2.1 of Ongaro (2014).",
  parameters: {
    nodes: integer("nodes", { min: 1, max: 5, default: 3 }),
    learners: integer("how many of the nodes have no vote, the last ones", { min: 0, max: 2, default: 0 }),
    candidates: integer("nodes whose election timers run, the first ones", { min: 1, max: 5, default: 2 }),
    elections: integer("how often election timers fire in all", { min: 1, max: 5, default: 2 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 4, default: 0 }),
    commands: integer("commands that a client broadcasts, one after the other", { min: 0, max: 3, default: 1 }),
    announcements: choice("whether followers hear at once that the leader has committed", ["delivered", "lost"]),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 3, default: 1 }),
    persistence: choice("when the disk catches up", ["synchronous", "asynchronous"]),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const voters = nodes.slice(0, Math.max(1, given.nodes - given.learners));
    const learners = nodes.slice(voters.length);
    const candidates = voters.slice(0, given.candidates);
    const commands = raftCommands(given.commands);
    const losing = given.announcements === "lost" ? isAnnouncement : () => false;
    return raftCluster({
      nodes: raftNodes({ nodes, voters, learners, candidates, losing }),
      voters,
      network: { order: given.order },
      faults: { crashRecovery: given.crashes },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      persistence: given.persistence,
      clients: broadcasting(commands, candidates),
      sometimes: {
        ...(commands.length > 0
          ? {
              /** All that was asked for is committed, in that order. */
              allCommitted: (s: View) => areCommitted(s.history.committed, commands),
            }
          : {}),
        ...(given.crashes > 0
          ? {
              /** The leader of the latest term is down, after it has committed something. */
              leaderDown: (s: View) => {
                const { committed, leaders } = s.history;
                return committed.length > 0 && isDown(s.nodes, leaders.at(-1)?.node);
              },
            }
          : {}),
        ...(given.crashes > 0 && given.elections > 1
          ? {
              /** One node has led two terms. */
              ledAgain: ({ history }: View) =>
                new Set(history.leaders.map(({ node }) => node)).size < history.leaders.length,
            }
          : {}),
        ...(given.persistence === "asynchronous" && voters.length > 2
          ? {
              /** A leader has committed what its own disk lacks: the others' are a majority. */
              committedBeforeOwnDisk: (s: View) => s.nodes.some(commitsBeforeWriting),
            }
          : {}),
      },
    });
  },
});
