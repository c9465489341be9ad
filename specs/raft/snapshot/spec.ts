import { choice, cluster, flag, integer, spec } from "@quorate/checker";
import type { ClusterState, NodeView } from "@quorate/checker";
import { leaderOf, log, nodeId } from "@quorate/core";
import type { InstallSnapshot, NodeId, Plain, Raft, RaftDurable } from "@quorate/core";
import { totalOrderAlways, totalOrderObserver } from "../../shared/total-order.ts";
import type { TotalOrderHistory } from "../../shared/total-order.ts";
import { commitObserver } from "../shared/commitments.ts";
import type { CommitHistory } from "../shared/commitments.ts";
import { leaderObserver } from "../shared/leaders.ts";
import type { LeaderHistory } from "../shared/leaders.ts";
import { withLinks } from "../shared/links.ts";
import { raftNodeSteps } from "../shared/node-steps.ts";
import { broadcasting, commandEntry, diskWith, noopEntry, raftMembers, raftNodes } from "../shared/nodes.ts";
import { committedIsDurable, raftAlways } from "../shared/properties.ts";
import { machineObserver, machinesAgree, snapshotChunks, snapshotsWhole, withMachines } from "./machines.ts";
import type { MachineHistory } from "./machines.ts";

interface Histories {
  readonly [name: string]: Plain;
  readonly leaders: LeaderHistory;
  readonly committed: CommitHistory;
  readonly totalOrder: TotalOrderHistory;
  readonly machines: MachineHistory;
}

export default spec({
  about: "Raft's log compaction, the code in packages/core, after section 7 of Ongaro and Ousterhout (2014).",
  parameters: {
    earlier: choice(
      "what disks hold at the start: nothing; n1 a snapshot, n2 its log, n3 nothing; n1 and n2 a log alone, n3 nothing",
      ["nothing", "snapshot", "log"],
    ),
    down: flag("whether n2 never runs"),
    candidates: integer("nodes whose election timers run, the first ones", { min: 1, max: 3, default: 1 }),
    elections: integer("how often election timers fire in all", { min: 1, max: 3, default: 1 }),
    heartbeats: integer("how often heartbeat timers fire in all", { min: 0, max: 3, default: 0 }),
    commands: integer("commands that a client broadcasts, at the first node", { min: 0, max: 2, default: 0 }),
    compactThrough: integer("through which index the first node is asked to compact; 0 for never", {
      min: 0,
      max: 5,
      default: 0,
    }),
    chunks: integer("of how many chunks a snapshot is", { min: 1, max: 2, default: 2 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 2, default: 0 }),
    losses: integer("how many messages are lost in all", { min: 0, max: 2, default: 0 }),
    duplications: integer("how many messages are delivered twice in all", { min: 0, max: 2, default: 0 }),
    persistence: choice("when the disk catches up", ["synchronous", "asynchronous"]),
    order: choice("whether each link keeps the order of its messages", ["none", "fifo"]),
  },
  build: (given) => {
    const voters = raftMembers(3);
    const running = voters.filter((node) => !given.down || node !== "n2");
    const [first = nodeId("n1")] = voters;
    const last = nodeId("n3");
    const nodes = raftNodes({
      nodes: running,
      voters,
      candidates: running.slice(0, given.candidates),
      earlier: (node) => earlierDisk(given.earlier, node, voters, given.chunks),
    });
    const compaction = { type: "compact", index: given.compactThrough, chunks: ["none of its own"] } as const;
    return cluster<Raft, Histories>({
      nodes: withMachines(
        withLinks(nodes, (_, to) => running.includes(to)),
        given.chunks,
      ),
      network: { order: given.order, loss: given.losses, duplication: given.duplications },
      faults: { crashRecovery: given.crashes },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      persistence: given.persistence,
      clients: {
        ...broadcasting(["z", "w"].slice(0, given.commands), [first]),
        ...(given.compactThrough === 0 ? {} : { machine: { to: [first], requests: [compaction] } }),
      },
      observers: {
        leaders: leaderObserver,
        committed: commitObserver(),
        totalOrder: totalOrderObserver<Raft>(given.earlier === "nothing" ? [] : ["x", "y"]),
        machines: machineObserver,
      },
      always: {
        ...raftAlways,
        ...totalOrderAlways,
        committedIsDurable: committedIsDurable(voters),
        machinesAgree,
        snapshotsWhole,
      },
      nodeSteps: raftNodeSteps,
      sometimes: {
        snapshotInstalled: (s) => s.node(last).disk.snapshot !== null,
        ...(given.earlier !== "nothing" || given.commands > 1
          ? {
              /** The log goes on behind a snapshot that came from the leader. */
              logGoesOn: (s) => {
                const { snapshot, log: behind } = s.node(last).disk;
                return snapshot !== null && log.lastIndex(behind) > snapshot.index;
              },
            }
          : {}),
        ...(given.chunks > 1 ? { oneChunkArrived: (s) => hasPart(s.node(last)) } : {}),
        ...(given.duplications > 0 || given.heartbeats > 0
          ? {
              /** A snapshot comes when all that it stands for has been delivered. */
              oldSnapshotArrives: (s) =>
                isArriving(
                  s,
                  last,
                  ({ lastIncludedIndex }, { state }) => (state?.volatile.commitIndex ?? 0) >= lastIncludedIndex,
                ),
            }
          : {}),
        ...(given.earlier === "log" && given.heartbeats > 0
          ? {
              /** A snapshot comes when the log holds its last entry, and others after it. */
              suffixKept: (s) => isArriving(s, last, isWithinLog),
            }
          : {}),
        ...(given.crashes > 0
          ? { crashMeanwhile: (s) => !s.node(last).up && isSendingSnapshot(s.node(first), last) }
          : {}),
      },
    });
  },
});

/** n1 has led term 1, and has committed noop, x and y with the help of n2; n3 has heard nothing of it. */
function earlierDisk(
  earlier: "nothing" | "snapshot" | "log",
  node: NodeId,
  voters: readonly NodeId[],
  chunkCount: number,
): RaftDurable | null {
  if (earlier === "nothing" || node === "n3") return null;
  const entries = [noopEntry(1), commandEntry(1, "x"), commandEntry(1, "y")];
  const votedFor = nodeId("n1");
  if (earlier === "log" || node === "n2") return diskWith(1, votedFor, entries);
  const configuration = { voters, outgoing: [], learners: [], learnersNext: [] };
  const chunks = snapshotChunks({ applied: ["x"], snapshotOf: 2 }, chunkCount);
  return diskWith(1, votedFor, entries.slice(2), { index: 2, term: 1, configuration, chunks });
}

function hasPart({ state }: NodeView<Raft>): boolean {
  return state?.volatile.role.type === "follower" && state.volatile.role.incoming !== null;
}

/** Whether part of a snapshot is on its way to `to`, and would be taken by it from its leader, and `is` so. */
function isArriving(
  s: ClusterState<Raft, Histories>,
  to: NodeId,
  is: (message: InstallSnapshot, receiver: NodeView<Raft>) => boolean,
): boolean {
  const receiver = s.node(to);
  return [...s.messages].some(({ to: addressee, message }) => {
    if (addressee !== to || message.type !== "installSnapshot") return false;
    return receiver.state?.durable.term === message.term && is(message, receiver);
  });
}

function isWithinLog({ lastIncludedIndex }: InstallSnapshot, { state }: NodeView<Raft>): boolean {
  if (state === null || state.volatile.commitIndex >= lastIncludedIndex) return false;
  return state.durable.log.before < lastIncludedIndex && log.lastIndex(state.durable.log) > lastIncludedIndex;
}

function isSendingSnapshot({ state }: NodeView<Raft>, to: NodeId): boolean {
  const leader = state === null ? null : leaderOf(state);
  return leader?.progress.some(({ node, type }) => node === to && type === "snapshot") === true;
}
