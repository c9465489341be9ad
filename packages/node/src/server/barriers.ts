/**
 * Linearizable reads: a caller waits until this member has applied all that any had applied before, and then looks at the
 * store. All that wait while one read is on its way through the protocol share the next.
 */

import type { Plain } from "@quorate/core";
import { isRecord } from "@quorate/core";
import type { Clock } from "../shell/clock.ts";
import { MemberError } from "./backend.ts";
import { Deadlines } from "./deadlines.ts";

type Caller = { readonly resolve: () => void; readonly reject: (error: MemberError) => void };

export type BarriersOptions = {
  readonly origin: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly pendingMax: number;
  /** After this time without an answer a read counts as lost, and another one is sent. */
  readonly lostMs: number;
  readonly retryMs: number;
  readonly wake: () => void;
  readonly hasLeader: () => boolean;
};

/** The names of reads: no two have the same, as the protocol demands. */
export type ReadId = { readonly origin: string; readonly number: number };

export class Barriers {
  readonly #options: BarriersOptions;
  readonly #deadlines: Deadlines<Caller>;
  readonly #callers = new Set<Caller>();
  #waiting: Caller[] = [];
  #asked: { readonly number: number; readonly callers: readonly Caller[]; readonly since: number } | null = null;
  #number = 0;
  #notBefore = 0;
  #cancelAlarm: (() => void) | null = null;

  constructor(options: BarriersOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock, options.timeoutMs, (caller) => {
      this.#callers.delete(caller);
      caller.reject(new MemberError(options.hasLeader() ? "timeout" : "noLeader"));
    });
  }

  pass(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#callers.size >= this.#options.pendingMax) {
        reject(new MemberError("tooManyRequests"));
        return;
      }
      const caller = { resolve, reject };
      this.#callers.add(caller);
      this.#deadlines.add(caller);
      this.#waiting.push(caller);
      this.#options.wake();
    });
  }

  /** The read to ask for now, if any. */
  gather(): ReadId | null {
    const now = this.#options.clock.now();
    if (this.#asked !== null && now - this.#asked.since >= this.#options.lostMs) this.#askAgain();
    if (this.#asked !== null || now < this.#notBefore || !this.#options.hasLeader()) return null;
    const callers = this.#waiting.filter((caller) => this.#callers.has(caller));
    this.#waiting = [];
    if (callers.length === 0) return null;
    this.#number += 1;
    this.#asked = { number: this.#number, callers, since: now };
    this.#wakeAt(now + this.#options.lostMs);
    return { origin: this.#options.origin, number: this.#number };
  }

  /** The protocol has answered the read `id`, which may not be one of these. */
  onAnswer(id: Plain): void {
    if (this.#asked === null || !this.#isAsked(id)) return;
    const { callers } = this.#asked;
    this.#asked = null;
    for (const caller of callers) {
      this.#callers.delete(caller);
      this.#deadlines.delete(caller);
      caller.resolve();
    }
    if (this.#waiting.length > 0) this.#options.wake();
  }

  /** The protocol will not answer the read `id`. */
  onRefused(id: Plain): void {
    if (!this.#isAsked(id)) return;
    this.#askAgain();
    this.#notBefore = this.#options.clock.now() + this.#options.retryMs;
    this.#wakeAt(this.#notBefore);
  }

  stop(): void {
    this.#deadlines.stop();
    this.#cancelAlarm?.();
    for (const { reject } of this.#callers) reject(new MemberError("stopped"));
    this.#callers.clear();
  }

  #isAsked(id: Plain): boolean {
    return isRecord(id) && id["origin"] === this.#options.origin && id["number"] === this.#asked?.number;
  }

  #askAgain(): void {
    this.#waiting = [...(this.#asked?.callers ?? []), ...this.#waiting];
    this.#asked = null;
  }

  #wakeAt(at: number): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = this.#options.clock.alarm(at, () => {
      this.#cancelAlarm = null;
      if (this.#callers.size > 0) this.#options.wake();
    });
  }
}
