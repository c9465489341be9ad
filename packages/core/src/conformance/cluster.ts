/**
 * A cluster in memory: nodes with the disks, timers and links that a shell would give them, and nothing that happens by
 * itself. Whoever holds it says what happens next.
 *
 * A lagging disk is always behind memory until it is told to catch up, by one step or by several with one flush: sends
 * and outputs that must wait for it wait, and a crash loses them. That is the hardest shell that the rules of protocol.ts
 * allow. A synchronous disk has each step before anything else happens.
 */

import type { Effect, Input, NodeId, Persisted, Signature, State, Step } from "../protocol.ts";

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
  /** Whether `durable` is another than the step before it left, so that the protocol is due to hear of it. */
  readonly isNew: boolean;
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

/** When disks catch up: with each step, or when they are told to. */
export type Persistence = "synchronous" | "lagging";

/** How often in a row a node may make something else durable each time that it hears that its disk has caught up. */
export const ROUNDS_MAX = 100;

/** A node goes on making something else durable each time that it hears that its disk has caught up. */
export class NeverSettled extends Error {
  override readonly name = "NeverSettled";

  constructor(id: NodeId) {
    super(
      `Node ${id} makes another state durable each time that it is told of the last, ${ROUNDS_MAX} times in a row.`,
    );
  }
}

export class Cluster<S extends Signature> {
  readonly #calls: Calls<S>;
  readonly #persistence: Persistence;
  readonly #nodes: Map<NodeId, Node<S>>;
  #inFlight: readonly Envelope<S>[] = [];
  readonly #outputs: NodeOutput<S>[] = [];

  /** A cluster of `members`, all of them running for the first time. */
  constructor(calls: Calls<S>, members: readonly Member<S>[], persistence: Persistence = "lagging") {
    this.#calls = calls;
    this.#persistence = persistence;
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

  /**
   * Starts the node from its disk, unless it runs.
   *
   * @throws NeverSettled
   */
  start(id: NodeId): void {
    const node = this.#node(id);
    if (node.life !== null) return;
    const { state, effects } = this.#calls.start(node.config, node.disk);
    const before = { durable: node.disk, timers: [], unwritten: [] };
    this.#tell(id, this.#settle({ ...node, starts: node.starts + 1 }, before, state, effects));
  }

  /** Stops the node. What its disk holds is all that is left of it. */
  crash(id: NodeId): void {
    this.#nodes.set(id, { ...this.#node(id), life: null });
  }

  /**
   * Gives an input to the node, unless it is down. A timeout is the caller's to give only while the timer runs, and
   * `persisted` is the cluster's own.
   *
   * @throws NeverSettled
   */
  input(id: NodeId, input: Input<S>): void {
    this.#tell(id, this.#step(id, input));
  }

  /**
   * Writes the oldest step that is not on the node's disk yet, or the oldest `count` with one flush, lets go what waited
   * for them, and tells the node what its disk holds if that is something new.
   */
  persist(id: NodeId, count = 1): void {
    const node = this.#node(id);
    if (node.life === null) return;
    const steps = node.life.unwritten.slice(0, count);
    const durable = steps.at(-1)?.durable;
    if (durable === undefined) return;
    const written = { ...node, disk: durable, life: { ...node.life, unwritten: node.life.unwritten.slice(count) } };
    this.#nodes.set(id, written);
    for (const { effects } of steps) this.#release(written, effects);
    if (steps.some(({ isNew }) => isNew)) this.input(id, { type: "persisted", durable });
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
   * @throws NeverSettled
   * @throws Error if it takes more than `deliveriesMax` deliveries
   */
  settle(deliveriesMax = 10_000): void {
    for (let deliveries = 0; deliveries <= deliveriesMax; deliveries++) {
      for (const { id } of this.nodes) {
        this.start(id);
        this.#catchUp(id);
      }
      const [oldest] = this.#inFlight;
      if (oldest === undefined) return;
      this.remove(oldest);
      this.deliver(oldest);
    }
    throw new Error(`The nodes still send to each other after ${deliveriesMax} deliveries.`);
  }

  /** Writes the node's disk step by step, and what the node adds when it hears of that. */
  #catchUp(id: NodeId): void {
    for (let round = 0; round <= ROUNDS_MAX; round++) {
      const { length } = this.#node(id).life?.unwritten ?? [];
      if (length === 0) return;
      for (let written = 0; written < length; written++) this.persist(id);
    }
    throw new NeverSettled(id);
  }

  /** Tells the node what its disk holds, until that is nothing new. */
  #tell(id: NodeId, first: Persisted<S> | null): void {
    let due = first;
    for (let round = 0; due !== null; round++) {
      if (round === ROUNDS_MAX) throw new NeverSettled(id);
      due = this.#step(id, due);
    }
  }

  #step(id: NodeId, input: Input<S>): Persisted<S> | null {
    const node = this.#node(id);
    if (node.life === null) return null;
    const { memory, unwritten } = node.life;
    const timers = input.type === "timeout" ? without(node.life.timers, input.timer) : node.life.timers;
    const { state, effects } = this.#calls.step(node.config, memory, input, timers);
    return this.#settle(node, { durable: memory.durable, timers, unwritten }, state, effects);
  }

  #node(id: NodeId): Node<S> {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`Node ${id} is not in the cluster.`);
    return node;
  }

  /** Puts the result of a start or a step in place, and returns what the node is due to hear of its disk at once. */
  #settle(
    node: Node<S>,
    before: { readonly durable: S["durable"] } & Pick<Life<S>, "timers" | "unwritten">,
    memory: State<S>,
    effects: readonly Effect<S>[],
  ): Persisted<S> | null {
    const { durable } = memory;
    const isNew = durable !== before.durable;
    const timers = effects.reduce(timersAfter<S>, before.timers);
    if (this.#persistence === "synchronous" || (before.unwritten.length === 0 && !isNew)) {
      const settled = { ...node, disk: durable, life: { memory, timers, unwritten: [] } };
      this.#nodes.set(node.id, settled);
      this.#release(settled, effects);
      return isNew ? { type: "persisted", durable } : null;
    }
    const unwritten = [...before.unwritten, { durable, isNew, effects: effects.filter(waitsForDisk) }];
    const settled = { ...node, life: { memory, timers, unwritten } };
    this.#nodes.set(node.id, settled);
    const released = effects.filter((effect) => !waitsForDisk(effect));
    this.#release(settled, released);
    return null;
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
