/** What observers have made of all that happened: their histories, all of a state's together as one id. */

import type { Signature } from "@quorate/core";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import { RowMap } from "../engine/row-map.ts";
import { grown } from "../engine/table.ts";
import type { Table } from "../engine/table.ts";
import { callTwice, internResult } from "../values/purity.ts";
import type { NodeEvent } from "./cluster.ts";
import type { Outcomes } from "./outcomes.ts";

/** An observer, with the interned values of its history. */
export interface ObserverSlot {
  readonly name: string;
  readonly table: Table<unknown>;
  observe(history: unknown, event: NodeEvent<Signature>): unknown;
}

/**
 * The histories of all observers, interned together: there are few different ones, and what an outcome makes of all of them
 * is then remembered as one thing. Ids count from 1, so that 0 can stand for those that nobody has looked up yet.
 */
export class Histories {
  /** How many observers there are. */
  readonly count: number;
  /** By id, `count` words each: the history of each observer. */
  words: Int32Array;
  /** By id, what they add to the fingerprint. */
  lo: Int32Array = new Int32Array(16);
  hi: Int32Array = new Int32Array(16);
  readonly #outcomes: Outcomes;
  readonly #observers: readonly ObserverSlot[];
  readonly #ids = new Map<string, number>();
  /** (histories, outcome) to histories; and by observer, (history, outcome) to history. */
  readonly #after = new RowMap();
  readonly #observed: readonly PairMap[];

  constructor(observers: readonly ObserverSlot[], outcomes: Outcomes) {
    this.count = observers.length;
    this.words = new Int32Array(16 * this.count);
    this.#outcomes = outcomes;
    this.#observers = observers;
    this.#observed = observers.map(() => new PairMap());
  }

  /** The id of those at `at`. */
  idOf(words: Int32Array, at: number): number {
    return this.#intern([...words.subarray(at, at + this.count)]);
  }

  /** What an outcome makes of them. */
  after(histories: number, outcome: number): number {
    const known = this.#after.get(histories, outcome);
    return known === ABSENT ? this.#observe(histories, outcome) : known;
  }

  /** The same, if it is remembered; ABSENT if it is not. */
  recall(histories: number, outcome: number): number {
    return this.#after.get(histories, outcome);
  }

  #observe(histories: number, outcome: number): number {
    const from = histories * this.count;
    const after = this.#intern(
      this.#observers.map((observer, index) => {
        const history = this.words[from + index] as number;
        const memory = this.#observed[index] as PairMap;
        const known = memory.get(history, outcome);
        if (known !== ABSENT) return known;
        const observed = this.#reallyObserve(observer, history, outcome);
        memory.add(history, outcome, observed);
        return observed;
      }),
    );
    this.#after.add(histories, outcome, after);
    return after;
  }

  #reallyObserve(observer: ObserverSlot, history: number, outcome: number): number {
    const { name, table } = observer;
    const event = this.#outcomes.events[outcome] as NodeEvent<Signature>;
    const before = table.value(history);
    const inputs = [before, event];
    const observed = callTwice(`observer ${name}`, inputs, () => observer.observe(before, event));
    return observed === before ? history : internResult(`observer ${name}`, inputs, table, observed);
  }

  #intern(histories: readonly number[]): number {
    const key = histories.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(key, id);
    if (id >= this.lo.length) {
      this.lo = grown(this.lo);
      this.hi = grown(this.hi);
      this.words = grown(this.words);
    }
    this.words.set(histories, id * this.count);
    for (const [index, history] of histories.entries()) {
      const { table } = this.#observers[index] as ObserverSlot;
      this.lo[id] = (this.lo[id] as number) + (table.lo[history] as number);
      this.hi[id] = (this.hi[id] as number) + (table.hi[history] as number);
    }
    return id;
  }
}
