/**
 * A cluster as the engine explores it.
 *
 * The slots of a state: a local state for each node, how many requests each client has made, a history for each
 * observer, the conditions (budgets and partition) and, with fifo order, a queue for each link. Without order the
 * messages in flight are the bag.
 */

import type { Signature } from "@quorate/core";
import { emptyCursor } from "../engine/explorer.ts";
import type { Cursor } from "../engine/frontier.ts";
import { IdMap } from "../engine/id-map.ts";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import type { ActionDescription, FingerprintedCursor, Predicate, Sink, StateDescription, System } from "../engine/system.ts";
import { Table } from "../engine/table.ts";
import { callTwice } from "../values/purity.ts";
import { ConditionsTable, sidesOf } from "./budgets.ts";
import type { BudgetName } from "./budgets.ts";
import { networkOf } from "./cluster.ts";
import type { Cluster, NodeEvent } from "./cluster.ts";
import { describeCluster } from "./describe.ts";
import { Links } from "./links.ts";
import type { Happening } from "./local.ts";
import { IMPOSSIBLE, NOTHING_HAPPENS, Outcomes } from "./outcomes.ts";
import { clusterPredicates } from "./predicates.ts";

/** Something other than a delivery that a node in some local state can do. */
interface Option {
  readonly happening: number;
  readonly action: number;
  readonly budget: BudgetName | null;
}

/** A client with its nodes and requests as ids. */
interface ClientSlots {
  readonly to: readonly number[];
  readonly requests: readonly number[];
}

interface ObserverSlot {
  readonly name: string;
  observe(history: unknown, event: NodeEvent<Signature>): unknown;
}

/** No message is taken out of the network by this transition. */
const NOTHING = -1;

export class ClusterSystem implements System {
  readonly from: FingerprintedCursor = emptyCursor();
  readonly to: FingerprintedCursor = emptyCursor();
  readonly actions: string[] = [];
  readonly always: readonly Predicate[];
  readonly step: readonly Predicate[];
  readonly sometimes: readonly Predicate[];
  readonly constraint: Predicate | null;
  readonly deadlock: "forbidden" | "allowed";

  readonly options: Cluster["options"];
  readonly nodeNames: readonly string[];
  readonly outcomes: Outcomes;
  readonly conditions: ConditionsTable;
  readonly histories: readonly Table<unknown>[];
  readonly links: Links | null;
  readonly clientAt: number;
  readonly historyAt: number;
  readonly conditionsAt: number;
  readonly linksAt: number;
  readonly slots: number;

  readonly #observers: readonly ObserverSlot[];
  /** By observer: (history, outcome) to history. */
  readonly #observed: readonly PairMap[];
  readonly #clients: readonly ClientSlots[];
  readonly #counts: readonly Table<number>[];
  /** By node and local state. */
  readonly #optionsOf: (readonly Option[])[][];
  readonly #actionIds = new Map<string, number>();
  readonly #deliverActions = new IdMap();
  readonly #loseActions = new IdMap();
  readonly #duplicateActions = new IdMap();
  readonly #requestActions = new IdMap();
  readonly #sides: readonly (readonly string[])[];
  /** Whether the network is a set that deliveries leave as it is. */
  readonly #isSet: boolean;
  readonly #loses: boolean;
  readonly #duplicates: boolean;

  constructor(cluster: Cluster) {
    const { options } = cluster;
    const network = networkOf(options);
    this.options = options;
    this.nodeNames = Object.keys(options.nodes);
    this.outcomes = new Outcomes(options);
    this.conditions = new ConditionsTable(options);
    this.links = network.order === "fifo" ? new Links(this.nodeNames, this.outcomes) : null;
    this.#isSet = network.order === "none" && network.duplication === "unlimited";
    this.#loses = network.loss !== 0;
    this.#duplicates = network.duplication !== 0;
    this.#sides = sidesOf(this.nodeNames);
    this.#optionsOf = this.nodeNames.map(() => []);

    const observers = Object.entries(options.observers ?? {});
    this.#observers = observers.map(([name, observer]) => ({
      name,
      observe: (history, event) => observer.observe(history as never, event),
    }));
    this.histories = observers.map(([name]) => new Table(`history ${name}`));
    this.#observed = observers.map(() => new PairMap());
    const clients = Object.entries(options.clients ?? {});
    this.#counts = clients.map(([name]) => new Table(`client ${name}`));
    this.#clients = clients.map(([name, { to, requests }]) => ({
      to: to.map((id) => this.#nodeIndex(id, `Client ${name}`)),
      requests: requests.map((request) => this.outcomes.happenings.intern({ type: "request", request })),
    }));

    this.clientAt = this.nodeNames.length;
    this.historyAt = this.clientAt + clients.length;
    this.conditionsAt = this.historyAt + observers.length;
    this.linksAt = this.conditionsAt + 1;
    this.slots = this.linksAt + (this.links?.count ?? 0);

    const predicates = clusterPredicates(this);
    this.always = predicates.always;
    this.step = predicates.step;
    this.sometimes = predicates.sometimes;
    this.constraint = predicates.constraint;
    this.deadlock = options.deadlock ?? "allowed";
  }

  get calls(): number {
    return this.outcomes.calls;
  }

  initial(sink: Sink): void {
    const start = this.outcomes.happenings.intern({ type: "start" });
    const { from } = this;
    const words = new Uint32Array(this.slots);
    for (const [node, { protocol, config }] of Object.values(this.options.nodes).entries()) {
      const disk = callTwice(`${protocol.name}.initial of node ${this.nodeNames[node]}`, [], () => protocol.initial(config));
      words[node] = this.#locals(node).intern({ status: "down", disk });
    }
    for (const [client, counts] of this.#counts.entries()) words[this.clientAt + client] = counts.intern(0);
    for (const [index, observer] of Object.values(this.options.observers ?? {}).entries()) {
      words[this.historyAt + index] = this.#historyTable(index).intern(observer.initial);
    }
    words[this.conditionsAt] = this.conditions.initial;
    Object.assign(from, { words, at: 0, length: this.slots, ...this.#fingerprint(words) });

    // Each node's start is a transition of its own, of which only the last one's result is a state.
    const collector = new Latest();
    for (let node = 0; node < this.nodeNames.length; node++) {
      const outcome = this.outcomes.happen(node, from.words[from.at + node] as number, start);
      this.#transition(node, outcome, NOTHING, from.words[this.conditionsAt] as number, collector, ABSENT, 0);
      Object.assign(from, { words: collector.words, at: 0, length: collector.length, lo: collector.lo, hi: collector.hi });
      collector.words = new Uint32Array(0);
    }
    sink.reserve(from.length);
    sink.words.set(from.words.subarray(0, from.length));
    sink.emit(from.length, from.lo, from.hi, ABSENT, 0);
  }

  successors(sink: Sink): void {
    const { words, at } = this.from;
    const conditions = words[at + this.conditionsAt] as number;
    const cut = this.conditions.cut(conditions);
    if (this.links === null) this.#bagDeliveries(sink, conditions, cut);
    else this.#linkDeliveries(this.links, sink, conditions, cut);
    this.#nodeOptions(sink, conditions);
    this.#requests(sink, conditions);
    this.#partitions(sink, conditions, cut !== null);
  }

  describeState(cursor: Cursor): StateDescription {
    return describeCluster(this, cursor);
  }

  describeAction(action: number, detail: number): ActionDescription {
    const name = this.actions[action] ?? "start";
    const verb = name.split(" ")[0];
    switch (verb) {
      case "deliver":
      case "duplicate":
      case "lose":
        return { name, details: { ...this.outcomes.envelopes.value(detail) } };
      case "partition":
        return { name, details: { side: this.#sides[detail] ?? [] } };
      case "heal":
      case "start":
        return { name, details: {} };
      default: {
        const node = this.nodeNames[detail % this.nodeNames.length] ?? "";
        const happening = this.outcomes.happenings.value(Math.floor(detail / this.nodeNames.length));
        return { name, details: happening.type === "request" ? { node, request: happening.request } : { node } };
      }
    }
  }

  #bagDeliveries(sink: Sink, conditions: number, cut: readonly boolean[] | null): void {
    const { words, at, length } = this.from;
    const end = at + length;
    for (let index = at + this.slots; index < end; index++) {
      const envelope = words[index] as number;
      if (index > at + this.slots && words[index - 1] === envelope) continue;
      this.#delivery(sink, envelope, index - at, conditions, cut);
    }
  }

  #linkDeliveries(links: Links, sink: Sink, conditions: number, cut: readonly boolean[] | null): void {
    const { words, at } = this.from;
    for (let link = 0; link < links.count; link++) {
      const envelope = links.head(link, words[at + this.linksAt + link] as number);
      if (envelope !== ABSENT) this.#delivery(sink, envelope, this.linksAt + link, conditions, cut);
    }
  }

  /** @param place the word of the state that holds the message, or the queue that it heads */
  #delivery(sink: Sink, envelope: number, place: number, conditions: number, cut: readonly boolean[] | null): void {
    const { outcomes } = this;
    const receiver = outcomes.receiver(envelope);
    const lost = this.#loses ? this.conditions.spend(conditions, "loss") : ABSENT;
    if (lost !== ABSENT) {
      this.#transition(NOTHING, NOTHING_HAPPENS, place, lost, sink, this.#messageAction(this.#loseActions, "lose", envelope), envelope);
    }
    if (cut !== null && cut[outcomes.sender(envelope)] !== cut[receiver]) return;
    const { words, at } = this.from;
    const outcome = outcomes.receive(receiver, words[at + receiver] as number, envelope);
    if (outcome === IMPOSSIBLE) return;
    const idle = outcomes.isIdle[outcome] as boolean;
    if (!idle || this.links !== null) {
      const action = this.#messageAction(this.#deliverActions, "deliver", envelope);
      this.#transition(receiver, outcome, this.#isSet ? NOTHING : place, conditions, sink, action, envelope);
    }
    if (idle || this.#isSet || !this.#duplicates) return;
    const duplicated = this.conditions.spend(conditions, "duplication");
    if (duplicated === ABSENT) return;
    const action = this.#messageAction(this.#duplicateActions, "duplicate", envelope);
    this.#transition(receiver, outcome, NOTHING, duplicated, sink, action, envelope);
  }

  #nodeOptions(sink: Sink, conditions: number): void {
    const { words, at } = this.from;
    const nodes = this.nodeNames.length;
    for (let node = 0; node < nodes; node++) {
      const local = words[at + node] as number;
      for (const { happening, action, budget } of this.#optionsOf[node]?.[local] ?? this.#findOptions(node, local)) {
        const next = budget === null ? conditions : this.conditions.spend(conditions, budget);
        if (next === ABSENT) continue;
        const outcome = this.outcomes.happen(node, local, happening);
        this.#transition(node, outcome, NOTHING, next, sink, action, happening * nodes + node);
      }
    }
  }

  #requests(sink: Sink, conditions: number): void {
    const { words, at } = this.from;
    const nodes = this.nodeNames.length;
    for (let client = 0; client < this.#clients.length; client++) {
      const { to, requests } = this.#clients[client] as ClientSlots;
      const counts = this.#counts[client] as Table<number>;
      const made = counts.value(words[at + this.clientAt + client] as number);
      if (made >= requests.length) continue;
      const request = requests[made] as number;
      for (const node of to) {
        const outcome = this.outcomes.happen(node, words[at + node] as number, request);
        if (outcome === IMPOSSIBLE) continue;
        let action = this.#requestActions.get(request);
        if (action === ABSENT) {
          const happening = this.outcomes.happenings.value(request);
          action = this.#action(happening.type === "request" ? `request ${happening.request.type}` : happening.type);
          this.#requestActions.set(request, action);
        }
        this.#transition(node, outcome, NOTHING, conditions, sink, action, request * nodes + node, client, counts.intern(made + 1));
      }
    }
  }

  #partitions(sink: Sink, conditions: number, isCut: boolean): void {
    if (isCut) {
      const healed = this.conditions.withSide(conditions, null);
      this.#transition(NOTHING, NOTHING_HAPPENS, NOTHING, healed, sink, this.#action("heal"), 0);
      return;
    }
    const left = this.conditions.spend(conditions, "partitions");
    if (left === ABSENT) return;
    for (const [index, side] of this.#sides.entries()) {
      const next = this.conditions.withSide(left, side);
      this.#transition(NOTHING, NOTHING_HAPPENS, NOTHING, next, sink, this.#action("partition"), index);
    }
  }

  /**
   * Emits the state that differs from the one at `from` by an outcome of `node`, the removal of the message at `place`,
   * other conditions, and a client's count.
   */
  #transition(
    node: number,
    outcome: number,
    place: number,
    conditions: number,
    sink: Sink,
    action: number,
    detail: number,
    client: number = NOTHING,
    count: number = 0,
  ): void {
    const { outcomes, slots, links } = this;
    const { words, at, length } = this.from;
    const sends = outcomes.sends[outcome] as readonly number[];
    sink.reserve(length + sends.length);
    const next = sink.words;
    let { lo, hi } = this.from;
    for (let slot = 0; slot < slots; slot++) next[slot] = words[at + slot] as number;

    if (outcome > NOTHING_HAPPENS) {
      const before = words[at + node] as number;
      const after = outcomes.next[outcome] as number;
      const table = outcomes.locals[node] as Table<unknown>;
      next[node] = after;
      lo += (table.lo[after] as number) - (table.lo[before] as number);
      hi += (table.hi[after] as number) - (table.hi[before] as number);
    }
    if (outcome > NOTHING_HAPPENS) {
      for (let index = 0; index < this.histories.length; index++) {
        const slot = this.historyAt + index;
        const before = words[at + slot] as number;
        const after = this.#observe(index, before, outcome);
        if (after === before) continue;
        const table = this.histories[index] as Table<unknown>;
        next[slot] = after;
        lo += (table.lo[after] as number) - (table.lo[before] as number);
        hi += (table.hi[after] as number) - (table.hi[before] as number);
      }
    }
    const conditionsBefore = words[at + this.conditionsAt] as number;
    if (conditions !== conditionsBefore) {
      const { table } = this.conditions;
      next[this.conditionsAt] = conditions;
      lo += (table.lo[conditions] as number) - (table.lo[conditionsBefore] as number);
      hi += (table.hi[conditions] as number) - (table.hi[conditionsBefore] as number);
    }
    if (client !== NOTHING) {
      const table = this.#counts[client] as Table<number>;
      const before = words[at + this.clientAt + client] as number;
      next[this.clientAt + client] = count;
      lo += (table.lo[count] as number) - (table.lo[before] as number);
      hi += (table.hi[count] as number) - (table.hi[before] as number);
    }

    if (links !== null) {
      if (place !== NOTHING) next[place] = links.tail(place - this.linksAt, next[place] as number);
      for (const envelope of sends) {
        const slot = this.linksAt + links.linkOf(envelope);
        next[slot] = links.append(slot - this.linksAt, next[slot] as number, envelope);
      }
      for (let slot = this.linksAt; slot < slots; slot++) {
        const before = words[at + slot] as number;
        const after = next[slot] as number;
        if (before === after) continue;
        const table = links.table(slot - this.linksAt);
        lo += (table.lo[after] as number) - (table.lo[before] as number);
        hi += (table.hi[after] as number) - (table.hi[before] as number);
      }
      sink.emit(slots, lo | 0, hi | 0, action, detail);
      return;
    }

    // The bag stays in ascending order: what was in it, without the message at `place`, merged with what was sent.
    const { lo: messageLo, hi: messageHi } = outcomes.envelopes;
    const ascending = outcomes.ascendingSends[outcome] as readonly number[];
    let length2 = slots;
    let sent = 0;
    for (let index = slots; index < length; index++) {
      const envelope = words[at + index] as number;
      while (sent < ascending.length && (ascending[sent] as number) < envelope) {
        const message = ascending[sent++] as number;
        if (this.#isSet && message === ascending[sent]) continue;
        next[length2++] = message;
        lo += messageLo[message] as number;
        hi += messageHi[message] as number;
      }
      if (this.#isSet) while (sent < ascending.length && ascending[sent] === envelope) sent++;
      if (index === place) {
        lo -= messageLo[envelope] as number;
        hi -= messageHi[envelope] as number;
        continue;
      }
      next[length2++] = envelope;
    }
    while (sent < ascending.length) {
      const message = ascending[sent++] as number;
      if (this.#isSet && message === ascending[sent]) continue;
      next[length2++] = message;
      lo += messageLo[message] as number;
      hi += messageHi[message] as number;
    }
    sink.emit(length2, lo | 0, hi | 0, action, detail);
  }

  #observe(index: number, history: number, outcome: number): number {
    const memory = this.#observed[index] as PairMap;
    const known = memory.get(history, outcome);
    if (known !== ABSENT) return known;
    const { name, observe } = this.#observers[index] as ObserverSlot;
    const table = this.#historyTable(index);
    const event = this.outcomes.events[outcome] as NodeEvent<Signature>;
    const before = table.value(history);
    const after = table.intern(callTwice(`observer ${name}`, [before, event], () => observe(before, event)));
    memory.add(history, outcome, after);
    return after;
  }

  #findOptions(node: number, local: number): readonly Option[] {
    const state = this.#locals(node).value(local);
    const { happenings } = this.outcomes;
    const option = (happening: Happening, action: string, budget: BudgetName | null): Option => ({
      happening: happenings.intern(happening),
      action: this.#action(action),
      budget,
    });
    const found: Option[] = [];
    if (state.status === "down") found.push(option({ type: "start" }, "restart", null));
    if (state.status === "up") {
      for (const timer of state.timers) found.push(option({ type: "timeout", timer }, `timeout ${timer}`, "timeouts"));
      if (state.unwritten.length > 0) found.push(option({ type: "persist" }, "persist", null));
      if (this.#mayEver("crashStop")) found.push(option({ type: "stop" }, "stop", "crashStop"));
      if (this.#mayEver("crashRecovery")) found.push(option({ type: "crash" }, "crash", "crashRecovery"));
    }
    (this.#optionsOf[node] as (readonly Option[])[])[local] = found;
    return found;
  }

  #mayEver(budget: BudgetName): boolean {
    return this.conditions.spend(this.conditions.initial, budget) !== ABSENT;
  }

  #messageAction(known: IdMap, verb: string, envelope: number): number {
    const action = known.get(envelope);
    if (action !== ABSENT) return action;
    const added = this.#action(`${verb} ${this.outcomes.envelopes.value(envelope).message.type}`);
    known.set(envelope, added);
    return added;
  }

  #action(name: string): number {
    const known = this.#actionIds.get(name);
    if (known !== undefined) return known;
    const id = this.actions.push(name) - 1;
    this.#actionIds.set(name, id);
    return id;
  }

  #fingerprint(words: Uint32Array): { readonly lo: number; readonly hi: number } {
    let lo = 0;
    let hi = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      const table = this.tableOf(slot);
      lo += table.lo[words[slot] as number] as number;
      hi += table.hi[words[slot] as number] as number;
    }
    return { lo: lo | 0, hi: hi | 0 };
  }

  /** The table that the ids at a slot belong to. */
  tableOf(slot: number): Table<unknown> {
    if (slot < this.clientAt) return this.#locals(slot);
    if (slot < this.historyAt) return this.#counts[slot - this.clientAt] as Table<number>;
    if (slot < this.conditionsAt) return this.#historyTable(slot - this.historyAt);
    if (slot < this.linksAt || this.links === null) return this.conditions.table;
    return this.links.table(slot - this.linksAt);
  }

  #locals(node: number): Outcomes["locals"][number] {
    return this.outcomes.locals[node] as Outcomes["locals"][number];
  }

  #historyTable(index: number): Table<unknown> {
    return this.histories[index] as Table<unknown>;
  }

  #nodeIndex(id: string, whose: string): number {
    const index = this.outcomes.nodeIndex(id);
    if (index === ABSENT) throw new RangeError(`${whose} names ${id}, which is none of the nodes ${this.nodeNames.join(", ")}.`);
    return index;
  }
}

/** Keeps the last state emitted. */
class Latest implements Sink {
  words: Uint32Array = new Uint32Array(0);
  length = 0;
  lo = 0;
  hi = 0;

  reserve(length: number): void {
    if (length > this.words.length) this.words = new Uint32Array(length);
  }

  emit(length: number, lo: number, hi: number): void {
    this.length = length;
    this.lo = lo;
    this.hi = hi;
  }
}
