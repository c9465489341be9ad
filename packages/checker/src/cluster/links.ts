/** Fifo links: each link's queue is one value of the state, and what is appended or taken is remembered. */

import type { Signature } from "@quorate/core";
import { IdMap } from "../engine/id-map.ts";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import { Table } from "../engine/table.ts";
import type { Envelope } from "./cluster.ts";
import type { Outcomes } from "./outcomes.ts";

/** All links of a cluster: one from each node to each node, itself included, by sender and then by receiver. */
export class Links {
  readonly #links: readonly Link[];
  readonly #outcomes: Outcomes;
  readonly #nodes: number;

  constructor(nodes: readonly string[], outcomes: Outcomes) {
    this.#nodes = nodes.length;
    this.#outcomes = outcomes;
    this.#links = nodes.flatMap((from) => nodes.map((to) => new Link(from, to, outcomes.envelopes)));
  }

  get count(): number {
    return this.#links.length;
  }

  table(link: number): Table<readonly Envelope<Signature>[]> {
    return this.#link(link).table;
  }

  /** The link that a message takes. */
  linkOf(envelope: number): number {
    const { senders, receivers } = this.#outcomes;
    return (senders[envelope] as number) * this.#nodes + (receivers[envelope] as number);
  }

  append(link: number, queue: number, envelope: number): number {
    return this.#link(link).append(queue, envelope);
  }

  /** The message that is delivered next, or ABSENT if the queue is empty. */
  head(link: number, queue: number): number {
    return this.#link(link).head(queue);
  }

  /** The queue without its head. */
  tail(link: number, queue: number): number {
    return this.#link(link).tail(queue);
  }

  #link(link: number): Link {
    return this.#links[link] as Link;
  }
}

/** The queue of one link. The empty queue has id 0. */
class Link {
  readonly table: Table<readonly Envelope<Signature>[]>;
  readonly #envelopes: Table<Envelope<Signature>>;
  readonly #appended = new PairMap(64);
  readonly #heads = new IdMap();
  readonly #tails = new IdMap();

  constructor(from: string, to: string, envelopes: Table<Envelope<Signature>>) {
    this.table = new Table(JSON.stringify(["link", from, to]));
    this.#envelopes = envelopes;
    this.table.intern([]);
  }

  append(queue: number, envelope: number): number {
    const known = this.#appended.get(queue, envelope);
    if (known !== ABSENT) return known;
    const next = this.table.intern([...this.table.value(queue), this.#envelopes.value(envelope)]);
    this.#appended.add(queue, envelope, next);
    return next;
  }

  head(queue: number): number {
    const known = this.#heads.get(queue);
    if (known !== ABSENT) return known;
    const first = this.table.value(queue)[0];
    if (first === undefined) return ABSENT;
    const head = this.#envelopes.intern(first);
    this.#heads.set(queue, head);
    return head;
  }

  tail(queue: number): number {
    const known = this.#tails.get(queue);
    if (known !== ABSENT) return known;
    const tail = this.table.intern(this.table.value(queue).slice(1));
    this.#tails.set(queue, tail);
    return tail;
  }
}
