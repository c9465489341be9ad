/**
 * A cluster in memory: nodes with the disks, timers and links that a shell would give them, and nothing that happens by
 * itself. Whoever holds it says what happens next.
 *
 * A disk is always behind memory until it is told to catch up, step by step: sends and outputs that must wait for it
 * wait, and a crash loses them. That is the hardest shell that the rules of protocol.ts allow.
 */

import type { Effect, Input, NodeId, Signature, State, Step } from "../protocol.ts";

/** One node of a cluster, with the configuration that it runs under. */
export interface Member<S extends Signature> {
  readonly id: NodeId;
  readonly config: S["config"];
}

/** A message in flight. */
export interface Envelope<S extends Signature> {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: S["message"];
}

/** What a node told the outside. */
export interface NodeOutput<S extends Signature> {
  readonly node: NodeId;
  /** How often the node had been started by then, to tell its lives apart. */
  readonly life: number;
  readonly output: S["output"];
}

/** A step whose durable state is not on disk yet, with the effects that wait for it. */
interface Unwritten<S extends Signature> {
  readonly durable: S["durable"];
  readonly effects: readonly Effect<S>[];
}

/** What a crash takes from a node. */
interface Life<S extends Signature> {
  readonly memory: State<S>;
  readonly timers: readonly S["timer"][];
  readonly unwritten: readonly Unwritten<S>[];
}

export interface Node<S extends Signature> extends Member<S> {
  readonly disk: S["durable"];
  /** Null while the node is down. */
  readonly life: Life<S> | null;
  readonly starts: number;
}

/** The functions of a protocol as a cluster calls them: a protocol, or something in its place that records calls. */
export interface Calls<S extends Signature> {
  initial(config: S["config"]): S["durable"];
  start(config: S["config"], durable: S["durable"]): Step<S>;
  /** `timers` are those that run when the input arrives; the one that fired, if one did, no longer does. */
  step(config: S["config"], state: State<S>, input: Input<S>, timers: readonly S["timer"][]): Step<S>;
}

export class Cluster<S extends Signature> {
  readonly #calls: Calls<S>;
  readonly #nodes: Map<NodeId, Node<S>>;
  #inFlight: readonly Envelope<S>[] = [];
  readonly #outputs: NodeOutput<S>[] = [];

  /** A cluster of `members`, all of them running for the first time. */
  constructor(calls: Calls<S>, members: readonly Member<S>[]) {
    this.#calls = calls;
    this.#nodes = new Map(
      members.map(({ id, config }) => [id, { id, config, disk: calls.initial(config), life: null, starts: 0 }]),
    );
    for (const { id } of members) this.start(id);
  }

  get nodes(): readonly Node<S>[] {
    return [...this.#nodes.values()];
  }

  /** The messages in flight, the oldest first. */
  get inFlight(): readonly Envelope<S>[] {
    return this.#inFlight;
  }

  /** What nodes have told the outside, the oldest first. */
  get outputs(): readonly NodeOutput<S>[] {
    return this.#outputs;
  }

  /** Starts the node from its disk, unless it runs. */
  start(id: NodeId): void {
    const node = this.#node(id);
    if (node.life !== null) return;
    const { state, effects } = this.#calls.start(node.config, node.disk);
    this.#settle(
      { ...node, starts: node.starts + 1 },
      { durable: node.disk, timers: [], unwritten: [] },
      state,
      effects,
    );
  }

  /** Stops the node. What its disk holds is all that is left of it. */
  crash(id: NodeId): void {
    this.#nodes.set(id, { ...this.#node(id), life: null });
  }

  /** Gives an input to the node, unless it is down. A timeout is the caller's to give only while the timer runs. */
  input(id: NodeId, input: Input<S>): void {
    const node = this.#node(id);
    if (node.life === null) return;
    const { memory, unwritten } = node.life;
    const timers = input.type === "timeout" ? without(node.life.timers, input.timer) : node.life.timers;
    const { state, effects } = this.#calls.step(node.config, memory, input, timers);
    this.#settle(node, { durable: memory.durable, timers, unwritten }, state, effects);
  }

  /** Writes the oldest step that is not on the node's disk yet, and lets go what waited for it. */
  persist(id: NodeId): void {
    const node = this.#node(id);
    if (node.life === null) return;
    const [oldest, ...unwritten] = node.life.unwritten;
    if (oldest === undefined) return;
    const written = { ...node, disk: oldest.durable, life: { ...node.life, unwritten } };
    this.#nodes.set(id, written);
    this.#release(written, oldest.effects);
  }

  /** Takes a message out of the network, to deliver or to lose it. */
  remove(envelope: Envelope<S>): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== envelope);
  }

  /** Hands a message to its receiver; the network keeps what it has. */
  deliver({ from, to, message }: Envelope<S>): void {
    this.input(to, { type: "receive", from, message });
  }

  /**
   * Runs every node, writes every disk and delivers every message, in order, until nothing is left but timers.
   *
   * @throws Error if that takes more than `deliveriesMax` deliveries
   */
  settle(deliveriesMax = 10_000): void {
    for (let deliveries = 0; deliveries <= deliveriesMax; deliveries++) {
      for (const { id } of this.nodes) {
        this.start(id);
        while ((this.#node(id).life?.unwritten.length ?? 0) > 0) this.persist(id);
      }
      const [oldest] = this.#inFlight;
      if (oldest === undefined) return;
      this.remove(oldest);
      this.deliver(oldest);
    }
    throw new Error(`The nodes still send to each other after ${deliveriesMax} deliveries.`);
  }

  #node(id: NodeId): Node<S> {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`Node ${id} is not in the cluster.`);
    return node;
  }

  /** Puts the result of a start or a step in place. */
  #settle(
    node: Node<S>,
    before: {
      readonly durable: S["durable"];
      readonly timers: Life<S>["timers"];
      readonly unwritten: Life<S>["unwritten"];
    },
    memory: State<S>,
    effects: readonly Effect<S>[],
  ): void {
    const timers = effects.reduce(timersAfter<S>, before.timers);
    const onDisk = before.unwritten.length === 0 && memory.durable === before.durable;
    const waiting = onDisk ? [] : effects.filter(waitsForDisk);
    const unwritten = onDisk ? [] : [...before.unwritten, { durable: memory.durable, effects: waiting }];
    const settled = { ...node, life: { memory, timers, unwritten } };
    this.#nodes.set(node.id, settled);
    this.#release(settled, onDisk ? effects : effects.filter((effect) => !waitsForDisk(effect)));
  }

  #release(node: Node<S>, effects: readonly Effect<S>[]): void {
    for (const effect of effects) {
      if (effect.type === "output") this.#outputs.push({ node: node.id, life: node.starts, output: effect.output });
      // What is sent to nobody is lost; that it was sent is the law `addressees`'s to find.
      if (effect.type === "send" && this.#nodes.has(effect.to)) {
        this.#inFlight = [...this.#inFlight, { from: node.id, to: effect.to, message: effect.message }];
      }
    }
  }
}

function waitsForDisk<S extends Signature>(effect: Effect<S>): boolean {
  return effect.type === "output" || (effect.type === "send" && effect.after === "durable");
}

function timersAfter<S extends Signature>(timers: readonly S["timer"][], effect: Effect<S>): readonly S["timer"][] {
  if (effect.type === "setTimer") return [...without(timers, effect.timer), effect.timer];
  if (effect.type === "clearTimer") return without(timers, effect.timer);
  return timers;
}

function without<T>(items: readonly T[], item: T): readonly T[] {
  return items.filter((other) => other !== item);
}
