/** The clients of a cluster: what each asks of whom, in order, and how far it has come. */

import { ABSENT } from "../engine/pair-map.ts";
import { Table } from "../engine/table.ts";
import type { Cluster } from "./cluster.ts";
import type { Outcomes } from "./outcomes.ts";

export class Clients {
  /** By client: how many requests it has made, as values of its slot. */
  readonly counts: readonly Table<number>[];
  /** By client: the nodes that it may turn to, and its requests as happenings. */
  readonly #nodes: readonly (readonly number[])[];
  readonly #requests: readonly (readonly number[])[];

  /** @throws RangeError if a client turns to a node that there is not */
  constructor({ clients = {}, nodes }: Cluster["options"], outcomes: Outcomes) {
    const entries = Object.entries(clients);
    this.counts = entries.map(([name]) => new Table(`client ${name}`));
    this.#nodes = entries.map(([name, { to }]) =>
      to.map((id) => {
        const node = outcomes.nodeIndex(id);
        if (node !== ABSENT) return node;
        throw new RangeError(
          `Client ${name} names ${id}, which is none of the nodes ${Object.keys(nodes).join(", ")}.`,
        );
      }),
    );
    this.#requests = entries.map(([, { requests }]) =>
      requests.map((request) => outcomes.happenings.intern({ type: "request", request })),
    );
  }

  /** The nodes that a client may turn to. */
  nodesOf(client: number): readonly number[] {
    return this.#nodes[client] as readonly number[];
  }

  /** The next request of a client, by the id of its count; ABSENT if it has made all of them. */
  next(client: number, count: number): number {
    const requests = this.#requests[client] as readonly number[];
    return requests[(this.counts[client] as Table<number>).value(count)] ?? ABSENT;
  }

  /** The id of a client's count after one request more. */
  countAfter(client: number, count: number): number {
    const counts = this.counts[client] as Table<number>;
    return counts.intern(counts.value(count) + 1);
  }
}
