import { log, nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, RaftConfig, RaftDurable, RaftEntry, RaftInput, RaftState, RaftStep } from "@quorate/core";
import type { Proposals } from "./measurement.ts";

/** A command of a hundred bytes. */
const COMMAND = "put /registry/pods/default/a-name ".padEnd(100, "v");
/** How often the nodes compact their logs, in entries, so that a log stays about as long as it was. */
const COMPACTION_PERIOD = 1000;

interface Running {
  readonly id: NodeId;
  readonly config: RaftConfig;
  state: RaftState;
  delivered: number;
}

/**
 * Three nodes of Raft in this process, without disks or sockets: messages arrive in the order in which they were sent, and
 * a disk has at once what its node makes durable.
 */
export class Trio {
  readonly #length: number;
  readonly #nodes: readonly Running[];
  readonly #network: { readonly to: NodeId; readonly input: RaftInput }[] = [];
  #steps = 0;

  /** The first of them leads, and all have logs of `length` entries. */
  constructor(length: number) {
    this.#length = length;
    const ids = ["a", "b", "c"].map(nodeId);
    const disk = diskWith(length);
    this.#nodes = ids.map((self) => {
      const config = raftConfig({ self, voters: ids });
      return { id: self, config, state: raft.start(config, disk).state, delivered: 0 };
    });
    this.#giveLeader({ type: "timeout", timer: "election" });
    this.#settle();
  }

  /** Proposes batches of that many commands for that long, each once all nodes have delivered the one before. */
  propose(batch: number, seconds: number): Proposals {
    const commands = Array.from({ length: batch }, () => COMMAND);
    const [before, stepsBefore, started] = [this.#delivered(), this.#steps, performance.now()];
    let elapsed = 0;
    while (elapsed < seconds) {
      this.#giveLeader({ type: "request", request: { type: "broadcast", commands } });
      this.#settle();
      for (const node of this.#nodes) this.#compact(node);
      elapsed = (performance.now() - started) / 1000;
    }
    return { proposals: this.#delivered() - before, steps: this.#steps - stepsBefore, seconds: elapsed };
  }

  /** What every node has delivered. */
  #delivered(): number {
    return Math.min(...this.#nodes.map(({ delivered }) => delivered));
  }

  #compact(node: Running): void {
    const { log: held } = node.state.durable;
    const index = log.lastIndex(held) - this.#length;
    if (index - held.before < COMPACTION_PERIOD) return;
    this.#give(node, { type: "request", request: { type: "compact", index, chunks: [null] } });
  }

  #settle(): void {
    for (let at = 0; at < this.#network.length; at++) {
      const next = this.#network[at];
      const node = this.#nodes.find(({ id }) => id === next?.to);
      if (next !== undefined && node !== undefined) this.#give(node, next.input);
    }
    this.#network.length = 0;
  }

  #giveLeader(input: RaftInput): void {
    for (const node of this.#nodes.slice(0, 1)) this.#give(node, input);
  }

  #give(node: Running, input: RaftInput): void {
    let next: RaftInput | null = input;
    while (next !== null) {
      this.#steps++;
      const { state, effects }: RaftStep = raft.step(node.config, node.state, next);
      next = state.durable === node.state.durable ? null : { type: "persisted", durable: state.durable };
      node.state = state;
      for (const effect of effects) {
        if (effect.type === "output" && effect.output.type === "deliver") node.delivered++;
        if (effect.type !== "send") continue;
        this.#network.push({ to: effect.to, input: { type: "receive", from: node.id, message: effect.message } });
      }
    }
  }
}

/** What is on a disk after that many entries of an earlier term. */
function diskWith(length: number): RaftDurable {
  let held = log.emptyLog<RaftEntry>();
  while (log.lastIndex(held) < length) {
    const missing = Math.min(1000, length - log.lastIndex(held));
    const entries = Array.from({ length: missing }, (): RaftEntry => ({ type: "command", term: 1, command: COMMAND }));
    held = log.append(held, entries);
  }
  return { term: 1, votedFor: null, log: held, snapshot: null };
}
