/**
 * State machines that make snapshots and restore them. A machine's state is the list of the commands that it has applied,
 * so that whatever is lost, repeated or mixed up shows.
 */

import { isEqual } from "@quorate/checker";
import type { ClusterNode, NodeEvent, Observer } from "@quorate/checker";
import { log } from "@quorate/core";
import type { Index, Plain, Raft, RaftInput, RaftOutput, RaftState } from "@quorate/core";

/** What a machine has applied, and the index up to which its last snapshot went, by the snapshot's own word. */
export type Machine = { readonly applied: readonly Plain[]; readonly snapshotOf: Index };

export type MachineHistory = {
  /** By node, the machine of its present life, unless that has done nothing yet. */
  readonly machines: { readonly [node: string]: Machine };
  /** The nodes that have restored a snapshot that says it goes up to another index than it was delivered for. */
  readonly mixedUp: readonly string[];
};

const FRESH: Machine = { applied: [], snapshotOf: 0 };

/** The nodes, each of which compacts with what its own machine has come to: what the request brings along is not used. */
export function withMachines(
  nodes: { readonly [name: string]: ClusterNode<Raft> },
  chunkCount: number,
): { readonly [name: string]: ClusterNode<Raft> } {
  return Object.fromEntries(
    Object.entries(nodes).map(([name, { protocol, config }]): [string, ClusterNode<Raft>] => {
      const step: typeof protocol.step = (own, state, input) =>
        protocol.step(own, state, withOwnSnapshot(state, input, chunkCount));
      return [name, { config, protocol: { ...protocol, step } }];
    }),
  );
}

function withOwnSnapshot(state: RaftState, input: RaftInput, chunkCount: number): RaftInput {
  if (input.type !== "request" || input.request.type !== "compact") return input;
  const { index } = input.request;
  const { durable, volatile } = state;
  if (index <= durable.log.before || index > volatile.commitIndex) return input;
  const before = durable.snapshot === null ? FRESH : machineOf(durable.snapshot.chunks);
  const entries = log.slice(durable.log, log.firstIndex(durable.log), index);
  const added = entries.flatMap((entry): readonly Plain[] => (entry.type === "command" ? [entry.command] : []));
  const chunks = snapshotChunks({ applied: [...before.applied, ...added], snapshotOf: index }, chunkCount);
  return { type: "request", request: { type: "compact", index, chunks } };
}

/** A machine in one chunk or in two: the index, and the commands. */
export function snapshotChunks({ applied, snapshotOf }: Machine, chunkCount: number): readonly Plain[] {
  return chunkCount === 1 ? [{ snapshotOf, applied }] : [{ snapshotOf }, { applied }];
}

function machineOf(chunks: readonly Plain[]): Machine {
  return chunks.reduce<Machine>((machine, chunk) => ({ ...machine, ...partOf(chunk) }), FRESH);
}

function partOf(chunk: Plain): Partial<Machine> {
  if (typeof chunk !== "object" || chunk === null || !("applied" in chunk || "snapshotOf" in chunk)) return {};
  const applied = "applied" in chunk && Array.isArray(chunk.applied) ? { applied: [...chunk.applied] } : {};
  const snapshotOf = "snapshotOf" in chunk && typeof chunk.snapshotOf === "number" ? chunk.snapshotOf : null;
  return snapshotOf === null ? applied : { ...applied, snapshotOf };
}

/** Feeds the machines with what is delivered and restored. */
export const machineObserver: Observer<Raft, MachineHistory> = {
  initial: { machines: {}, mixedUp: [] },
  observe(history, event) {
    if (event.type === "crash") return withoutMachine(history, event.node);
    return outputsOf(event).reduce((so, output) => withOutput(so, event.node, output), history);
  },
};

/** State Machine Safety, over deliveries and restores: of any two machines, one has applied what the other has, and more. */
export function machinesAgree({ history }: { readonly history: { readonly machines: MachineHistory } }): boolean {
  const applied = Object.values(history.machines.machines).map((machine) => machine.applied);
  return applied.every((one) => applied.every((other) => isPrefix(one, other) || isPrefix(other, one)));
}

/** A snapshot that is restored is one that was made, with all its chunks. */
export function snapshotsWhole({ history }: { readonly history: { readonly machines: MachineHistory } }): boolean {
  return history.machines.mixedUp.length === 0;
}

function isPrefix(one: readonly Plain[], other: readonly Plain[]): boolean {
  return one.length <= other.length && one.every((command, at) => isEqual(command, other[at]));
}

function outputsOf({ effects }: Exclude<NodeEvent<Raft>, { readonly type: "crash" }>): readonly RaftOutput[] {
  return effects.flatMap((effect) => (effect.type === "output" ? [effect.output] : []));
}

function withOutput(history: MachineHistory, node: string, output: RaftOutput): MachineHistory {
  const machine = history.machines[node] ?? FRESH;
  switch (output.type) {
    case "deliver":
      return withMachine(history, node, { ...machine, applied: [...machine.applied, output.command] });
    case "restore": {
      const restored = machineOf(output.chunks);
      const isMixed = restored.snapshotOf !== output.index && !history.mixedUp.includes(node);
      const mixedUp = isMixed ? [...history.mixedUp, node].sort() : history.mixedUp;
      return withMachine({ ...history, mixedUp }, node, restored);
    }
    case "readable":
    case "refused":
      return history;
  }
}

function withMachine(history: MachineHistory, node: string, machine: Machine): MachineHistory {
  return { ...history, machines: { ...history.machines, [node]: machine } };
}

function withoutMachine(history: MachineHistory, node: string): MachineHistory {
  if (!Object.hasOwn(history.machines, node)) return history;
  const machines = Object.fromEntries(Object.entries(history.machines).filter(([other]) => other !== node));
  return { ...history, machines };
}
