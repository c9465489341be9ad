/** A Raft cluster in memory, and the properties of Figure 3 of the paper, looked at after each thing that happens to it. */

import { entryAt, lastIndex } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import type { Raft, RaftRequest } from "../raft/index.ts";
import { termAt } from "../raft/log-terms.ts";
import { Cluster } from "./cluster.ts";
import type { Member, NodeOutput, Persistence } from "./cluster.ts";
import { encode } from "./codec.ts";
import { perform } from "./schedule.ts";
import type { Action } from "./schedule.ts";

/** One thing that happens: what the suite has, and a timer of a given kind, since elections must not come too often. */
export type Happening =
  Action<Raft> | { readonly type: "timer"; readonly timer: Raft["timer"]; readonly which: number };

/** What one life of a node has delivered: what a state machine would hold that remembers everything. */
type Delivered = {
  readonly life: number;
  readonly commands: readonly (readonly [number, Plain])[];
  readonly through: number;
};

/** A cluster under the eyes of the properties of Figure 3, which are looked at after each thing that happens. */
export class Watched {
  readonly cluster: Cluster<Raft>;
  readonly delivered: Map<NodeId, Delivered> = new Map<NodeId, Delivered>();
  readonly leaders: Map<number, NodeId> = new Map<number, NodeId>();
  restores = 0;
  readsAnswered = 0;
  readonly #protocol: Protocol<Raft>;
  readonly #order = new Map<number, string>();
  readonly #reads: number[] = [];
  readonly #committed = new Map<NodeId, { readonly starts: number; readonly index: number; readonly term: number }>();
  #outputsSeen = 0;

  constructor(protocol: Protocol<Raft>, members: readonly Member<Raft>[], persistence: Persistence) {
    this.#protocol = protocol;
    this.cluster = new Cluster(this.#protocol, members, persistence);
  }

  /** Requests are filled in with what they have to hold when they are made: read ids of their own, and real snapshots. */
  act(action: Happening): void {
    if (action.type === "request") this.request(action.which, action.request);
    else if (action.type === "timer") this.fire(action.which, action.timer);
    else perform(this.cluster, action);
    this.demandSafety();
  }

  /** Most requests find the leader. */
  request(which: number, request: RaftRequest): void {
    const { nodes } = this.cluster;
    const leaders = nodes.filter(({ life }) => life?.memory.volatile.role.type === "leader");
    const asked = which % 5 === 0 || leaders.length === 0 ? nodes : leaders;
    const node = asked[which % asked.length];
    if (node === undefined) return;
    this.cluster.input(node.id, { type: "request", request: this.#filledIn(node.id, request) });
  }

  fire(which: number, timer: Raft["timer"]): void {
    const running = this.cluster.nodes.filter(({ life }) => life?.timers.includes(timer) === true);
    const node = running[which % running.length];
    if (node !== undefined) this.cluster.input(node.id, { type: "timeout", timer });
  }

  #filledIn(node: NodeId, request: RaftRequest): RaftRequest {
    if (request.type === "read") {
      this.#reads.push(Math.max(0, ...this.cluster.nodes.map(({ life }) => life?.memory.volatile.commitIndex ?? 0)));
      return { type: "read", id: this.#reads.length - 1 };
    }
    if (request.type !== "compact") return request;
    const { commands, through } = this.delivered.get(node) ?? { commands: [], through: 0 };
    return { type: "compact", index: through, chunks: [commands, "end"] };
  }

  /** @throws Error naming the property that does not hold */
  demandSafety(): void {
    for (const output of this.cluster.outputs.slice(this.#outputsSeen)) this.#observe(output);
    this.#outputsSeen = this.cluster.outputs.length;
    for (const { id, life, starts } of this.cluster.nodes) {
      if (life === null) continue;
      const { durable, volatile } = life.memory;
      const before = this.#committed.get(id);
      if (before !== undefined && before.starts === starts) {
        demand(volatile.commitIndex >= before.index && durable.term >= before.term, "monotonicity");
      }
      this.#committed.set(id, { starts, index: volatile.commitIndex, term: durable.term });
      if (volatile.role.type === "leader") this.#observeLeader(id, durable.term);
    }
    this.#demandLogMatching();
  }

  #observeLeader(id: NodeId, term: number): void {
    const known = this.leaders.get(term);
    demand(known === undefined || known === id, "electionSafety");
    if (known === undefined) this.#demandLeaderCompleteness(id, term);
    this.leaders.set(term, id);
  }

  /** Whatever was delivered anywhere so far was committed before the leader's term. */
  #demandLeaderCompleteness(id: NodeId, term: number): void {
    const durable = this.cluster.nodes.find((node) => node.id === id)?.life?.memory.durable;
    if (durable === undefined || [...this.leaders.keys()].some((other) => other > term)) return;
    for (const [index, command] of this.#order) {
      if (index <= durable.log.before) continue;
      const entry = index <= lastIndex(durable.log) ? entryAt(durable.log, index) : null;
      demand(entry?.type === "command" && encode(entry.command) === command, "leaderCompleteness");
    }
  }

  #observe({ node, life, output }: NodeOutput<Raft>): void {
    const known = this.delivered.get(node);
    const before = known?.life === life ? known : { life, commands: [], through: 0 };
    switch (output.type) {
      case "deliver":
        demand(output.index > before.through, "integrity");
        this.#demandOrder(output.index, output.command);
        this.delivered.set(node, {
          life,
          commands: [...before.commands, [output.index, output.command]],
          through: output.index,
        });
        return;
      case "restore": {
        this.restores++;
        demand(output.index > before.through && output.chunks.at(-1) === "end", "integrity");
        const commands = (output.chunks[0] ?? []) as Delivered["commands"];
        for (const [index, command] of commands) this.#demandOrder(index, command);
        const missed = [...this.#order.keys()].filter((index) => index <= output.index).length - commands.length;
        demand(missed === 0, "snapshots are complete");
        this.delivered.set(node, { life, commands, through: output.index });
        return;
      }
      case "readable":
        this.readsAnswered++;
        demand(output.index >= (this.#reads[output.id as number] ?? Infinity), "linearizability of reads");
        return;
      case "refused":
        return;
    }
  }

  #demandOrder(index: number, command: Plain): void {
    const known = this.#order.get(index);
    demand(known === undefined || known === encode(command), "stateMachineSafety");
    this.#order.set(index, encode(command));
  }

  #demandLogMatching(): void {
    const logs = this.cluster.nodes.map(({ life, disk }) => life?.memory.durable ?? disk);
    for (const [at, a] of logs.entries()) {
      for (const b of logs.slice(at + 1)) {
        let agree = false;
        for (
          let index = Math.min(lastIndex(a.log), lastIndex(b.log));
          index > Math.max(a.log.before, b.log.before);
          index--
        ) {
          const same = termAt(a, index) === termAt(b, index);
          demand(same || !agree, "logMatching");
          agree = same;
        }
      }
    }
  }
}

function demand(condition: boolean, property: string): void {
  if (!condition) throw new Error(`${property} does not hold`);
}
