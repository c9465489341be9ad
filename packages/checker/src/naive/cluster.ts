/**
 * The meaning of `cluster`, in the plainest words: whole states, nothing remembered from one call to the next. It shares no
 * code with the engine but the options' types and defaults, and the encoding by which values are compared: what a step, the
 * disk and `persisted` do to a node is said here a second time, so that a slip in cluster/local.ts shows as a difference.
 * What was misunderstood when both were written it can't show; for that there are the hand-written tests of local.ts.
 */

import { nodeId } from "@quorate/core";
import type { Effect, Plain, Signature, State as ProtocolState, Step } from "@quorate/core";
import { networkOf } from "../cluster/cluster.ts";
import type { Budget, Cluster, ClusterState, Envelope, NodeEvent, NodeView, OutsideInput } from "../cluster/cluster.ts";
import { encode } from "../values/encode.ts";
import type { NaiveSystem, NaiveTransition } from "./explore.ts";

/** Steps whose durable state is not on disk yet, oldest first, with the effects that wait for it. */
type Unwritten = { readonly durable: Plain; readonly effects: readonly Effect<Signature>[] };

type Up = {
  readonly status: "up";
  readonly memory: ProtocolState<Signature>;
  readonly timers: readonly string[];
  readonly disk: Plain;
  readonly unwritten: readonly Unwritten[];
};

type Down = { readonly status: "down" | "stopped"; readonly disk: Plain };

type Local = Up | Down;

/** A node before what a step makes of it: its shell, and what was durable in its memory, or is on the disk it starts from. */
type Before = Pick<Up, "timers" | "disk" | "unwritten"> & { readonly durable: Plain };

/** A node after a step, and the effects that take effect now. */
type Settled = { readonly now: Up; readonly released: readonly Effect<Signature>[] };

/** What observers are told happened to a node. */
type What =
  { readonly type: "start" | "persist" } | { readonly type: "input"; readonly input: OutsideInput<Signature> };

type State = {
  readonly nodes: { readonly [id: string]: Local };
  /** The messages in flight: in the order of their encodings, or of the links and then as they were sent on each. */
  readonly network: readonly Envelope<Signature>[];
  /** How many requests each client has made. */
  readonly clients: { readonly [name: string]: number };
  readonly history: { readonly [name: string]: Plain };
  /** What is left of the finite budgets. */
  readonly left: { readonly [name: string]: number };
  /** The nodes on the first node's side of the cut, or null. */
  readonly side: readonly string[] | null;
};

type View = ClusterState<Signature, { readonly [name: string]: Plain }>;

export function naiveCluster({ options }: Cluster): NaiveSystem<State, View> {
  const ids = Object.keys(options.nodes);
  const network = networkOf(options);
  const asynchronous = options.persistence === "asynchronous";
  const perTimer = options.timeouts ?? "unlimited";
  const timeoutBudget = (timer: string): string => (typeof perTimer === "object" ? `timeout ${timer}` : "timeouts");
  const budgets: { readonly [name: string]: Budget } = {
    duplication: network.duplication,
    loss: network.loss,
    ...(typeof perTimer === "object"
      ? Object.fromEntries(Object.entries(perTimer).map(([timer, budget]) => [timeoutBudget(timer), budget ?? 0]))
      : { timeouts: perTimer }),
    crashStop: options.faults?.crashStop ?? 0,
    crashRecovery: options.faults?.crashRecovery ?? 0,
    partitions: options.faults?.partitions ?? 0,
  };

  const node = (id: string): Cluster["options"]["nodes"][string] => {
    const found = options.nodes[id];
    if (found === undefined) throw new Error(`There is no node ${id}.`);
    return found;
  };
  const local = (state: State, id: string): Local => state.nodes[id] ?? { status: "stopped", disk: null };

  const may = (state: State, budget: string): boolean =>
    budgets[budget] === "unlimited" || (state.left[budget] ?? 0) > 0;
  const spent = (state: State, budget: string): State =>
    budgets[budget] === "unlimited"
      ? state
      : { ...state, left: { ...state.left, [budget]: (state.left[budget] ?? 0) - 1 } };

  const observed = (state: State, event: NodeEvent<Signature>): State => ({
    ...state,
    history: Object.fromEntries(
      Object.entries(options.observers ?? {}).map(([name, observer]) => [
        name,
        observer.observe(state.history[name] as Plain, event),
      ]),
    ),
  });

  const sent = (state: State, from: string, effects: readonly Effect<Signature>[]): State => {
    let messages = [...state.network];
    for (const effect of effects) {
      if (effect.type !== "send") continue;
      const envelope: Envelope<Signature> = { from: nodeId(from), to: effect.to, message: effect.message };
      const present = messages.some((other) => encode(other) === encode(envelope));
      if (network.order === "none" && network.duplication === "unlimited" && present) continue;
      messages.push(envelope);
    }
    if (network.order === "none") messages = sortedByEncoding(messages);
    else messages = sortedByLink(messages, ids);
    return { ...state, network: messages };
  };

  /** What becomes of a running node by a step, and which effects take effect at once. */
  const settled = (id: string, before: Before, step: Step<Signature>): Settled => {
    const timers = new Set(before.timers);
    for (const effect of step.effects) {
      if (effect.type === "setTimer") timers.add(effect.timer);
      if (effect.type === "clearTimer") timers.delete(effect.timer);
    }
    const { durable } = step.state;
    const shell = { status: "up", memory: step.state, timers: [...timers].sort() } as const;
    const last = before.unwritten.at(-1);
    if (asynchronous && encode(last === undefined ? before.disk : last.durable) !== encode(durable)) {
      const unwritten = [...before.unwritten, { durable, effects: step.effects.filter(waitsForDisk) }];
      return { now: { ...shell, disk: before.disk, unwritten }, released: step.effects.filter(goesAtOnce) };
    }
    if (asynchronous && last !== undefined) {
      const more = { durable, effects: [...last.effects, ...step.effects.filter(waitsForDisk)] };
      const unwritten = [...before.unwritten.slice(0, -1), more];
      return { now: { ...shell, disk: before.disk, unwritten }, released: step.effects.filter(goesAtOnce) };
    }
    const now: Up = { ...shell, disk: durable, unwritten: [] };
    if (durable === before.durable) return { now, released: step.effects };
    const next = told(id, now, durable);
    return { now: next.now, released: [...step.effects, ...next.released] };
  };

  /** What becomes of a running node when it is told that its disk holds `durable`. */
  const told = (id: string, now: Up, durable: Plain): Settled => {
    const { protocol, config } = node(id);
    const step = protocol.step(config, now.memory, { type: "persisted", durable });
    return settled(id, { ...now, durable: now.memory.durable }, step);
  };

  /** What becomes of a running node by an input from outside. */
  const given = (id: string, now: Up, input: OutsideInput<Signature>): Settled => {
    const { protocol, config } = node(id);
    return settled(id, { ...now, durable: now.memory.durable }, protocol.step(config, now.memory, input));
  };

  /** Puts in place what became of a node, sends its messages, and tells the observers. */
  const placed = (state: State, id: string, { now, released }: Settled, what: What): State => {
    const event = { ...what, node: nodeId(id), effects: released, state: now.memory, disk: now.disk };
    return observed(sent({ ...state, nodes: { ...state.nodes, [id]: now } }, id, released), event);
  };

  const input = (state: State, id: string, now: Up, asked: OutsideInput<Signature>): State =>
    placed(state, id, given(id, now, asked), { type: "input", input: asked });

  const started = (state: State, id: string, disk: Plain): State => {
    const { protocol, config } = node(id);
    const fresh = { timers: [], disk, unwritten: [], durable: disk };
    return placed(state, id, settled(id, fresh, protocol.start(config, disk)), { type: "start" });
  };

  const without = (state: State, index: number): State => ({
    ...state,
    network: state.network.filter((_, other) => other !== index),
  });

  /** The places in `network` that hold something which may be delivered or lost: one for each different message. */
  const candidates = (state: State): readonly number[] =>
    state.network.flatMap((envelope, index) => {
      const earlier = state.network.slice(0, index);
      const hidden =
        network.order === "none"
          ? earlier.some((other) => encode(other) === encode(envelope))
          : earlier.some((other) => other.from === envelope.from && other.to === envelope.to);
      return hidden ? [] : [index];
    });

  const deliveries = (state: State): NaiveTransition<State>[] =>
    candidates(state).flatMap((index) => {
      const envelope = state.network[index];
      if (envelope === undefined) return [];
      const { from, to, message } = envelope;
      const transitions: NaiveTransition<State>[] = [];
      if (may(state, "loss")) {
        transitions.push({ action: `lose ${message.type}`, state: spent(without(state, index), "loss") });
      }
      const receiver = local(state, to);
      const cut = state.side !== null && state.side.includes(from) !== state.side.includes(to);
      if (receiver.status !== "up" || cut) return transitions;

      const received: OutsideInput<Signature> = { type: "receive", from, message };
      const { now, released } = given(to, receiver, received);
      const idle = released.length === 0 && encode(now) === encode(receiver);
      const kept = input(state, to, receiver, received);
      const consumed = input(without(state, index), to, receiver, received);
      const stays = network.order === "none" && network.duplication === "unlimited";
      if (!idle || network.order === "fifo") {
        transitions.push({ action: `deliver ${message.type}`, state: stays ? kept : consumed });
      }
      if (!idle && !stays && may(state, "duplication")) {
        transitions.push({ action: `duplicate ${message.type}`, state: spent(kept, "duplication") });
      }
      return transitions;
    });

  const nodeTransitions = (state: State): NaiveTransition<State>[] =>
    ids.flatMap((id) => {
      const now = local(state, id);
      switch (now.status) {
        case "up":
          return [...timeouts(state, id, now), ...writes(state, id, now), ...crashes(state, id, now)];
        case "down":
          return [{ action: "restart", state: started(state, id, now.disk) }];
        case "stopped":
          return [];
      }
    });

  const timeouts = (state: State, id: string, now: Up): NaiveTransition<State>[] =>
    now.timers
      .filter((timer) => may(state, timeoutBudget(timer)))
      .map((timer) => {
        const rest = { ...now, timers: now.timers.filter((other) => other !== timer) };
        const fired = input(state, id, rest, { type: "timeout", timer });
        return { action: `timeout ${timer}`, state: spent(fired, timeoutBudget(timer)) };
      });

  const writes = (state: State, id: string, now: Up): NaiveTransition<State>[] => {
    const [oldest, ...unwritten] = now.unwritten;
    if (oldest === undefined) return [];
    const written = told(id, { ...now, disk: oldest.durable, unwritten }, oldest.durable);
    const released = [...oldest.effects, ...written.released];
    return [{ action: "persist", state: placed(state, id, { now: written.now, released }, { type: "persist" }) }];
  };

  const crashes = (state: State, id: string, now: Up): NaiveTransition<State>[] =>
    (
      [
        ["crashStop", "stopped", "stop"],
        ["crashRecovery", "down", "crash"],
      ] as const
    ).flatMap(([budget, status, action]) => {
      if (!may(state, budget)) return [];
      const next: Local = { status, disk: now.disk };
      const crashed = { ...state, nodes: { ...state.nodes, [id]: next } };
      const event = { type: "crash", node: nodeId(id), disk: now.disk } as const;
      return [{ action, state: spent(observed(crashed, event), budget) }];
    });

  const requests = (state: State): NaiveTransition<State>[] =>
    Object.entries(options.clients ?? {}).flatMap(([name, client]) => {
      const made = state.clients[name] ?? 0;
      const request = client.requests[made];
      if (request === undefined) return [];
      return client.to.flatMap((id) => {
        const now = local(state, id);
        if (now.status !== "up") return [];
        const asked = { ...state, clients: { ...state.clients, [name]: made + 1 } };
        return [{ action: `request ${request.type}`, state: input(asked, id, now, { type: "request", request }) }];
      });
    });

  const partitions = (state: State): NaiveTransition<State>[] => {
    if (state.side !== null) return [{ action: "heal", state: { ...state, side: null } }];
    if (!may(state, "partitions")) return [];
    return sides(ids).map((side) => ({ action: "partition", state: { ...spent(state, "partitions"), side } }));
  };

  return {
    initial: () => {
      const empty: State = {
        nodes: {},
        network: [],
        clients: Object.fromEntries(Object.keys(options.clients ?? {}).map((name) => [name, 0])),
        history: Object.fromEntries(
          Object.entries(options.observers ?? {}).map(([name, observer]) => [name, observer.initial]),
        ),
        left: Object.fromEntries(
          Object.entries(budgets).filter((entry): entry is [string, number] => entry[1] !== "unlimited"),
        ),
        side: null,
      };
      return [ids.reduce((state, id) => started(state, id, node(id).protocol.initial(node(id).config)), empty)];
    },
    successors: (state) => [...deliveries(state), ...nodeTransitions(state), ...requests(state), ...partitions(state)],
    view: (state) => viewOf(ids, state),
    properties: { ...options, step: { ...options.step, ...overCluster(options.nodeSteps ?? {}) } },
    constraint: options.constraint ?? (() => true),
    deadlock: options.deadlock ?? "allowed",
  };
}

/** Properties of single nodes' steps, as properties of all nodes of which something else is seen afterwards. */
function overCluster(nodeSteps: NonNullable<Cluster["options"]["nodeSteps"]>): NonNullable<Cluster["options"]["step"]> {
  return Object.fromEntries(
    Object.entries(nodeSteps).map(([name, holds]) => [
      name,
      (before: View, after: View) =>
        before.nodes.every((node) => {
          const now = after.node(node.id);
          return encode(node) === encode(now) || holds(node, now);
        }),
    ]),
  );
}

function waitsForDisk(effect: Effect<Signature>): boolean {
  return effect.type === "output" || (effect.type === "send" && effect.after === "durable");
}

function goesAtOnce(effect: Effect<Signature>): boolean {
  return !waitsForDisk(effect);
}

function viewOf(ids: readonly string[], state: State): View {
  const nodes = ids.map((id): NodeView<Signature> => {
    const now = state.nodes[id];
    if (now === undefined) throw new Error(`There is no node ${id}.`);
    return now.status === "up"
      ? { id: nodeId(id), up: true, state: now.memory, disk: now.disk, timers: now.timers }
      : { id: nodeId(id), up: false, state: null, disk: now.disk, timers: [] };
  });
  return {
    nodes,
    node: (id) => {
      const found = nodes.find((other) => other.id === id);
      if (found === undefined) throw new RangeError(`There is no node ${id}; the nodes are ${ids.join(", ")}.`);
      return found;
    },
    messages: state.network,
    history: state.history,
    partitioned: state.side !== null,
  };
}

/** Every way to cut `ids` into two sides that are not empty, each named by the side of the first node. */
function sides(ids: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = ids;
  if (first === undefined) return [];
  const subsets = rest.reduce<readonly (readonly string[])[]>(
    (smaller, id) => [...smaller, ...smaller.map((subset) => [...subset, id])],
    [[]],
  );
  return subsets.filter((subset) => subset.length < rest.length).map((subset) => [first, ...subset]);
}

function sortedByEncoding<T>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (encode(a) < encode(b) ? -1 : 1));
}

/** Orders messages by sender and then by receiver, in the order of `ids`, and keeps the order on each link. */
function sortedByLink(messages: readonly Envelope<Signature>[], ids: readonly string[]): Envelope<Signature>[] {
  const link = ({ from, to }: Envelope<Signature>): number => ids.indexOf(from) * ids.length + ids.indexOf(to);
  return [...messages].sort((a, b) => link(a) - link(b));
}
