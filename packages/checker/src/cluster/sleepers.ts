/**
 * Sleep sets: which transitions of a state need not be computed, since they lead to states that are found before it is
 * expanded. They are deliveries, by place in the bag or by link, and options of nodes. See docs/decisions/0012.
 */

import { Notes } from "../engine/notes.ts";
import { ABSENT } from "../engine/pair-map.ts";
import type { FingerprintedCursor } from "../engine/system.ts";
import { PLACES_A_WORD } from "./bag.ts";
import type { Histories } from "./histories.ts";
import type { Links } from "./links.ts";
import { OPTION_BITS } from "./options.ts";
import type { NodeOptions, Option } from "./options.ts";
import { HI, IS_BROKEN, LO, NEXT, NOTHING_HAPPENS, RECORD, SENDS_FROM, SENDS_TO } from "./outcomes.ts";
import type { Outcomes } from "./outcomes.ts";

/** Half a word says which options sleep, and the other half which of them a history hears of. */
const OPTIONS_MASK = (1 << OPTION_BITS) - 1;

/** A transition that a state may have asleep: of a node, what happens to it and what comes of it. */
type Transition = { node: number; what: number; outcome: number; conditions: number };

export class Sleepers {
  /** The sleep set of the state at `from` as it grows; and what is noted of the successor that is being written. */
  readonly now: Notes = new Notes();
  readonly after: Notes = new Notes();
  readonly #from: FingerprintedCursor;
  /** Where the bag begins, or the links. */
  readonly #placesAt: number;
  readonly #links: Links | null;
  readonly #outcomes: Outcomes;
  readonly #options: NodeOptions;
  readonly #histories: Histories;
  /** Whether a history hears of the last transition. */
  #heard = false;
  /** The transition that the successor comes by. */
  readonly #by: Transition = { node: 0, what: 0, outcome: 0, conditions: 0 };

  constructor(parts: {
    readonly from: FingerprintedCursor;
    readonly placesAt: number;
    readonly links: Links | null;
    readonly outcomes: Outcomes;
    readonly options: NodeOptions;
    readonly histories: Histories;
  }) {
    this.#from = parts.from;
    this.#placesAt = parts.placesAt;
    this.#links = parts.links;
    this.#outcomes = parts.outcomes;
    this.#options = parts.options;
    this.#histories = parts.histories;
  }

  /** Begins with another state at `from`, and what is asleep there. */
  begin({ asleep, loud, asleepOptions }: Notes): void {
    this.now.asleep = asleep;
    this.now.loud = loud;
    this.now.asleepOptions = asleepOptions;
  }

  /** Begins with another transition: whether a history hears of it, and what the histories come to. */
  transition(heard: boolean, histories: number): void {
    this.#heard = heard;
    this.after.histories = histories;
  }

  /** The last transition was the delivery of the message at a place, to a state that was found: it sleeps. */
  putPlaceToSleep(place: number): void {
    this.now.asleep |= 1 << place;
    if (this.#heard) this.now.loud |= 1 << place;
  }

  /** The last transition was the option with this bit, to a state that was found: it sleeps. */
  putOptionToSleep(bit: number): void {
    this.now.asleepOptions |= this.#heard ? bit | (bit << OPTION_BITS) : bit;
  }

  /** Nothing is asleep after a transition that is none of a node's. */
  wakeAll(): void {
    this.after.asleep = 0;
    this.after.loud = 0;
    this.after.asleepOptions = 0;
  }

  /**
   * What is asleep at `from` and comes to the same before a transition as after it, as far as is remembered: since the
   * transition is another node's, or since the node itself does not care which comes first. Places are still those of `from`.
   *
   * @param what happens to the node, as `Outcomes.recall` has it
   * @param conditions after the transition
   */
  follow(node: number, what: number, outcome: number, conditions: number): void {
    this.wakeAll();
    if ((this.now.asleep | this.now.asleepOptions) === 0) return;
    this.#by.node = node;
    this.#by.what = what;
    this.#by.outcome = outcome;
    this.#by.conditions = conditions;
    this.#followPlaces();
    if (this.now.asleepOptions !== 0) this.#followOptions();
  }

  /** Those asleep behind a place of the bag move up by one. */
  takeOut(place: number): void {
    const { after } = this;
    if (place >= PLACES_A_WORD || after.asleep === 0) return;
    const before = (1 << place) - 1;
    after.asleep = (after.asleep & before) | ((after.asleep >>> 1) & ~before);
    after.loud = (after.loud & before) | ((after.loud >>> 1) & ~before);
  }

  /** Those asleep from a place of the bag on make room for one. */
  putIn(place: number): void {
    const { after } = this;
    if (place >= PLACES_A_WORD || after.asleep === 0) return;
    const before = (1 << place) - 1;
    after.asleep = (after.asleep & before) | ((after.asleep & ~before) << 1);
    after.loud = (after.loud & before) | ((after.loud & ~before) << 1);
  }

  #followPlaces(): void {
    const { words, at } = this.#from;
    const { receivers } = this.#outcomes;
    const { now, after } = this;
    for (let left = now.asleep; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const envelope = this.#messageAt(31 - Math.clz32(bit));
      const receiver = receivers[envelope] as number;
      if (!this.#heard && receiver !== this.#by.node && (now.loud & bit) === 0) {
        after.asleep |= bit;
        continue;
      }
      const outcome = this.#outcomes.receive(receiver, words[at + receiver] as number, envelope);
      const order = this.#order(receiver, envelope, outcome);
      if (order === DIFFERENT) continue;
      after.asleep |= bit;
      if (order === HEARD) after.loud |= bit;
    }
  }

  /** The message at a place of the bag, or at the head of a link. */
  #messageAt(place: number): number {
    const { words, at } = this.#from;
    const word = words[at + this.#placesAt + place] as number;
    return this.#links === null ? word : this.#links.head(place, word);
  }

  #followOptions(): void {
    const { words, at } = this.#from;
    const { now, after } = this;
    const by = this.#by;
    const options = now.asleepOptions & OPTIONS_MASK;
    // What no history hears of is not touched by another node's transition. If it can't be paid for any more, nobody asks.
    const loud = now.asleepOptions >>> OPTION_BITS;
    const untouched = this.#heard ? 0 : options & ~loud & ~this.#options.bitsOf(by.node);
    after.asleepOptions = untouched;
    for (let left = options & ~untouched; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const node = this.#options.nodeOf(bit);
      const local = words[at + node] as number;
      // What can still be paid for after the transition: then the transition can be after it as well.
      const option = this.#options.withBit(bit, node, local, by.conditions);
      if (option === null || (node === by.node && !this.#hasAfter(bit, option))) continue;
      const order = this.#order(node, ~option.happening, this.#options.outcomeOf(option, node, local));
      if (order === DIFFERENT) continue;
      after.asleepOptions |= order === HEARD ? bit | (bit << OPTION_BITS) : bit;
    }
  }

  /** Whether an option of the transition's own node is the one with the same bit after it, as the node may have others then. */
  #hasAfter(bit: number, { happening }: Option): boolean {
    const { node, outcome, conditions } = this.#by;
    const local = this.#outcomes.records[outcome * RECORD + NEXT] as number;
    return this.#options.withBit(bit, node, local, conditions)?.happening === happening;
  }

  /**
   * Whether the transition and one that is asleep lead to the same state in either order, and if so, whether a history hears
   * of the latter as the second one.
   *
   * @param what is asleep: what happens to `node`
   * @param outcome of that, where it comes first
   */
  #order(node: number, what: number, outcome: number): Order {
    const by = this.#by;
    if (node !== by.node) return this.#orderHeard(outcome, outcome, by.outcome);
    const { records } = this.#outcomes;
    const second = this.#outcomes.recall(node, records[by.outcome * RECORD + NEXT] as number, what);
    // What breaks a property has to be emitted once: it may have been computed where a partition kept it from happening.
    if (second <= NOTHING_HAPPENS || records[second * RECORD + IS_BROKEN] === 1) return DIFFERENT;
    const bySecond = this.#outcomes.recall(node, records[outcome * RECORD + NEXT] as number, by.what);
    if (bySecond <= NOTHING_HAPPENS) return DIFFERENT;
    if (this.#links !== null && this.#sendsAny(outcome, second, bySecond)) return DIFFERENT;
    const isSame = this.#isSameSum(LO, outcome, bySecond, second) && this.#isSameSum(HI, outcome, bySecond, second);
    return isSame ? this.#orderHeard(outcome, second, bySecond) : DIFFERENT;
  }

  /** Whether a message is sent in either order: then a link may have to carry two of them in one order and in the other. */
  #sendsAny(outcome: number, second: number, bySecond: number): boolean {
    return this.#sends(this.#by.outcome) || this.#sends(outcome) || this.#sends(second) || this.#sends(bySecond);
  }

  #sends(outcome: number): boolean {
    const { records } = this.#outcomes;
    return records[outcome * RECORD + SENDS_FROM] !== records[outcome * RECORD + SENDS_TO];
  }

  /** Whether both orders add the same to a lane of the fingerprint. */
  #isSameSum(lane: number, outcome: number, bySecond: number, second: number): boolean {
    const { records } = this.#outcomes;
    const one = (records[this.#by.outcome * RECORD + lane] as number) + (records[second * RECORD + lane] as number);
    const other = (records[outcome * RECORD + lane] as number) + (records[bySecond * RECORD + lane] as number);
    return ((one - other) | 0) === 0;
  }

  /**
   * Whether every history comes to the same in either order.
   *
   * @param outcome of what is asleep, where it comes first, and `second` where it comes second
   * @param bySecond the outcome of the transition where it comes second
   */
  #orderHeard(outcome: number, second: number, bySecond: number): Order {
    const histories = this.#histories;
    const { after } = this;
    const other = histories.recall(this.#from.notes.histories, outcome);
    if (other === ABSENT) return DIFFERENT;
    const last = histories.recall(after.histories, second);
    if (last === ABSENT || last !== histories.recall(other, bySecond)) return DIFFERENT;
    return last === after.histories ? UNHEARD : HEARD;
  }
}

/** What two transitions come to in either order: to different states, as far as is known, or to the same one. */
const DIFFERENT = 0;
const UNHEARD = 1;
const HEARD = 2;
type Order = typeof DIFFERENT | typeof UNHEARD | typeof HEARD;
