/**
 * Writes successors: from the state that is being expanded, one node's outcome, and what else changes with it, to the
 * successor's fingerprint and words. This is the hot path of every cluster.
 */

import type { FingerprintedCursor, Sink } from "../engine/system.ts";
import type { Table } from "../engine/table.ts";
import { NO_ENVELOPE } from "./bag.ts";
import type { Histories } from "./histories.ts";
import type { Links } from "./links.ts";
import type { NodeOptions } from "./options.ts";
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
import { Sleepers } from "./sleepers.ts";

/** No node, no place, no client: this transition leaves them as they are. */
export const NONE = -1;

/** Where things stand in a state's words. */
export interface ClusterLayout {
  readonly clientAt: number;
  readonly historyAt: number;
  readonly conditionsAt: number;
  readonly linksAt: number;
  /** How many slots there are; the bag begins here. */
  readonly slots: number;
}

export class SuccessorWriter {
  readonly #from: FingerprintedCursor;
  readonly #layout: ClusterLayout;
  readonly #outcomes: Outcomes;
  readonly #histories: Histories;
  readonly #conditions: Table<unknown>;
  readonly #counts: readonly Table<number>[];
  readonly #links: Links | null;
  /** Whether the network is a set, to which sending again adds nothing. */
  readonly #isSet: boolean;
  readonly sleepers: Sleepers;
  readonly #change: { lo: number; hi: number } = { lo: 0, hi: 0 };
  /** Whether the last successor came by a step of a node that breaks a property of such steps. */
  isSuspect = false;

  constructor(parts: {
    readonly from: FingerprintedCursor;
    readonly layout: ClusterLayout;
    readonly outcomes: Outcomes;
    readonly histories: Histories;
    readonly conditions: Table<unknown>;
    readonly counts: readonly Table<number>[];
    readonly links: Links | null;
    readonly isSet: boolean;
    readonly options: NodeOptions;
  }) {
    this.#from = parts.from;
    this.#layout = parts.layout;
    this.#outcomes = parts.outcomes;
    this.#histories = parts.histories;
    this.#conditions = parts.conditions;
    this.#counts = parts.counts;
    this.#links = parts.links;
    this.#isSet = parts.isSet;
    this.sleepers = new Sleepers({
      ...parts,
      placesAt: parts.links === null ? parts.layout.slots : parts.layout.linksAt,
    });
  }

  /**
   * Emits the successor, unless its fingerprint alone tells the sink that it need not be written.
   *
   * @param node whose local state changes; NONE if no node's does
   * @param what happens to it, as `Outcomes.recall` has it, and `outcome` what comes of that
   * @param place the word that holds the message to be taken out of the network, or the queue that it heads
   * @param conditions the conditions afterwards
   * @param client whose count changes, and `count` what it is afterwards
   * @returns whether it is among the states found
   */
  emit(
    sink: Sink,
    node: number,
    what: number,
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
    const histories = this.#histories;
    const { words, at } = from;
    const { records } = this.#outcomes;
    const record = outcome * RECORD;
    this.isSuspect = records[record + IS_BROKEN] === 1;
    let lo = from.lo;
    let hi = from.hi;
    const before = this.#historiesBefore();
    const after = outcome > NOTHING_HAPPENS ? histories.after(before, outcome) : before;
    if (after !== before) {
      lo = (lo + (histories.lo[after] as number) - (histories.lo[before] as number)) | 0;
      hi = (hi + (histories.hi[after] as number) - (histories.hi[before] as number)) | 0;
    }
    const { sleepers } = this;
    sleepers.transition(after !== before, after);
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
      if (this.#links === null) {
        sleepers.wakeAll();
        return this.#writeSet(sink, outcome, place, lo, hi, action, detail);
      }
      this.#writeLinks(this.#links, sink, outcome, place);
      const links = this.#linksChange(this.#links, sink);
      lo = (lo + links.lo) | 0;
      hi = (hi + links.hi) | 0;
      if (!this.isSuspect && sink.dismisses(lo, hi, action)) return true;
      if (node === NONE) sleepers.wakeAll();
      else sleepers.follow(node, what, outcome, conditions);
      return sink.emit(layout.slots, lo, hi, sleepers.after, action, detail);
    }

    lo = (lo + (records[record + LO] as number)) | 0;
    hi = (hi + (records[record + HI] as number)) | 0;
    if (place !== NONE) {
      const taken = words[at + place] as number;
      lo = (lo - (this.#outcomes.envelopes.lo[taken] as number)) | 0;
      hi = (hi - (this.#outcomes.envelopes.hi[taken] as number)) | 0;
    }
    if (!this.isSuspect && sink.dismisses(lo, hi, action)) return true;
    this.#writeSlots(sink, node, outcome, conditions, client, count);
    if (node === NONE) sleepers.wakeAll();
    else sleepers.follow(node, what, outcome, conditions);
    const length = this.#writeBag(sink, record, place);
    return sink.emit(length, lo, hi, sleepers.after, action, detail);
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
    const { count: observers, words: histories } = this.#histories;
    const historiesAt = this.sleepers.after.histories * observers;
    for (let index = 0; index < observers; index++) {
      next[to + layout.historyAt + index] = histories[historiesAt + index] as number;
    }
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
    if (place !== NONE) this.sleepers.takeOut(place - slots);
    let end = bagAt;
    let index = slots;
    const sendsEnd = records[record + SENDS_TO] as number;
    for (let sent = records[record + SENDS_FROM] as number; sent < sendsEnd; sent++) {
      const envelope = sends[sent] as number;
      for (; index < length && (words[at + index] as number) <= envelope; index++) {
        if (index !== place) next[end++] = words[at + index] as number;
      }
      this.sleepers.putIn(end - bagAt);
      next[end++] = envelope;
    }
    for (; index < length; index++) if (index !== place) next[end++] = words[at + index] as number;
    return end - sink.at;
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
  ): boolean {
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
    if (!this.isSuspect && sink.dismisses(lo, hi, action)) return true;
    return sink.emit(end - sink.at, lo, hi, this.sleepers.after, action, detail);
  }

  #writeLinks(links: Links, sink: Sink, outcome: number, place: number): void {
    const { linksAt } = this.#layout;
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
  }

  /** What the links have added to the fingerprint. The same object is returned each time. */
  #linksChange(links: Links, sink: Sink): { readonly lo: number; readonly hi: number } {
    const { words, at } = this.#from;
    const { linksAt, slots } = this.#layout;
    const change = this.#change;
    change.lo = 0;
    change.hi = 0;
    for (let slot = linksAt; slot < slots; slot++) {
      const before = words[at + slot] as number;
      const after = sink.words[sink.at + slot] as number;
      if (before === after) continue;
      const table = links.table(slot - linksAt);
      change.lo = (change.lo + (table.lo[after] as number) - (table.lo[before] as number)) | 0;
      change.hi = (change.hi + (table.hi[after] as number) - (table.hi[before] as number)) | 0;
    }
    return change;
  }

  /** The histories of the state at `from`. */
  #historiesBefore(): number {
    const { notes, words, at } = this.#from;
    if (notes.histories === 0) notes.histories = this.#histories.idOf(words, at + this.#layout.historyAt);
    return notes.histories;
  }
}
