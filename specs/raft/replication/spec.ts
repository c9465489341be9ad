import { choice, integer, spec } from "@quorate/checker";
import type { ClusterState } from "@quorate/checker";
import type { Raft } from "@quorate/core";
import { raftCluster } from "../shared/cluster.ts";
import type { RaftHistories } from "../shared/cluster.ts";
import { broadcasting, isAnnouncement, raftCommands, raftMembers, raftNodes } from "../shared/nodes.ts";
import { areCommitted, hasBackedUp, isReplaced, loggedTermsOf } from "../shared/reached.ts";
import { earlierDisk } from "./earlier.ts";

type View = ClusterState<Raft, RaftHistories>;

export default spec({
  about:
    "Log replication of Raft, the code in packages/core, after sections 5.3 and 5.4 of Ongaro and Ousterhout (2014).",
  parameters: {
    nodes: integer("nodes, all of them voters", { min: 1, max: 5, default: 3 }),
    candidates: integer("nodes whose election timers run, the first ones", { min: 1, max: 5, default: 2 }),
    elections: integer("how often election timers fire in all", { min: 0, max: 5, default: 2 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 4, default: 0 }),
    commands: integer("commands that a client broadcasts, one after the other", { min: 0, max: 3, default: 1 }),
    announcements: choice("whether followers hear at once that the leader has committed", ["delivered", "lost"]),
    losses: integer("how many messages are lost in all", { min: 0, max: 4, default: 0 }),
    duplications: integer("how many messages are delivered twice in all", { min: 0, max: 4, default: 0 }),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
    batch: integer("how many entries a message carries at most", { min: 1, max: 4, default: 4 }),
    inflight: integer("how many messages with entries may be unanswered for each follower", {
      min: 1,
      max: 4,
      default: 4,
    }),
    earlier: choice("what disks hold at the start", ["nothing", "figure-8"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const candidates = nodes.slice(0, given.candidates);
    const commands = raftCommands(given.commands);
    return raftCluster({
      nodes: raftNodes({
        nodes,
        candidates,
        earlier: (_, index) => earlierDisk(given.earlier, nodes, index),
        losing: given.announcements === "lost" ? isAnnouncement : () => false,
        entriesPerMessageMax: given.batch,
        inflightMax: given.inflight,
      }),
      voters: nodes,
      network: { order: given.order, loss: given.losses, duplication: given.duplications },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      clients: broadcasting(commands, candidates),
      sometimes: {
        ...(given.elections > 0 && commands.length > 0
          ? {
              /** All that was asked for is committed, in that order. */
              allCommitted: (s: View) => areCommitted(s.history.committed, commands),
            }
          : {}),
        ...(given.elections > 0 && commands.length > 0 && given.announcements === "delivered"
          ? {
              /** All nodes have delivered a command. */
              deliveredEverywhere: (s: View) => Object.keys(s.history.totalOrder.nodes).length === nodes.length,
            }
          : {}),
        ...(given.elections > 1 && nodes.length > 1
          ? {
              /** An entry is committed by the leader of a later term. */
              olderTermCommitted: (s: View) => s.history.committed.some(({ entry, term }) => entry.term < term),
              /** A leader's entry is gone from its own log: another leader's stands in its place. */
              suffixOverwritten: (s: View) => isReplaced(s.history.leaders, s.nodes.map(loggedTermsOf)),
              /** A leader has gone back to entries of earlier terms, which a follower lacks. */
              backedUp: (s: View) => s.nodes.some(hasBackedUp),
            }
          : {}),
      },
    });
  },
});
