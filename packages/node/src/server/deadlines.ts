/** Things that are given up after a time, the same for all of them. */

import type { Clock } from "../shell/clock.ts";

/** A queue by age: what was added first is due first. */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #giveUp: (item: T) => void;
  /** Items in the order in which they were added, with the time at which each is due. */
  readonly #due = new Map<T, number>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, lengthMs: number, giveUp: (item: T) => void) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#giveUp = giveUp;
  }

  add(item: T): void {
    this.#due.set(item, this.#clock.now() + this.#lengthMs);
    if (this.#cancel === null) this.#arm();
  }

  delete(item: T): void {
    this.#due.delete(item);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#due.clear();
  }

  #arm(): void {
    const first = this.#due.values().next();
    if (first.done === true) {
      this.#cancel = null;
      return;
    }
    this.#cancel = this.#clock.alarm(first.value, () => {
      const now = this.#clock.now();
      for (const [item, due] of this.#due) {
        if (due > now) break;
        this.#due.delete(item);
        this.#giveUp(item);
      }
      this.#arm();
    });
  }
}
