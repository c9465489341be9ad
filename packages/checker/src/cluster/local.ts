/**
 * One node of a cluster, with what its shell holds for it: memory, timers, disk, and the effects that wait for the disk.
 * Every function here is pure, and what it computes is remembered by the engine.
 *
 * The naive explorer shares nothing of this: it says once more, in its own words, what a step, a write and a crash do to a
 * node, so that the two can be held against each other (naive/cluster.ts).
 */

import type { Effect, Input, NodeId, Plain, Signature, State, Step } from "@quorate/core";
import { encode } from "../values/encode.ts";
import { isEqual } from "../values/equal.ts";
import { deepFreeze } from "../values/freeze.ts";
import { EvaluationError } from "../values/purity.ts";
import type { ClusterNode, NodeEvent, OutsideInput } from "./cluster.ts";

/** A step whose durable state is not on disk yet, with the effects that wait for it. */
type Unwritten = { readonly durable: Plain; readonly effects: readonly Effect<Signature>[] };

/** How far the disk is behind memory: what it holds, and what is still to be written, oldest first; never nothing. */
type Behind = { readonly disk: Plain; readonly unwritten: readonly Unwritten[] };

type UpLocal = {
  readonly status: "up";
  readonly memory: State<Signature>;
  /** The timers that run, in the order of their names. */
  readonly timers: readonly string[];
  /** Null while the disk holds all that is durable in memory, as it always does where persistence is synchronous. */
  readonly behind: Behind | null;
};

/** A node that is down may start again, one that is stopped won't. */
export type Local = UpLocal | { readonly status: "down" | "stopped"; readonly disk: Plain };

/** What happens to one node: an input of its protocol, or something to its shell. */
export type Happening =
  | { readonly type: "start" }
  | { readonly type: "persist" }
  | { readonly type: "crash" }
  | { readonly type: "stop" }
  | OutsideInput<Signature>;

/** What a happening makes of a node: its new local state, the effects that take effect now, and what observers hear. */
export interface Change {
  readonly local: Local;
  readonly released: readonly Effect<Signature>[];
  readonly event: NodeEvent<Signature>;
}

/** A node's identity, protocol and persistence: what its changes depend on beside its local state. */
export interface NodeContext {
  readonly id: NodeId;
  readonly node: ClusterNode<Signature>;
  readonly persistence: "synchronous" | "asynchronous";
  /**
   * Makes a call of the protocol's own function `name` on `inputs`, with whatever care is due. What `check` throws is the
   * call's error.
   */
  call(
    name: "start" | "step",
    inputs: readonly unknown[],
    call: () => Step<Signature>,
    check: (step: Step<Signature>) => void,
  ): Step<Signature>;
}

/** What a restart of a node in `local` would start from. */
export function diskOf(local: Local): Plain {
  if (local.status !== "up") return local.disk;
  return local.behind === null ? local.memory.durable : local.behind.disk;
}

/** An event that brings a node to `local`, told with the values of a local state that equals the one it was made with. */
export function eventTo(local: Local, event: NodeEvent<Signature>): NodeEvent<Signature> {
  const disk = diskOf(local);
  return event.type === "crash" || local.status !== "up" ? { ...event, disk } : { ...event, state: local.memory, disk };
}

/** What `happening` makes of a node in `local`, or null where it can't happen. */
export function change(context: NodeContext, local: Local, happening: Happening): Change | null {
  const { id, node } = context;
  switch (happening.type) {
    case "start": {
      if (local.status !== "down") return null;
      const { disk } = local;
      const step = called(context, "start", disk, [disk], () => node.protocol.start(node.config, disk));
      const before = { timers: [], behind: { disk, unwritten: [] }, durable: disk };
      return settle(context, before, [], step, { type: "start" });
    }
    case "persist":
      return persist(context, local);
    case "crash":
    case "stop": {
      if (local.status !== "up") return null;
      const status = happening.type === "crash" ? "down" : "stopped";
      const disk = diskOf(local);
      return { local: { status, disk }, released: [], event: { type: "crash", node: id, disk } };
    }
    case "receive":
    case "timeout":
    case "request": {
      if (local.status !== "up") return null;
      const { memory } = local;
      const step = stepped(context, memory, happening);
      const fired = happening.type === "timeout" ? happening.timer : null;
      const timers = fired === null ? local.timers : local.timers.filter((timer) => timer !== fired);
      const behind = local.behind ?? { disk: memory.durable, unwritten: [] };
      const before = { timers, behind, durable: memory.durable };
      return settle(context, before, [], step, { type: "input", input: happening });
    }
  }
}

/** The oldest unwritten step reaches the disk, what waited for it goes, and then the protocol is told. */
function persist(context: NodeContext, local: Local): Change | null {
  if (local.status !== "up" || local.behind === null) return null;
  const [oldest, ...unwritten] = local.behind.unwritten;
  if (oldest === undefined) return null;
  const { memory, timers } = local;
  const { durable: disk, effects } = oldest;
  const step = stepped(context, memory, deepFreeze({ type: "persisted", durable: disk }));
  const before = { timers, behind: { disk, unwritten }, durable: memory.durable };
  return settle(context, before, effects, step, { type: "persist" });
}

function stepped(context: NodeContext, memory: State<Signature>, input: Input<Signature>): Step<Signature> {
  const { protocol, config } = context.node;
  return called(context, "step", memory.durable, [memory, input], () => protocol.step(config, memory, input));
}

/** A call of the protocol's, on frozen inputs. What it makes durable is plain, or it is this call that is to blame. */
function called(
  context: NodeContext,
  name: "start" | "step",
  durable: Plain,
  inputs: readonly unknown[],
  call: () => Step<Signature>,
): Step<Signature> {
  return context.call(name, inputs, call, ({ state }) => {
    if (state.durable !== durable) encode({ state });
  });
}

/** A running node before a step's result is put in place: its shell, and what was durable in its memory. */
type Before = { readonly timers: readonly string[]; readonly behind: Behind; readonly durable: Plain };

/** How often in a row a protocol may make something else durable each time that it hears that the disk has caught up. */
const ROUNDS_MAX = 100;

/**
 * Puts a step's result in place. Where the disk has what the step made durable, the protocol is told so at once, and what
 * it does then is put in place as well, until it makes nothing new durable or the disk lags behind.
 *
 * @param releasedBefore the effects that went before the step
 */
function settle(
  context: NodeContext,
  before: Before,
  releasedBefore: readonly Effect<Signature>[],
  first: Step<Signature>,
  what: What,
): Change {
  const { disk, unwritten } = before.behind;
  const isSynchronous = context.persistence === "synchronous";
  let { timers, durable } = before;
  let released = releasedBefore;
  let step = first;
  for (let round = 0; round <= ROUNDS_MAX; round++) {
    const { state: memory, effects } = step;
    timers = timersAfter(timers, effects);
    if (!isSynchronous && (unwritten.length > 0 || !isEqual(disk, memory.durable))) {
      const waiting = effects.filter(waitsForDisk);
      const behind = { disk, unwritten: queued(unwritten, { durable: memory.durable, effects: waiting }) };
      released = [...released, ...effects.filter((effect) => !waitsForDisk(effect))];
      return changed(context, { status: "up", memory, timers, behind }, released, what);
    }
    released = released.length === 0 ? effects : [...released, ...effects];
    if (memory.durable === durable)
      return changed(context, { status: "up", memory, timers, behind: null }, released, what);
    durable = memory.durable;
    step = stepped(context, deepFreeze(memory), deepFreeze({ type: "persisted", durable }));
  }
  const { node, id } = context;
  const why = `it makes another state durable each time that it is told of the last, ${ROUNDS_MAX} times in a row`;
  throw new EvaluationError(`${node.protocol.name}.step of node ${id}`, new RangeError(why), encode(step.state));
}

/** What observers are told happened, beside what became of the node. */
type What =
  { readonly type: "start" | "persist" } | { readonly type: "input"; readonly input: OutsideInput<Signature> };

function changed({ id }: NodeContext, local: UpLocal, released: readonly Effect<Signature>[], what: What): Change {
  return { local, released, event: eventOf(id, local, released, what) };
}

/** Spelled out rather than spread, since it is made at every real call. */
function eventOf(
  node: NodeId,
  local: UpLocal,
  effects: readonly Effect<Signature>[],
  what: What,
): NodeEvent<Signature> {
  const { memory: state } = local;
  const disk = diskOf(local);
  switch (what.type) {
    case "start":
      return { type: "start", node, effects, state, disk };
    case "persist":
      return { type: "persist", node, effects, state, disk };
    case "input":
      return { type: "input", input: what.input, node, effects, state, disk };
  }
}

/** A step that leaves the durable state as the step before it did is written with it. */
function queued(unwritten: readonly Unwritten[], next: Unwritten): readonly Unwritten[] {
  const last = unwritten.at(-1);
  if (last === undefined || !isEqual(last.durable, next.durable)) return [...unwritten, next];
  return [...unwritten.slice(0, -1), { durable: next.durable, effects: [...last.effects, ...next.effects] }];
}

function waitsForDisk(effect: Effect<Signature>): boolean {
  return effect.type === "output" || (effect.type === "send" && effect.after === "durable");
}

function timersAfter(timers: readonly string[], effects: readonly Effect<Signature>[]): readonly string[] {
  if (!effects.some(({ type }) => type === "setTimer" || type === "clearTimer")) return timers;
  const running = new Set(timers);
  for (const effect of effects) {
    if (effect.type === "setTimer") running.add(effect.timer);
    if (effect.type === "clearTimer") running.delete(effect.timer);
  }
  return [...running].sort();
}
