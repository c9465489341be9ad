/**
 * A cluster as the engine explores it.
 *
 * The slots of a state: a local state for each node, how many requests each client has made, a history for each
 * observer, the conditions (budgets and partition) and, with fifo order, a queue for each link. Without order the
 * messages in flight are the bag.
 */

import { emptyCursor } from "../engine/explorer.ts";
import { NO_NOTES } from "../engine/notes.ts";
import type { Cursor } from "../engine/frontier.ts";
import { ABSENT } from "../engine/pair-map.ts";
import type {
  ActionDescription,
  FingerprintedCursor,
  Predicate,
  Sink,
  StateDescription,
  StatePredicate,
  System,
} from "../engine/system.ts";
import { Table } from "../engine/table.ts";
import { callTwice, internResult } from "../values/purity.ts";
import { ClusterActions } from "./actions.ts";
import { duePlaces, PLACES_A_WORD } from "./bag.ts";
import { ConditionsTable, sidesOf } from "./budgets.ts";
import type { BudgetLine } from "./budgets.ts";
import { Clients } from "./clients.ts";
import { networkOf } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { describeCluster } from "./describe.ts";
import { Histories } from "./histories.ts";
import type { ObserverSlot } from "./histories.ts";
import { Latest } from "./latest.ts";
import { Links } from "./links.ts";
import { NodeSteps } from "./node-steps.ts";
import { NodeViews } from "./node-views.ts";
import { NodeOptions } from "./options.ts";
import type { Option } from "./options.ts";
import { IMPOSSIBLE, IS_IDLE, NOTHING_HAPPENS, Outcomes, RECORD } from "./outcomes.ts";
import { clusterPredicates } from "./predicates.ts";
import { NONE, SuccessorWriter } from "./successors.ts";
import type { ClusterLayout } from "./successors.ts";

export class ClusterSystem implements System, ClusterLayout {
  readonly from: FingerprintedCursor = emptyCursor();
  readonly to: FingerprintedCursor = emptyCursor();
  readonly actions: readonly string[];
  readonly always: readonly StatePredicate[];
  readonly step: readonly Predicate[];
  readonly nodeStep: readonly Predicate[];
  readonly sometimes: readonly StatePredicate[];
  readonly constraint: Predicate | null;
  readonly deadlock: "forbidden" | "allowed";

  readonly options: Cluster["options"];
  readonly nodeNames: readonly string[];
  readonly outcomes: Outcomes;
  readonly nodeViews: NodeViews;
  readonly conditions: ConditionsTable;
  readonly observers: readonly ObserverSlot[];
  readonly links: Links | null;
  readonly clientAt: number;
  readonly historyAt: number;
  readonly conditionsAt: number;
  readonly linksAt: number;
  readonly slots: number;

  readonly #writer: SuccessorWriter;
  readonly #clients: Clients;
  readonly #actions: ClusterActions;
  readonly #options: NodeOptions;
  readonly #sides: readonly (readonly string[])[];
  /** Whether the network is a set that deliveries leave as it is. */
  readonly #isSet: boolean;
  readonly #loss: BudgetLine;
  readonly #duplication: BudgetLine;
  readonly #loses: boolean;
  readonly #duplicates: boolean;
  readonly #cuts: boolean;
  /** Whether it is looked for transitions that need not be computed. */
  readonly #sleeps: boolean;

  constructor(cluster: Cluster) {
    const { options } = cluster;
    const network = networkOf(options);
    this.options = options;
    this.nodeNames = Object.keys(options.nodes);
    this.outcomes = new Outcomes(options, (node, before, after) => nodeSteps.isBroken(node, before, after));
    this.nodeViews = new NodeViews(this.nodeNames, this.outcomes);
    const nodeSteps = new NodeSteps(options.nodeSteps, this.nodeViews);
    this.nodeStep = nodeSteps.predicates(this.nodeNames.length, this.from, this.to);
    this.conditions = new ConditionsTable(options);
    this.links = network.order === "fifo" ? new Links(this.nodeNames, this.outcomes) : null;
    this.#isSet = network.order === "none" && network.duplication === "unlimited";
    this.#loss = this.conditions.line("loss");
    this.#duplication = this.conditions.line("duplication");
    this.#loses = network.loss !== 0;
    this.#duplicates = network.duplication !== 0;
    this.#sleeps = !this.#loses && !this.#duplicates;
    this.#cuts = (options.faults?.partitions ?? 0) !== 0;
    this.#sides = sidesOf(this.nodeNames);
    const cast = { nodes: this.nodeNames, clients: Object.keys(options.clients ?? {}), sides: this.#sides };
    this.#actions = new ClusterActions(this.outcomes, cast);
    this.actions = this.#actions.names;
    this.#options = new NodeOptions(this.outcomes, this.#actions, this.conditions);

    const observers = Object.entries(options.observers ?? {});
    this.observers = observers.map(([name, observer]) => ({
      name,
      table: new Table(`history ${name}`),
      observe: (history, event) => observer.observe(history as never, event),
    }));
    this.#clients = new Clients(options, this.outcomes);

    this.clientAt = this.nodeNames.length;
    this.historyAt = this.clientAt + this.#clients.counts.length;
    this.conditionsAt = this.historyAt + observers.length;
    this.linksAt = this.conditionsAt + 1;
    this.slots = this.linksAt + (this.links?.count ?? 0);

    this.#writer = new SuccessorWriter({
      from: this.from,
      layout: this,
      outcomes: this.outcomes,
      histories: new Histories(this.observers, this.outcomes),
      conditions: this.conditions.table,
      counts: this.#clients.counts,
      links: this.links,
      isSet: this.#isSet,
      options: this.#options,
    });

    const predicates = clusterPredicates(this);
    this.always = predicates.always;
    this.step = predicates.step;
    this.sometimes = predicates.sometimes;
    this.constraint = predicates.constraint;
    this.deadlock = options.deadlock ?? "allowed";
  }

  get isSuspect(): boolean {
    return this.#writer.isSuspect;
  }

  get calls(): number {
    return this.outcomes.calls;
  }

  initial(sink: Sink): void {
    const start = this.outcomes.happenings.intern({ type: "start" });
    const { from } = this;
    const words = new Int32Array(this.slots);
    for (const [node, { protocol, config }] of Object.values(this.options.nodes).entries()) {
      const name = `${protocol.name}.initial of node ${this.nodeNames[node]}`;
      const disk = callTwice(name, [], () => protocol.initial(config));
      words[node] = internResult(name, [], this.#locals(node), { status: "down", disk });
    }
    for (const [client, counts] of this.#clients.counts.entries()) words[this.clientAt + client] = counts.intern(0);
    for (const [index, observer] of Object.values(this.options.observers ?? {}).entries()) {
      const name = `the initial history of observer ${this.observers[index]?.name}`;
      words[this.historyAt + index] = internResult(name, [], this.#historyTable(index), observer.initial);
    }
    words[this.conditionsAt] = this.conditions.initial;
    Object.assign(from, { words, at: 0, length: this.slots, ...this.#fingerprint(words) });
    Object.assign(from.notes, NO_NOTES);

    // Whatever was being expanded before, nothing is asleep at a start.
    this.#writer.sleepers.begin(NO_NOTES);
    // Each node's start is a transition of its own, of which only the last one's result is a state.
    const collector = new Latest();
    for (let node = 0; node < this.nodeNames.length; node++) {
      const outcome = this.outcomes.happen(node, from.words[from.at + node] as number, start);
      this.#emit(collector, node, ~start, outcome, NONE, this.conditions.initial, ABSENT, 0);
      Object.assign(from, {
        words: collector.words,
        at: 0,
        length: collector.length,
        lo: collector.lo,
        hi: collector.hi,
      });
      from.notes.histories = 0;
      collector.words = new Int32Array(0);
    }
    sink.reserve(from.length);
    sink.words.set(from.words.subarray(0, from.length), sink.at);
    sink.emit(from.length, from.lo, from.hi, NO_NOTES, ABSENT, 0);
  }

  successors(sink: Sink): void {
    const { words, at } = this.from;
    const conditions = words[at + this.conditionsAt] as number;
    const cut = this.conditions.cut(conditions);
    const sleeps = this.#sleeps && sink.passesOver;
    // What a constraint may have kept from being found and explored says nothing of what would come after it.
    this.#writer.sleepers.begin(sleeps && this.constraint === null ? this.from.notes : NO_NOTES);
    if (this.links === null) this.#bagDeliveries(sink, conditions, cut, sleeps);
    else this.#linkDeliveries(this.links, sink, conditions, cut, sleeps);
    this.#nodeOptions(sink, conditions, sleeps);
    this.#requests(sink, conditions);
    if (this.#cuts) this.#partitions(sink, conditions, cut !== null);
  }

  describeState(cursor: Cursor): StateDescription {
    return describeCluster(this, cursor);
  }

  describeAction(action: number, detail: number): ActionDescription {
    return this.#actions.describe(action, detail);
  }

  #bagDeliveries(sink: Sink, conditions: number, cut: readonly boolean[] | null, sleeps: boolean): void {
    const { words, at, length } = this.from;
    const { outcomes } = this;
    const { receivers } = outcomes;
    const asleep = sleeps ? this.from.notes.asleep : 0;
    for (let first = this.slots; first < length; first += PLACES_A_WORD) {
      const isAsleep = first === this.slots ? asleep : 0;
      for (let due = duePlaces(this.from, this.slots, first, outcomes, !this.#loses); due !== 0; due &= due - 1) {
        const bit = due & -due;
        const place = first + 31 - Math.clz32(bit);
        const envelope = words[at + place] as number;
        if ((isAsleep & bit) !== 0) {
          sink.passOver(this.#actions.message("deliver", envelope));
          continue;
        }
        const receiver = receivers[envelope] as number;
        const outcome = outcomes.receive(receiver, words[at + receiver] as number, envelope);
        if (outcome === NOTHING_HAPPENS && !this.#loses) continue;
        const found = this.#delivery(sink, envelope, outcome, place, conditions, cut);
        if (found && sleeps && first === this.slots) this.#writer.sleepers.putPlaceToSleep(place - first);
      }
    }
  }

  #linkDeliveries(links: Links, sink: Sink, conditions: number, cut: readonly boolean[] | null, sleeps: boolean): void {
    const { words, at } = this.from;
    const asleep = sleeps ? this.from.notes.asleep : 0;
    for (let link = 0; link < links.count; link++) {
      const envelope = links.head(link, words[at + this.linksAt + link] as number);
      if (envelope === ABSENT) continue;
      const bit = link < PLACES_A_WORD ? 1 << link : 0;
      if ((asleep & bit) !== 0) {
        sink.passOver(this.#actions.message("deliver", envelope));
        continue;
      }
      const receiver = this.outcomes.receivers[envelope] as number;
      const outcome = this.outcomes.receive(receiver, words[at + receiver] as number, envelope);
      const found = this.#delivery(sink, envelope, outcome, this.linksAt + link, conditions, cut);
      if (found && sleeps && bit !== 0) this.#writer.sleepers.putPlaceToSleep(link);
    }
  }

  /**
   * What can become of one message: loss, delivery, delivery of a duplicate.
   *
   * @param place the word of the state that holds the message, or the queue that it heads
   */
  #delivery(
    sink: Sink,
    envelope: number,
    outcome: number,
    place: number,
    conditions: number,
    cut: readonly boolean[] | null,
  ): boolean {
    const lost = this.#loses ? this.conditions.spend(conditions, this.#loss) : ABSENT;
    if (lost !== ABSENT) {
      const action = this.#actions.message("lose", envelope);
      this.#emit(sink, NONE, 0, NOTHING_HAPPENS, place, lost, action, envelope);
    }
    const receiver = this.outcomes.receivers[envelope] as number;
    if (outcome === IMPOSSIBLE) return false;
    if (cut !== null && cut[this.outcomes.senders[envelope] as number] !== cut[receiver]) return false;
    const idle = this.outcomes.records[outcome * RECORD + IS_IDLE] === 1;
    let found = false;
    if (!idle || this.links !== null) {
      const action = this.#actions.message("deliver", envelope);
      found = this.#emit(sink, receiver, envelope, outcome, this.#isSet ? NONE : place, conditions, action, envelope);
    }
    if (idle || this.#isSet || !this.#duplicates) return found;
    const duplicated = this.conditions.spend(conditions, this.#duplication);
    if (duplicated === ABSENT) return found;
    const action = this.#actions.message("duplicate", envelope);
    this.#emit(sink, receiver, envelope, outcome, NONE, duplicated, action, envelope);
    return found;
  }

  #nodeOptions(sink: Sink, conditions: number, sleeps: boolean): void {
    const { words, at } = this.from;
    const { active } = this.#options;
    const { sleepers } = this.#writer;
    const asleep = sleeps ? this.from.notes.asleepOptions : 0;
    for (let which = 0; which < active.length; which++) {
      const node = active[which] as number;
      const local = words[at + node] as number;
      const options = this.#options.of(node, local, conditions);
      for (let index = 0; index < options.length; index++) {
        const option = options[index] as Option;
        const { action, bit } = option;
        if ((asleep & bit) !== 0) {
          sink.passOver(action);
          continue;
        }
        const outcome = this.#options.outcomeOf(option, node, local);
        const { happening, detail } = option;
        const found = this.#emit(sink, node, ~happening, outcome, NONE, option.conditions, action, detail);
        if (found && sleeps) sleepers.putOptionToSleep(bit);
      }
    }
  }

  #requests(sink: Sink, conditions: number): void {
    const { words, at } = this.from;
    const clients = this.#clients;
    for (let client = 0; client < clients.counts.length; client++) {
      const made = words[at + this.clientAt + client] as number;
      const request = clients.next(client, made);
      if (request === ABSENT) continue;
      for (const node of clients.nodesOf(client)) {
        const outcome = this.outcomes.happen(node, words[at + node] as number, request);
        if (outcome === IMPOSSIBLE) continue;
        const action = this.#actions.request(request);
        const detail = this.#actions.detailOfRequest(request, node, client);
        const count = clients.countAfter(client, made);
        this.#writer.emit(sink, node, ~request, outcome, NONE, conditions, client, count, action, detail);
      }
    }
  }

  #partitions(sink: Sink, conditions: number, isCut: boolean): void {
    if (isCut) {
      const healed = this.conditions.withSide(conditions, null);
      this.#emit(sink, NONE, 0, NOTHING_HAPPENS, NONE, healed, this.#actions.named("heal"), 0);
      return;
    }
    const left = this.conditions.spend(conditions, this.conditions.line("partitions"));
    if (left === ABSENT) return;
    for (const [index, side] of this.#sides.entries()) {
      const next = this.conditions.withSide(left, side);
      this.#emit(sink, NONE, 0, NOTHING_HAPPENS, NONE, next, this.#actions.named("partition"), index);
    }
  }

  #emit(
    sink: Sink,
    node: number,
    what: number,
    outcome: number,
    place: number,
    conditions: number,
    action: number,
    detail: number,
  ): boolean {
    return this.#writer.emit(sink, node, what, outcome, place, conditions, NONE, 0, action, detail);
  }

  #fingerprint(words: Int32Array): { readonly lo: number; readonly hi: number } {
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
    if (slot < this.historyAt) return this.#clients.counts[slot - this.clientAt] as Table<number>;
    if (slot < this.conditionsAt) return this.#historyTable(slot - this.historyAt);
    if (slot < this.linksAt || this.links === null) return this.conditions.table;
    return this.links.table(slot - this.linksAt);
  }

  #locals(node: number): Outcomes["locals"][number] {
    return this.outcomes.locals[node] as Outcomes["locals"][number];
  }

  #historyTable(index: number): Table<unknown> {
    return (this.observers[index] as ObserverSlot).table;
  }
}
