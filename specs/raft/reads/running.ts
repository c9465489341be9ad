/**
 * Clusters that have run for a while. What a model is about often begins with a leader, and the ways to a first leader
 * are explored elsewhere (raft/election): a model that begins with one reaches so much further.
 */

import type { ClusterNode, OutsideInput } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { Effect, Input, NodeId, Send, Signature, State } from "@quorate/core";

type Nodes<S extends Signature> = { readonly [name: string]: ClusterNode<S> };

/** Something that happened to one node from outside. */
export type Occurrence<S extends Signature> = { readonly node: NodeId; readonly input: OutsideInput<S> };

/** A running node: its memory, the timers that run, what it sent that is late, and the effects of what happened last. */
type Life<S extends Signature> = {
  readonly state: State<S>;
  readonly timers: readonly S["timer"][];
  readonly late: readonly Send<S>[];
  readonly effects: readonly Effect<S>[];
};

/**
 * The nodes as they are after `occurrences`: what each led to was delivered, in the order of sending, before the next,
 * and the disks had everything at once. Observers hear nothing of it. The first step of each node leads there, so that
 * a node that crashes would not start again as it should: the model must be one without crashes.
 *
 * @param isLate which messages are still under way in the end, whatever was sent after them; none unless given
 */
export function running<S extends Signature>(
  nodes: Nodes<S>,
  occurrences: readonly Occurrence<S>[],
  isLate: (message: S["message"]) => boolean = () => false,
): Nodes<S> {
  const lives = new Map(Object.entries(nodes).map(([name, node]) => [name, started(node)]));
  const happen = (name: string, input: Input<S>): readonly Occurrence<S>[] => {
    const [node, life] = [nodes[name], lives.get(name)];
    if (node === undefined || life === undefined) throw new RangeError(`There is no node ${name}.`);
    const after = stepped(node, life, input);
    const sent = after.effects.filter((effect) => effect.type === "send");
    lives.set(name, { ...after, late: [...life.late, ...sent.filter(({ message }) => isLate(message))] });
    return sent
      .filter(({ message }) => !isLate(message))
      .map(({ to, message }) => ({ node: to, input: { type: "receive", from: nodeId(name), message } }));
  };
  for (const occurrence of occurrences) {
    const due = [occurrence];
    // What a delivery leads to comes after all that is due already: the list grows while it is gone through.
    for (const { node, input } of due) due.push(...happen(node, input));
  }
  return Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => [name, beginningWith(node, lives.get(name) ?? started(node))]),
  );
}

function started<S extends Signature>({ protocol, config }: ClusterNode<S>): Life<S> {
  const { state, effects } = protocol.start(config, protocol.initial(config));
  return { state, timers: timersAfter([], effects), late: [], effects };
}

/** The node after `input` and, if that made something new durable, after the disk has it. */
function stepped<S extends Signature>(node: ClusterNode<S>, life: Life<S>, input: Input<S>): Life<S> {
  const { state, effects } = node.protocol.step(node.config, life.state, input);
  const fired = input.type === "timeout" ? input.timer : null;
  const timers = timersAfter(
    life.timers.filter((timer) => timer !== fired),
    effects,
  );
  const { late } = life;
  if (state.durable === life.state.durable) return { state, timers, late, effects };
  const told = stepped(node, { state, timers, late, effects }, { type: "persisted", durable: state.durable });
  return { ...told, effects: [...effects, ...told.effects] };
}

function timersAfter<S extends Signature>(
  timers: readonly S["timer"][],
  effects: readonly Effect<S>[],
): readonly S["timer"][] {
  return effects.reduce((running, effect) => {
    if (effect.type !== "setTimer" && effect.type !== "clearTimer") return running;
    const others = running.filter((timer) => timer !== effect.timer);
    return effect.type === "setTimer" ? [...others, effect.timer] : others;
  }, timers);
}

/** The node, which begins with `life`. */
function beginningWith<S extends Signature>(node: ClusterNode<S>, { state, timers, late }: Life<S>): ClusterNode<S> {
  const effects = [...timers.map((timer): Effect<S> => ({ type: "setTimer", timer })), ...late];
  return {
    ...node,
    protocol: { ...node.protocol, initial: () => state.durable, start: () => ({ state, effects }) },
  };
}
