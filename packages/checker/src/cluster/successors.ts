/**
 * Writes successors: from the state that is being expanded, one node's outcome, and what else changes with it, to the
 * successor's fingerprint and words. This is the hot path of every cluster.
 */

import type { Signature } from "@quorate/core";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import type { FingerprintedCursor, Sink } from "../engine/system.ts";
import type { Table } from "../engine/table.ts";
import { callTwice, internResult } from "../values/purity.ts";
import type { NodeEvent } from "./cluster.ts";
import type { Links } from "./links.ts";
import {
  HI,
  IS_BROKEN,
  LO,
  LOCAL_HI,
  LOCAL_LO,
  NEXT,
  NOTHING_HAPPENS,
  RECORD,
  SENDS_FROM,
  SENDS_TO,
} from "./outcomes.ts";
import type { Outcomes } from "./outcomes.ts";

/** No node, no place, no client: this transition leaves them as they are. */
export const NONE = -1;

/** Above the id of every message. */
export const NO_ENVELOPE = 0x7fff_ffff;

/** How many places of the bag the bits of a word speak of. */
export const PLACES_A_WORD = 32;

/** Where things stand in a state's words. */
export interface ClusterLayout {
  readonly clientAt: number;
  readonly historyAt: number;
  readonly conditionsAt: number;
  readonly linksAt: number;
  /** How many slots there are; the bag begins here. */
  readonly slots: number;
}

/** An observer, with the interned values of its history. */
export interface ObserverSlot {
  readonly name: string;
  readonly table: Table<unknown>;
  observe(history: unknown, event: NodeEvent<Signature>): unknown;
}

export class SuccessorWriter {
  readonly #from: FingerprintedCursor;
  readonly #layout: ClusterLayout;
  readonly #outcomes: Outcomes;
  readonly #observers: readonly ObserverSlot[];
  /** By observer: (history, outcome) to history. */
  readonly #observed: readonly PairMap[];
  readonly #conditions: Table<unknown>;
  readonly #counts: readonly Table<number>[];
  readonly #links: Links | null;
  /** Whether the network is a set, to which sending again adds nothing. */
  readonly #isSet: boolean;
  /** By observer: its history in the successor. */
  readonly #histories: Int32Array;
  /**
   * The sleep set of the state at `from`, by place in the bag as far as a word goes: deliveries that need not be computed
   * in a successor, since they lead from there to states found by then, unless the transition to it depends on them. See
   * docs/decisions/0012.
   */
  #asleep = 0;
  /** Those of them that a history hears of. */
  #loud = 0;
  /** Those two of the successor that is being written. */
  #asleepAfter = 0;
  #loudAfter = 0;
  /** Whether a history heard of the last transition. */
  #heard = false;
  /** Whether the last successor came by a step of a node that breaks a property of such steps. */
  isSuspect = false;

  constructor(parts: {
    readonly from: FingerprintedCursor;
    readonly layout: ClusterLayout;
    readonly outcomes: Outcomes;
    readonly observers: readonly ObserverSlot[];
    readonly conditions: Table<unknown>;
    readonly counts: readonly Table<number>[];
    readonly links: Links | null;
    readonly isSet: boolean;
  }) {
    this.#from = parts.from;
    this.#layout = parts.layout;
    this.#outcomes = parts.outcomes;
    this.#observers = parts.observers;
    this.#observed = parts.observers.map(() => new PairMap());
    this.#conditions = parts.conditions;
    this.#counts = parts.counts;
    this.#links = parts.links;
    this.#isSet = parts.isSet;
    this.#histories = new Int32Array(parts.observers.length);
  }

  /** Begins with another state at `from`, and what is asleep there. */
  begin(asleep: number, loud: number): void {
    this.#asleep = asleep;
    this.#loud = loud;
  }

  /** The last transition was the delivery of the message at a place of the bag, to a state that was found: it sleeps. */
  putToSleep(place: number): void {
    this.#asleep |= 1 << place;
    if (this.#heard) this.#loud |= 1 << place;
  }

  /**
   * Emits the successor, unless its fingerprint alone tells the sink that it need not be written.
   *
   * @param node whose local state changes, and `outcome` how; NONE if no node's does
   * @param place the word that holds the message to be taken out of the network, or the queue that it heads
   * @param conditions the conditions afterwards
   * @param client whose count changes, and `count` what it is afterwards
   * @returns whether it is among the states found
   */
  emit(
    sink: Sink,
    node: number,
    outcome: number,
    place: number,
    conditions: number,
    client: number,
    count: number,
    action: number,
    detail: number,
  ): boolean {
    const layout = this.#layout;
    const from = this.#from;
    const { words, at } = from;
    const { records } = this.#outcomes;
    const record = outcome * RECORD;
    this.isSuspect = records[record + IS_BROKEN] === 1;
    let lo = from.lo;
    let hi = from.hi;
    let heard = false;

    if (outcome > NOTHING_HAPPENS) {
      for (let index = 0; index < this.#observers.length; index++) {
        const before = words[at + layout.historyAt + index] as number;
        const after = this.#observe(index, before, outcome);
        this.#histories[index] = after;
        if (after === before) continue;
        heard = true;
        const { table } = this.#observers[index] as ObserverSlot;
        lo = (lo + (table.lo[after] as number) - (table.lo[before] as number)) | 0;
        hi = (hi + (table.hi[after] as number) - (table.hi[before] as number)) | 0;
      }
    }
    const conditionsBefore = words[at + layout.conditionsAt] as number;
    if (conditions !== conditionsBefore) {
      const table = this.#conditions;
      lo = (lo + (table.lo[conditions] as number) - (table.lo[conditionsBefore] as number)) | 0;
      hi = (hi + (table.hi[conditions] as number) - (table.hi[conditionsBefore] as number)) | 0;
    }
    if (client !== NONE) {
      const table = this.#counts[client] as Table<number>;
      const before = words[at + layout.clientAt + client] as number;
      lo = (lo + (table.lo[count] as number) - (table.lo[before] as number)) | 0;
      hi = (hi + (table.hi[count] as number) - (table.hi[before] as number)) | 0;
    }

    if (this.#links !== null || this.#isSet) {
      lo = (lo + (records[record + LOCAL_LO] as number)) | 0;
      hi = (hi + (records[record + LOCAL_HI] as number)) | 0;
      this.#writeSlots(sink, node, outcome, conditions, client, count);
      if (this.#links !== null) this.#writeLinks(this.#links, sink, outcome, place, lo, hi, action, detail);
      else this.#writeSet(sink, outcome, place, lo, hi, action, detail);
      return false;
    }

    lo = (lo + (records[record + LO] as number)) | 0;
    hi = (hi + (records[record + HI] as number)) | 0;
    if (place !== NONE) {
      const taken = words[at + place] as number;
      lo = (lo - (this.#outcomes.envelopes.lo[taken] as number)) | 0;
      hi = (hi - (this.#outcomes.envelopes.hi[taken] as number)) | 0;
    }
    this.#heard = heard;
    if (!this.isSuspect && sink.dismisses(lo, hi, action)) return true;
    this.#writeSlots(sink, node, outcome, conditions, client, count);
    this.#findSleepers(node, outcome, heard);
    const length = this.#writeBag(sink, record, place);
    return sink.emit(length, lo, hi, this.#asleepAfter, this.#loudAfter, action, detail);
  }

  #writeSlots(sink: Sink, node: number, outcome: number, conditions: number, client: number, count: number): void {
    const { words, at, length } = this.#from;
    const { records } = this.#outcomes;
    const record = outcome * RECORD;
    sink.reserve(length + (records[record + SENDS_TO] as number) - (records[record + SENDS_FROM] as number));
    const next = sink.words;
    const to = sink.at;
    const layout = this.#layout;
    for (let slot = 0; slot < layout.slots; slot++) next[to + slot] = words[at + slot] as number;
    next[to + layout.conditionsAt] = conditions;
    if (client !== NONE) next[to + layout.clientAt + client] = count;
    if (outcome <= NOTHING_HAPPENS) return;
    next[to + node] = records[record + NEXT] as number;
    for (let index = 0; index < this.#histories.length; index++) {
      next[to + layout.historyAt + index] = this.#histories[index] as number;
    }
  }

  /**
   * The deliveries that are asleep at `from` and do not depend on the transition: it happens to another node, and the
   * histories come to the same in either order, as far as is remembered. By places at `from`.
   */
  #findSleepers(node: number, outcome: number, heard: boolean): void {
    this.#asleepAfter = 0;
    this.#loudAfter = 0;
    if (node === NONE) return;
    const { words, at } = this.#from;
    const { receivers } = this.#outcomes;
    for (let left = this.#asleep; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const envelope = words[at + this.#layout.slots + 31 - Math.clz32(bit)] as number;
      const receiver = receivers[envelope] as number;
      if (receiver === node) continue;
      if (!heard && (this.#loud & bit) === 0) this.#asleepAfter |= bit;
      else
        this.#keepIfCommuting(bit, outcome, this.#outcomes.receive(receiver, words[at + receiver] as number, envelope));
    }
  }

  /** Keeps a delivery asleep if every history comes to the same if it follows the transition as the other way round. */
  #keepIfCommuting(bit: number, outcome: number, asleep: number): void {
    const { words, at } = this.#from;
    let loud = 0;
    for (let index = 0; index < this.#observers.length; index++) {
      const memory = this.#observed[index] as PairMap;
      const after = this.#histories[index] as number;
      const other = memory.get(words[at + this.#layout.historyAt + index] as number, asleep);
      if (other === ABSENT) return;
      const last = memory.get(after, asleep);
      if (last === ABSENT || last !== memory.get(other, outcome)) return;
      loud |= last === after ? 0 : bit;
    }
    this.#asleepAfter |= bit;
    this.#loudAfter |= loud;
  }

  /**
   * The bag, in ascending order: what was in it, without the message at `place`, merged with what is sent. On the way the
   * sleeping deliveries are followed to where they come to stand.
   *
   * @returns how long the successor is
   */
  #writeBag(sink: Sink, record: number, place: number): number {
    const { words, at, length } = this.#from;
    const { slots } = this.#layout;
    const next = sink.words;
    const bagAt = sink.at + slots;
    const { records, ascendingSends: sends } = this.#outcomes;
    if (place !== NONE) this.#takeOut(place - slots);
    let end = bagAt;
    let index = slots;
    const sendsEnd = records[record + SENDS_TO] as number;
    for (let sent = records[record + SENDS_FROM] as number; sent < sendsEnd; sent++) {
      const envelope = sends[sent] as number;
      for (; index < length && (words[at + index] as number) <= envelope; index++) {
        if (index !== place) next[end++] = words[at + index] as number;
      }
      this.#putIn(end - bagAt);
      next[end++] = envelope;
    }
    for (; index < length; index++) if (index !== place) next[end++] = words[at + index] as number;
    return end - sink.at;
  }

  /** Those asleep behind a place of the bag move up by one. */
  #takeOut(place: number): void {
    if (place >= PLACES_A_WORD) return;
    const before = (1 << place) - 1;
    this.#asleepAfter = (this.#asleepAfter & before) | ((this.#asleepAfter >>> 1) & ~before);
    this.#loudAfter = (this.#loudAfter & before) | ((this.#loudAfter >>> 1) & ~before);
  }

  /** Those asleep from a place of the bag on make room for one. */
  #putIn(place: number): void {
    if (place >= PLACES_A_WORD) return;
    const before = (1 << place) - 1;
    this.#asleepAfter = (this.#asleepAfter & before) | ((this.#asleepAfter & ~before) << 1);
    this.#loudAfter = (this.#loudAfter & before) | ((this.#loudAfter & ~before) << 1);
  }

  /** The bag where it is a set. */
  #writeSet(
    sink: Sink,
    outcome: number,
    place: number,
    localLo: number,
    localHi: number,
    action: number,
    detail: number,
  ): void {
    const { words, at, length } = this.#from;
    const { lo: messageLo, hi: messageHi } = this.#outcomes.envelopes;
    const { records, ascendingSends: sends } = this.#outcomes;
    let sent = records[outcome * RECORD + SENDS_FROM] as number;
    const sendsEnd = records[outcome * RECORD + SENDS_TO] as number;
    const next = sink.words;
    let lo = localLo;
    let hi = localHi;
    const { slots } = this.#layout;
    const bagAt = sink.at + slots;
    let end = bagAt;
    for (let index = slots; index <= length; index++) {
      const envelope = index < length ? (words[at + index] as number) : NO_ENVELOPE;
      for (; sent < sendsEnd && (sends[sent] as number) < envelope; sent++) {
        const fresh = sends[sent] as number;
        if (end > bagAt && next[end - 1] === fresh) continue;
        next[end++] = fresh;
        lo += messageLo[fresh] as number;
        hi += messageHi[fresh] as number;
      }
      if (index === length) break;
      while (sent < sendsEnd && sends[sent] === envelope) sent++;
      if (index === place) {
        lo -= messageLo[envelope] as number;
        hi -= messageHi[envelope] as number;
      } else {
        next[end++] = envelope;
      }
    }
    lo |= 0;
    hi |= 0;
    if (this.isSuspect || !sink.dismisses(lo, hi, action)) sink.emit(end - sink.at, lo, hi, 0, 0, action, detail);
  }

  #writeLinks(
    links: Links,
    sink: Sink,
    outcome: number,
    place: number,
    localLo: number,
    localHi: number,
    action: number,
    detail: number,
  ): void {
    const { words, at } = this.#from;
    const { linksAt, slots } = this.#layout;
    const next = sink.words;
    const to = sink.at;
    if (place !== NONE) next[to + place] = links.tail(place - linksAt, next[to + place] as number);
    const { records, sends } = this.#outcomes;
    const sendsEnd = records[outcome * RECORD + SENDS_TO] as number;
    for (let sent = records[outcome * RECORD + SENDS_FROM] as number; sent < sendsEnd; sent++) {
      const envelope = sends[sent] as number;
      const link = links.linkOf(envelope);
      const slot = to + linksAt + link;
      next[slot] = links.append(link, next[slot] as number, envelope);
    }
    let lo = localLo;
    let hi = localHi;
    for (let slot = linksAt; slot < slots; slot++) {
      const before = words[at + slot] as number;
      const after = next[to + slot] as number;
      if (before === after) continue;
      const table = links.table(slot - linksAt);
      lo = (lo + (table.lo[after] as number) - (table.lo[before] as number)) | 0;
      hi = (hi + (table.hi[after] as number) - (table.hi[before] as number)) | 0;
    }
    if (this.isSuspect || !sink.dismisses(lo, hi, action)) sink.emit(slots, lo, hi, 0, 0, action, detail);
  }

  #observe(index: number, history: number, outcome: number): number {
    const known = (this.#observed[index] as PairMap).get(history, outcome);
    return known === ABSENT ? this.#reallyObserve(index, history, outcome) : known;
  }

  #reallyObserve(index: number, history: number, outcome: number): number {
    const observer = this.#observers[index] as ObserverSlot;
    const { name, table } = observer;
    const event = this.#outcomes.events[outcome] as NodeEvent<Signature>;
    const before = table.value(history);
    const inputs = [before, event];
    const observed = callTwice(`observer ${name}`, inputs, () => observer.observe(before, event));
    const after = observed === before ? history : internResult(`observer ${name}`, inputs, table, observed);
    (this.#observed[index] as PairMap).add(history, outcome, after);
    return after;
  }
}
