/** The protocol's timers: how long they run, and which are due. */

/**
 * How long a timer runs, in milliseconds: any time from `minMs` to `maxMs`, chosen anew each time it is set.
 *
 * A timer that `counts` measures time for the protocol by how often it fires: after a pause it fires as often as it would
 * have, of the times that were missed no more than the last `missedMax`, and before the protocol is told anything else.
 */
type TimerLength = {
  readonly minMs: number;
  readonly maxMs: number;
  readonly counts: { readonly missedMax: number } | null;
};

export type TimerLengths<T extends string> = { readonly [timer in T]: TimerLength };

/** The timers that run, with the times at which they are due. */
export class Timers<T extends string> {
  readonly #lengths: TimerLengths<T>;
  readonly #random: () => number;
  readonly #due = new Map<T, number>();
  /** When a counting timer that has just fired was due: the next time counts from there. */
  readonly #fired = new Map<T, number>();

  constructor(lengths: TimerLengths<T>, random: () => number) {
    this.#lengths = lengths;
    this.#random = random;
  }

  set(timer: T, now: number): void {
    const { minMs, maxMs, counts } = this.#lengths[timer];
    const length = minMs + this.#random() * (maxMs - minMs);
    const from = counts === null ? now : Math.max(this.#fired.get(timer) ?? now, now - counts.missedMax * length);
    this.#fired.delete(timer);
    this.#due.set(timer, from + length);
  }

  clear(timer: T): void {
    this.#due.delete(timer);
  }

  /** Takes out a counting timer that is due, or null. */
  takeCounting(now: number): T | null {
    return this.#take(now, true);
  }

  /** Takes out any other timer that is due, the one that has been due for longest, or null. */
  take(now: number): T | null {
    return this.#take(now, false);
  }

  /** After a pause the others run from the beginning again: what they wait for may have arrived meanwhile. */
  restartOthers(now: number): void {
    for (const [timer, due] of this.#due) {
      if (this.#lengths[timer].counts === null && due <= now) this.set(timer, now);
    }
  }

  /** When the next one is due, or null if none runs. */
  next(): number | null {
    return this.#due.size === 0 ? null : Math.min(...this.#due.values());
  }

  #take(now: number, isCounting: boolean): T | null {
    let found: { readonly timer: T; readonly due: number } | null = null;
    for (const [timer, due] of this.#due) {
      if (due > now || (this.#lengths[timer].counts !== null) !== isCounting) continue;
      if (found === null || due < found.due) found = { timer, due };
    }
    if (found === null) return null;
    this.#due.delete(found.timer);
    if (isCounting) this.#fired.set(found.timer, found.due);
    return found.timer;
  }
}
