/**
 * One node of a cluster, with what its shell holds for it: memory, timers, disk, and the effects that wait for the disk.
 * Every function here is pure, and what it computes is remembered by the engine.
 */

import type { Effect, Input, Plain, Signature, State, Step } from "@quorate/core";
import { isEqual } from "../values/equal.ts";
import type { ClusterNode, NodeEvent } from "./cluster.ts";
import type { NodeId } from "@quorate/core";

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
  | Input<Signature>;

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
  /** Makes a call of the protocol's own function `name` on `inputs`, with whatever care is due. */
  call(name: "start" | "step", inputs: readonly unknown[], call: () => Step<Signature>): Step<Signature>;
}

/** What a restart of a node in `local` would start from. */
export function diskOf(local: Local): Plain {
  if (local.status !== "up") return local.disk;
  return local.behind === null ? local.memory.durable : local.behind.disk;
}

/** What `happening` makes of a node in `local`, or null where it can't happen. */
export function change(context: NodeContext, local: Local, happening: Happening): Change | null {
  const { id, node } = context;
  switch (happening.type) {
    case "start": {
      if (local.status !== "down") return null;
      const step = context.call("start", [local.disk], () => node.protocol.start(node.config, local.disk));
      return settle(context, { disk: local.disk, unwritten: [] }, [], step, { type: "start" });
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
      const step = context.call("step", [memory, happening], () => node.protocol.step(node.config, memory, happening));
      const fired = happening.type === "timeout" ? happening.timer : null;
      const timers = fired === null ? local.timers : local.timers.filter((timer) => timer !== fired);
      const behind = local.behind ?? { disk: local.memory.durable, unwritten: [] };
      return settle(context, behind, timers, step, { type: "input", input: happening });
    }
  }
}

/** The oldest unwritten step reaches the disk, and what waited for it goes. */
function persist(context: NodeContext, local: Local): Change | null {
  if (local.status !== "up" || local.behind === null) return null;
  const [oldest, ...unwritten] = local.behind.unwritten;
  if (oldest === undefined) return null;
  const behind = unwritten.length === 0 ? null : { disk: oldest.durable, unwritten };
  return changed(context, { ...local, behind }, oldest.effects, { type: "persist" });
}

/** Puts a step's result in place. */
function settle(
  context: NodeContext,
  { disk, unwritten }: Behind,
  timersBefore: readonly string[],
  { state, effects }: Step<Signature>,
  what: What,
): Change {
  const timers = timersAfter(timersBefore, effects);
  if (context.persistence === "synchronous" || (unwritten.length === 0 && isEqual(disk, state.durable))) {
    return changed(context, { status: "up", memory: state, timers, behind: null }, effects, what);
  }
  const waiting = effects.filter(waitsForDisk);
  const released = effects.filter((effect) => !waitsForDisk(effect));
  const behind = { disk, unwritten: queued(unwritten, { durable: state.durable, effects: waiting }) };
  return changed(context, { status: "up", memory: state, timers, behind }, released, what);
}

/** What observers are told happened, beside what became of the node. */
type What = { readonly type: "start" | "persist" } | { readonly type: "input"; readonly input: Input<Signature> };

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
