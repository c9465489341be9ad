/**
 * Linearizable reads: a caller waits until this member has applied all that any had applied before, and then looks at the
 * store. All that wait while one read is on its way through the protocol share the next.
 */

import type { Plain } from "@quorate/core";
import { isRecord } from "@quorate/core";
import type { Clock } from "../shell/clock.ts";
import { MemberError } from "./backend.ts";
import { Deadlines } from "./deadlines.ts";

type Caller = {
  readonly resolve: () => void;
  readonly reject: (error: MemberError) => void;
  /** The first read that was asked for after this one had come. Null while it waits for it. */
  read: number | null;
};

export type BarriersOptions = {
  readonly origin: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly pendingMax: number;
  /** After this time without an answer a read may be lost, and another one is sent. */
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
  /** The latest read, as long as it is neither answered nor refused nor taken for lost. */
  #asked: { readonly number: number; readonly since: number } | null = null;
  #number = 0;
  #notBefore = 0;
  #isStopped = false;
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
      if (this.#isStopped) {
        reject(new MemberError("stopped"));
        return;
      }
      if (this.#callers.size >= this.#options.pendingMax) {
        reject(new MemberError("tooManyRequests"));
        return;
      }
      const caller: Caller = { resolve, reject, read: null };
      this.#callers.add(caller);
      this.#deadlines.add(caller);
      this.#options.wake();
    });
  }

  /** The read to ask for now, if any. */
  gather(): ReadId | null {
    const { clock, lostMs, hasLeader, origin } = this.#options;
    const now = clock.now();
    if (this.#asked !== null && now - this.#asked.since >= lostMs) this.#asked = null;
    if (this.#asked !== null || now < this.#notBefore || this.#callers.size === 0 || !hasLeader()) return null;
    this.#number += 1;
    for (const caller of this.#callers) caller.read ??= this.#number;
    this.#asked = { number: this.#number, since: now };
    this.#wakeAt(now + lostMs);
    return { origin, number: this.#number };
  }

  /**
   * The protocol has answered the read `id`, which may not be one of these. One that was taken for lost was not: where
   * answers take their time the next would be as late. It serves whoever had come before it was asked for.
   */
  onAnswer(id: Plain): void {
    const answered = this.#numberOf(id);
    if (answered === null) return;
    if (this.#asked !== null && this.#asked.number <= answered) this.#asked = null;
    for (const caller of this.#callers) {
      // They stand in the order in which they came.
      if (caller.read === null || caller.read > answered) break;
      this.#callers.delete(caller);
      this.#deadlines.delete(caller);
      caller.resolve();
    }
    if (this.#callers.size > 0) this.#options.wake();
  }

  /** The protocol will not answer the read `id`. */
  onRefused(id: Plain): void {
    if (this.#asked === null || this.#numberOf(id) !== this.#asked.number) return;
    this.#asked = null;
    this.#notBefore = this.#options.clock.now() + this.#options.retryMs;
    this.#wakeAt(this.#notBefore);
  }

  stop(): void {
    this.#isStopped = true;
    this.#deadlines.stop();
    this.#cancelAlarm?.();
    for (const { reject } of this.#callers) reject(new MemberError("stopped"));
    this.#callers.clear();
  }

  #numberOf(id: Plain): number | null {
    if (!isRecord(id) || id["origin"] !== this.#options.origin) return null;
    return typeof id["number"] === "number" ? id["number"] : null;
  }

  #wakeAt(at: number): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = this.#options.clock.alarm(at, () => {
      this.#cancelAlarm = null;
      if (this.#callers.size > 0) this.#options.wake();
    });
  }
}
