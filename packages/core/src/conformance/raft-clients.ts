/** The clients of a simulated Raft cluster: what they ask, and what they may conclude from the answers. */

import type { NodeId } from "../protocol.ts";
import type { Index, Raft, RaftRequest } from "../raft/types.ts";
import type { NodeOutput } from "./cluster.ts";
import type { Asked } from "./raft-happenings.ts";
import { demand } from "./raft-properties.ts";
import type { RaftProperties } from "./raft-properties.ts";

/** A state machine whose state says which commands it was given, and in which order. Commands are numbers. */
type Machine = { readonly index: Index; readonly count: number; readonly sum: number };

const EMPTY: Machine = { index: 0, count: 0, sum: 0 };

function apply({ count, sum }: Machine, index: Index, command: number): Machine {
  return { index, count: count + 1, sum: (31 * sum + command) % 1_000_000_007 };
}

export class RaftClients {
  readonly #properties: RaftProperties;
  /** The machine of each node in its present life. */
  readonly #machines = new Map<NodeId, { readonly life: number; readonly machine: Machine }>();
  /** What a machine is after the command of each index, by whichever node delivered it first. */
  readonly #order: Machine[] = [];
  /** What was committed when each read was asked. */
  readonly #reads: Index[] = [];
  #commands = 0;
  #heard = 0;

  constructor(properties: RaftProperties) {
    this.#properties = properties;
  }

  /** Every command is another one, every read has an id of its own, and a snapshot is of what the node has delivered. */
  fillIn(node: NodeId, asked: Asked): RaftRequest {
    switch (asked.type) {
      case "broadcast":
        return { type: "broadcast", commands: Array.from({ length: asked.count }, () => ++this.#commands) };
      case "read":
        return { type: "read", id: this.#reads.push(this.#properties.commitIndex) - 1 };
      case "compact": {
        const { index } = this.#machines.get(node)?.machine ?? EMPTY;
        const at = this.#order.filter((machine) => machine.index <= index - asked.keep).at(-1) ?? EMPTY;
        return { type: "compact", index: at.index, chunks: [at.count, at.sum, "end"] };
      }
      case "changeMembership":
      case "transferLeadership":
        return asked;
    }
  }

  /** Takes note of what is new among `outputs`. */
  hear(outputs: readonly NodeOutput<Raft>[]): void {
    for (const output of outputs.slice(this.#heard)) this.#hear(output);
    this.#heard = outputs.length;
  }

  #hear({ node, life, output }: NodeOutput<Raft>): void {
    const known = this.#machines.get(node);
    const machine = known?.life === life ? known.machine : EMPTY;
    switch (output.type) {
      case "deliver":
        demand(typeof output.command === "number", "validity", `${node} delivers what nobody broadcast`);
        this.#machines.set(node, { life, machine: this.#deliver(node, machine, output.index, output.command) });
        return;
      case "restore": {
        const [count, sum, end] = output.chunks;
        const at = this.#order.filter(({ index }) => index <= output.index).at(-1) ?? EMPTY;
        const isSame = count === at.count && sum === at.sum && end === "end";
        demand(isSame, "stateMachineSafety", `${node} restores another state at ${output.index}`);
        this.#machines.set(node, { life, machine: at });
        return;
      }
      case "readable": {
        const begun = this.#reads[Number(output.id)] ?? Infinity;
        demand(output.index >= begun, "linearizableReads", `a read begun at ${begun} is served at ${output.index}`);
        const at = this.#order.filter(({ index }) => index <= output.index).at(-1) ?? EMPTY;
        const lacks = `${node} serves a read at ${output.index}, and has delivered up to ${machine.index}`;
        demand(machine.index >= at.index, "linearizableReads", lacks);
        return;
      }
      case "refused":
        return;
    }
  }

  /** The next command at a node is the first one of all, or the one that came next elsewhere. */
  #deliver(node: NodeId, machine: Machine, index: Index, command: number): Machine {
    const delivered = apply(machine, index, command);
    const known = this.#order[machine.count];
    if (known === undefined) this.#order.push(delivered);
    const isSame = known === undefined || (known.index === index && known.sum === delivered.sum);
    demand(isSame, "stateMachineSafety", `${node} delivers another command at ${index}`);
    return delivered;
  }
}
