/** The meaning of `cluster`, in the plainest words: whole states, nothing remembered from one call to the next. */

import { nodeId } from "@quorate/core";
import type { Effect, Input, Plain, Signature, State as ProtocolState, Step } from "@quorate/core";
import { networkOf } from "../cluster/cluster.ts";
import type { Budget, Cluster, ClusterState, Envelope, NodeEvent, NodeView } from "../cluster/cluster.ts";
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
  const budgets: { readonly [name: string]: Budget } = {
    duplication: network.duplication,
    loss: network.loss,
    timeouts: options.timeouts ?? "unlimited",
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

  /** Puts a step's result in place: timers, disk, messages, and what observers hear. */
  const stepped = (
    state: State,
    id: string,
    before: { readonly timers: readonly string[]; readonly disk: Plain; readonly unwritten: readonly Unwritten[] },
    step: Step<Signature>,
    what: { readonly type: "start" } | { readonly type: "input"; readonly input: Input<Signature> },
  ): State => {
    const timers = new Set(before.timers);
    for (const effect of step.effects) {
      if (effect.type === "setTimer") timers.add(effect.timer);
      if (effect.type === "clearTimer") timers.delete(effect.timer);
    }
    const { durable } = step.state;
    let { disk } = before;
    let unwritten = [...before.unwritten];
    let released = step.effects;
    if (asynchronous) {
      const last = unwritten.at(-1);
      const same = encode(last === undefined ? disk : last.durable) === encode(durable);
      if (!same || last !== undefined) {
        const waits = (effect: Effect<Signature>): boolean =>
          effect.type === "output" || (effect.type === "send" && effect.after === "durable");
        const waiting = step.effects.filter(waits);
        released = step.effects.filter((effect) => !waits(effect));
        if (same && last !== undefined) {
          unwritten = [...unwritten.slice(0, -1), { durable, effects: [...last.effects, ...waiting] }];
        } else {
          unwritten = [...unwritten, { durable, effects: waiting }];
        }
      }
    } else {
      disk = durable;
    }
    const next: Local = { status: "up", memory: step.state, timers: [...timers].sort(), disk, unwritten };
    const event = { ...what, node: nodeId(id), effects: released, state: step.state, disk };
    return observed(sent({ ...state, nodes: { ...state.nodes, [id]: next } }, id, released), event);
  };

  const input = (state: State, id: string, now: Up, given: Input<Signature>): State => {
    const { protocol, config } = node(id);
    return stepped(state, id, now, protocol.step(config, now.memory, given), { type: "input", input: given });
  };

  const started = (state: State, id: string, disk: Plain): State => {
    const { protocol, config } = node(id);
    const fresh = { timers: [], disk, unwritten: [] };
    return stepped(state, id, fresh, protocol.start(config, disk), { type: "start" });
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

      const given: Input<Signature> = { type: "receive", from, message };
      const { protocol, config } = node(to);
      const step = protocol.step(config, receiver.memory, given);
      const idle = step.effects.length === 0 && encode(step.state) === encode(receiver.memory);
      const kept = input(state, to, receiver, given);
      const consumed = input(without(state, index), to, receiver, given);
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
    (may(state, "timeouts") ? now.timers : []).map((timer) => {
      const rest = { ...now, timers: now.timers.filter((other) => other !== timer) };
      const fired = input(state, id, rest, { type: "timeout", timer });
      return { action: `timeout ${timer}`, state: spent(fired, "timeouts") };
    });

  const writes = (state: State, id: string, now: Up): NaiveTransition<State>[] => {
    const [oldest, ...unwritten] = now.unwritten;
    if (oldest === undefined) return [];
    const next: Local = { ...now, disk: oldest.durable, unwritten };
    const written = sent({ ...state, nodes: { ...state.nodes, [id]: next } }, id, oldest.effects);
    const { effects, durable: disk } = oldest;
    const event = { type: "persist", node: nodeId(id), effects, state: now.memory, disk } as const;
    return [{ action: "persist", state: observed(written, event) }];
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
    properties: options,
    constraint: options.constraint ?? (() => true),
    deadlock: options.deadlock ?? "allowed",
  };
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
