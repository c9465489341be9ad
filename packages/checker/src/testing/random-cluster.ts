/** Random small clusters: random protocols under a given network, with random faults, clients and properties. */

import { nodeId } from "@quorate/core";
import fc from "fast-check";
import type { Budget, Client, Cluster, ClusterState, Faults, Network, NodeView, Observer } from "../cluster/cluster.ts";
import { cluster } from "../cluster/cluster.ts";
import { protocolTable, tableProtocol } from "./random-protocol.ts";
import type { ProtocolTable, TableSignature } from "./random-protocol.ts";

type S = TableSignature;
type Outputs = readonly { readonly node: string; readonly n: number }[];
type Histories = { readonly outputs: Outputs; readonly events: { readonly [type: string]: number } };
type View = ClusterState<S, Histories>;

/** Each reads the state in some way that the engine must remember rightly, and comes to a small integer. */
type Reading =
  | "someUp"
  | "timers"
  | "everyDisk"
  | "mapDisks"
  | "filterDown"
  | "findByState"
  | "oneNode"
  | "someMessage"
  | "filterMessages"
  | "mapMessages"
  | "findMessage"
  | "countMessages"
  | "messageToDownNode"
  | "pairOfNodes"
  | "readBefore"
  | "outputs"
  | "events"
  | "partitioned"
  | "branches";

const readings: { readonly [R in Reading]: (state: View, n: number) => number } = {
  someUp: ({ nodes }, n) => (nodes.some(({ up, disk }) => up && disk.n === n) ? 2 : 0),
  timers: ({ nodes }) => nodes.map(({ timers }) => timers.length).reduce((sum, count) => sum + count, 0),
  everyDisk: ({ nodes }, n) => (nodes.every(({ disk }) => disk.n !== n) ? 1 : 3),
  mapDisks: ({ nodes }) => nodes.map(({ disk }) => disk.n).reduce((sum, disk) => 3 * sum + disk, 0) % 7,
  filterDown: ({ nodes }) => 2 * nodes.filter(({ up }) => !up).length,
  findByState: ({ nodes }, n) => nodes.find(({ state }) => state?.volatile.n === n)?.disk.n ?? 3,
  oneNode: (state, n) => (state.node("n2").state?.durable.n === n ? 3 : 1),
  someMessage: ({ messages }, n) => (messages.some(({ message }) => message.n === n) ? 2 : 0),
  filterMessages: ({ messages }, n) => messages.filter(({ message }) => message.n >= n).length,
  mapMessages: ({ messages }) => messages.map(({ to }) => to).reduce((sum, to) => 2 * sum + to.length, 0) % 7,
  findMessage: ({ messages }, n) => messages.find(({ message }) => message.type !== "a")?.message.n ?? n,
  countMessages: ({ messages }) => [...messages].length,
  messageToDownNode: (state) => state.messages.filter(({ to }) => !state.node(to).up).length,
  pairOfNodes: ({ nodes }, n) =>
    nodes.filter((one) => nodes.some((other) => other.id !== one.id && other.disk.n === one.disk.n)).length > n ? 3 : 1,
  readBefore: ({ history, nodes }) => {
    const said = history.outputs.map((output) => output.node);
    return nodes.filter(({ id, up }) => up && said.includes(id)).length;
  },
  outputs: ({ history }) => history.outputs.length,
  events: ({ history }, n) => history.events[["persist", "crash", "input"][n] ?? "start"] ?? 0,
  partitioned: ({ partitioned }) => (partitioned ? 3 : 0),
  branches: (state, n) => {
    if (state.partitioned) return state.messages.some(({ message }) => message.n === n) ? 2 : 0;
    return state.node("n10").up ? readings.filterDown(state, n) : readings.findMessage(state, n);
  },
};

const sizes: { readonly [K in "disk" | "memory" | "timers"]: (node: NodeView<S>) => number } = {
  disk: ({ disk }) => disk.n,
  memory: ({ state }) => state?.volatile.n ?? 0,
  timers: ({ timers }) => timers.length,
};

type Claim = { readonly reading: Reading; readonly n: number; readonly limit: number };
type ClusterTable = {
  readonly protocols: readonly ProtocolTable[];
  readonly faults: Faults;
  readonly timeouts: Budget | { readonly fast?: Budget; readonly slow?: Budget };
  readonly persistence: "synchronous" | "asynchronous";
  readonly requests: readonly (readonly number[])[];
  readonly observers: boolean;
  readonly always: readonly Claim[];
  readonly step: readonly Claim[];
  /** Between what is seen of a node before and after: how far its number may go in one step, and of what. */
  readonly nodeSteps: readonly { readonly of: "disk" | "memory" | "timers"; readonly most: number }[];
  readonly sometimes: readonly Claim[];
  readonly constraint: Claim | null;
  readonly deadlock: "forbidden" | "allowed";
};

/** Neither in the order of the alphabet, nor in its reverse. */
const NAMES: readonly string[] = ["n2", "n10", "n1"];

const outputs: Observer<S, Outputs> = {
  initial: [],
  observe: (history, event) => {
    if (event.type === "crash") return history;
    const said = event.effects.flatMap((effect) => (effect.type === "output" ? [effect.output] : []));
    return [...history, ...said.map(({ n }) => ({ node: event.node, n }))].slice(-2);
  },
};
const events: Observer<S, Histories["events"]> = {
  initial: {},
  observe: (history, { type }) => ({ ...history, [type]: Math.min(2, (history[type] ?? 0) + 1) }),
};
/** Observers whose histories never change, for clusters that can do without. */
const deaf: { readonly outputs: Observer<S, Outputs>; readonly events: Observer<S, Histories["events"]> } = {
  outputs: { initial: [], observe: (history) => history },
  events: { initial: {}, observe: (history) => history },
};

function clusterOf(table: ClusterTable, network: Network): Cluster {
  const holds = ({ reading, n, limit }: Claim, state: View): boolean => readings[reading](state, n) <= limit;
  const named = <T, R>(prefix: string, list: readonly T[], make: (item: T) => R): { readonly [name: string]: R } =>
    Object.fromEntries(list.map((item, index) => [`${prefix}${index}`, make(item)]));
  const protocols = table.protocols.map(tableProtocol);
  const peers = NAMES.slice(0, Math.max(2, protocols.length)).map(nodeId);
  const nodes = peers.flatMap((id, self) => {
    const protocol = protocols[self % protocols.length];
    return protocol === undefined ? [] : [[id, { protocol, config: { peers, self } }] as const];
  });
  const { constraint, faults, timeouts, persistence, deadlock } = table;
  return cluster<S, Histories>({
    nodes: Object.fromEntries(nodes),
    network,
    faults,
    timeouts,
    persistence,
    deadlock,
    clients: named("client", table.requests, (requests): Client<S> => ({
      to: peers.slice(0, 2),
      requests: requests.map((n) => ({ type: "ask", n })),
    })),
    observers: table.observers ? { outputs, events } : deaf,
    always: named("always", table.always, (claim) => (state: View) => holds(claim, state)),
    step: named("step", table.step, ({ reading, n, limit }) => (before: View, after: View) => {
      return readings[reading](after, n) - readings[reading](before, n) <= limit;
    }),
    nodeSteps: named("nodeStep", table.nodeSteps, ({ of, most }) => (before: NodeView<S>, after: NodeView<S>) => {
      return sizes[of](after) - sizes[of](before) <= most;
    }),
    sometimes: named("sometimes", table.sometimes, (claim) => (state: View) => !holds(claim, state)),
    ...(constraint === null ? {} : { constraint: (state: View) => holds(constraint, state) }),
  });
}

const claim = (min: number, max: number): fc.Arbitrary<Claim> =>
  fc.record({
    reading: fc.constantFrom<Reading[]>(...(Object.keys(readings) as Reading[])),
    n: fc.nat(2),
    limit: fc.integer({ min, max }),
  });
const budget = fc.constantFrom(0, 0, 1, 2, "unlimited" as const);

/** A cluster; the table that it was made of is what fast-check shows and shrinks. */
export function randomCluster(
  network: Network,
): fc.Arbitrary<{ readonly table: ClusterTable; readonly subject: () => Cluster }> {
  return fc
    .record({
      protocols: fc.array(protocolTable, { minLength: 1, maxLength: 3 }),
      faults: fc.record({ crashStop: budget, crashRecovery: budget, partitions: budget }),
      timeouts: fc.oneof(
        fc.constantFrom(0, 1, 2, "unlimited" as const),
        fc.record({ fast: budget, slow: budget }),
        fc.record({ slow: budget }),
      ),
      persistence: fc.constantFrom("synchronous", "asynchronous"),
      requests: fc.array(fc.array(fc.nat(2), { maxLength: 2 }), { maxLength: 2 }),
      observers: fc.boolean(),
      always: fc.array(claim(2, 4), { maxLength: 3 }),
      step: fc.array(claim(1, 3), { maxLength: 2 }),
      nodeSteps: fc.array(
        fc.record({ of: fc.constantFrom("disk", "memory", "timers"), most: fc.integer({ min: 0, max: 2 }) }),
        { maxLength: 2 },
      ),
      sometimes: fc.array(claim(0, 3), { maxLength: 3 }),
      constraint: fc.option(claim(0, 4)),
      deadlock: fc.constantFrom("forbidden", "allowed"),
    })
    .map((table: ClusterTable) => ({ table, subject: () => clusterOf(table, network) }));
}
