import { choice, cluster, flag, integer, isLinearizable, register, spec } from "@quorate/checker";
import type { NodeView, Observer } from "@quorate/checker";
import { reader, writers } from "../reads/clients.ts";
import type { RegisterService } from "../reads/clients.ts";
import { operationsObserver, valuesRead } from "../reads/operations.ts";
import type { Operations } from "../reads/operations.ts";
import { registerMachine } from "../reads/register.ts";
import type { Word } from "../reads/register.ts";
import { serviceNodes } from "../reads/service.ts";
import { raftMembers, raftNodes } from "../shared/nodes.ts";
import { begun } from "./beginnings.ts";
import { clockObserver } from "./clocks.ts";
import type { ClockHistory } from "./clocks.ts";

type Histories = {
  readonly operations: Operations;
  readonly clocks: ClockHistory;
  /** Whether a read was answered by a lease: at once, without a word to anyone. */
  readonly servedAtOnce: boolean;
};

const object = register<Word>(null);

export default spec({
  about: "Linearizable reads from a leader's lease, with clocks that drift: Ongaro 2014, section 6.4.1.",
  parameters: {
    nodes: integer("nodes; the first one leads when the model begins, unless nobody does", {
      min: 3,
      max: 5,
      default: 3,
    }),
    begin: choice("how the model begins", ["leader", "nothing", "late-request"]),
    clocks: choice("how clocks go", ["jittery", "steady", "free"]),
    electionTicks: integer("the least length of an election timer", { min: 1, max: 5, default: 3 }),
    leaseTicks: integer("the length of a lease", { min: 1, max: 5, default: 1 }),
    driftTicks: integer("how much clocks may part, as the nodes believe", { min: 0, max: 3, default: 1 }),
    ticks: integer("how often clocks tick in all", { min: 0, max: 60, default: 8 }),
    endless: flag("whether clocks tick for ever, however many ticks there are"),
    elections: integer("how often election timers end in all; only the first two nodes stand", {
      min: 0,
      max: 4,
      default: 1,
    }),
    heartbeats: integer("how often heartbeat timers end in all", { min: 0, max: 3, default: 1 }),
    transfers: integer("how often the first node is asked to hand over to the second", { min: 0, max: 1, default: 0 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 2, default: 0 }),
    writes: integer("writes of one client", { min: 0, max: 1, default: 1 }),
    writeAt: choice("which nodes are asked to write", ["second", "first", "candidates"]),
    reads: integer("reads of one client, which does not wait for the answers", { min: 0, max: 2, default: 1 }),
    readAt: choice("which nodes are asked to read", ["first", "second", "candidates"]),
    order: choice("whether each link keeps the order of its messages", ["fifo", "none"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const candidates = nodes.slice(0, 2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new RangeError("There are two nodes at least.");
    if (given.begin !== "nothing" && given.crashes > 0) throw new RangeError("With crashes, begin with nothing.");
    const { electionTicks, leaseTicks, driftTicks } = given;
    const reads = { type: "lease", leaseTicks, driftTicks } as const;
    const raft = raftNodes({ nodes, candidates, checkQuorum: { electionTicks }, reads });
    const services = serviceNodes(registerMachine, raft);
    const places = { first: [first], second: [second], candidates };
    const ids = Array.from({ length: given.reads }, (_, at) => `r${at + 1}`);
    return cluster<RegisterService, Histories>({
      nodes: begun(given.begin, services, nodes, electionTicks),
      network: { order: given.order },
      faults: { crashRecovery: given.crashes },
      timeouts: {
        election: given.elections,
        heartbeat: given.heartbeats,
        tick: given.endless ? "unlimited" : given.ticks,
      },
      clients: {
        ...writers(given.writes, places[given.writeAt]),
        ...reader(ids, places[given.readAt]),
        ...(given.transfers === 0
          ? {}
          : { operator: { to: [first], requests: [{ type: "transferLeadership", to: second }] } }),
      },
      observers: {
        operations: operationsObserver,
        clocks: clockObserver<RegisterService>(given.clocks, nodes),
        servedAtOnce,
      },
      ...(given.clocks === "free" ? {} : { constraint: (s) => s.history.clocks.inTime }),
      always: {
        /** Clients can't tell the cluster from one register in one place. */
        linearizability: (s) => isLinearizable(object, s.history.operations),
        /** While a leader has a lease, nobody leads a later term. */
        leaseExclusive: (s) => {
          const leaders = s.nodes.map(leadershipOf);
          return leaders.every(
            (one) => one?.leased !== true || leaders.every((other) => (other?.term ?? 0) <= one.term),
          );
        },
      },
      sometimes: {
        ...(given.reads > 0 ? { servedAtOnce: (s) => s.history.servedAtOnce } : {}),
        ...(given.reads > 0 && given.writes > 0
          ? { readAfter: (s) => valuesRead(s.history.operations).includes("x") }
          : {}),
        /** Another node leads while the former leader, whose lease is over, has not heard of it. */
        leaseOver: (s) => s.nodes.filter((node) => leadershipOf(node) !== null).length > 1,
        ...(given.begin === "late-request"
          ? {
              /** The request of a leader of old is about to arrive while the present one has a lease. */
              lateRequest: (s) => {
                const lease = s.nodes.map(leadershipOf).find((leader) => leader?.leased === true);
                return s.messages.some(
                  ({ message }) => message.type === "timeoutNow" && message.term < (lease?.term ?? 0),
                );
              },
            }
          : {}),
      },
    });
  },
});

/** What there is to say of a leader; null of other nodes. */
function leadershipOf({
  state,
}: NodeView<RegisterService>): { readonly term: number; readonly leased: boolean } | null {
  const role = state?.volatile.protocol.role;
  if (state === null || role?.type !== "leader") return null;
  return { term: state.durable.term, leased: (role.lease?.left ?? 0) > 0 };
}

/** Whether a read has been answered in the step that took it. */
const servedAtOnce: Observer<RegisterService, boolean> = {
  initial: false,
  observe(history, event) {
    if (event.type !== "input" || event.input.type !== "request" || event.input.request.type !== "read") return history;
    return history || event.effects.some((effect) => effect.type === "output" && effect.output.type === "answer");
  },
};
