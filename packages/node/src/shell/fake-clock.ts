import type { Clock } from "./clock.ts";

/** A clock for tests, which goes when it is told to. */
export class FakeClock implements Clock {
  #now = 0;
  #alarms: { readonly at: number; readonly ring: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  alarm(at: number, ring: () => void): () => void {
    const alarm = { at, ring };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Lets `ms` pass, and rings what is due then, the earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (true) {
      const [next] = this.#alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
    }
    this.#now = end;
  }

  /** The same, but nothing rings before all the time has passed: the process was stopped. */
  pause(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }
}
