/**
 * The shell: it calls a protocol in one of the orders in which the checker calls it in every one.
 *
 * A turn takes what has come since the last one: timers that count time, messages, requests, other timers; and gives each to
 * `step`. Effects leave at once or wait at the gate. At its end the durable state goes to the disk, unless the disk is at
 * work: then it goes when that is done, and so many steps share one flush. README.md holds each part against the contract
 * of packages/core/src/protocol.ts.
 */

import type { Input, NodeId, Protocol, Signature, State, Step } from "@quorate/core";
import type { Clock } from "./clock.ts";
import { Gate } from "./gate.ts";
import type { Waiting } from "./gate.ts";
import type { ShellObserver } from "./observer.ts";
import { Timers } from "./timers.ts";
import type { TimerLengths } from "./timers.ts";

export type ShellOptions<S extends Signature> = {
  readonly protocol: Protocol<S>;
  readonly config: S["config"];
  /** What the disk holds. */
  readonly durable: S["durable"];
  /** Puts a durable state on the disk. It is given one at a time. */
  readonly write: (durable: S["durable"]) => Promise<void>;
  readonly send: (to: NodeId, message: S["message"]) => void;
  /**
   * What clients and operators ask, asked for at each turn. `wake` says that there is something. What changes the durable
   * state may be held back while the disk `isWriting`, for it could not be written before: the next turn comes then by itself.
   */
  readonly gather: (isWriting: boolean) => readonly S["request"][];
  /** An output, with the state that the step which made it led to. */
  readonly onOutput: (output: S["output"], state: State<S>) => void;
  /** After a turn or a flush. Everything that could leave has left. */
  readonly onTurn: (state: State<S>) => void;
  /** The disk has not answered for `hungAfterMs`, or answers again. In between, the node is silent and deaf. */
  readonly onHung: (isHung: boolean) => void;
  /** Nothing was done for `ms`, though something was due: the process or the machine was stopped. */
  readonly onPause: (ms: number) => void;
  /** A flush has taken `ms`. */
  readonly onFlush: (ms: number) => void;
  /** A step has thrown, or the disk has failed. The shell does nothing any more. */
  readonly onFailure: (error: unknown) => void;
  readonly timers: TimerLengths<S["timer"]>;
  readonly hungAfterMs: number;
  /** How late a turn has to be to count as a pause. */
  readonly pauseMs: number;
  readonly clock: Clock;
  /** From 0 up to, and without, 1. */
  readonly random: () => number;
  readonly observer: ShellObserver<S> | null;
};

export class Shell<S extends Signature> {
  readonly #options: ShellOptions<S>;
  readonly #timers: Timers<S["timer"]>;
  readonly #gate = new Gate<S>();
  readonly #begun: Step<S>;
  #inbox: { readonly from: NodeId; readonly message: S["message"] }[] = [];
  #state: State<S>;
  /** How many durable states there were before the present one, and before the latest one that the disk holds. */
  #version = 0;
  #flushedVersion = 0;
  #flush: { readonly since: number } | null = null;
  #isHung = false;
  #isStopped = false;
  #immediate: NodeJS.Immediate | null = null;
  #alarm: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(options: ShellOptions<S>) {
    this.#options = options;
    this.#timers = new Timers(options.timers, options.random);
    this.#begun = options.protocol.start(options.config, options.durable);
    this.#state = { durable: options.durable, volatile: this.#begun.state.volatile };
  }

  /** Does what the protocol's start asks for. Before, nothing is taken and nothing leaves. */
  begin(): void {
    this.#guard(() => {
      this.#take(this.#begun);
      this.#settle();
    });
  }

  /** The state after the latest step. Parts of it may not be durable: what the world may know comes by `onOutput`. */
  get state(): State<S> {
    return this.#state;
  }

  get isHung(): boolean {
    return this.#isHung;
  }

  /** A message has arrived. */
  receive(from: NodeId, message: S["message"]): void {
    if (this.#isStopped || this.#isHung) return;
    this.#inbox.push({ from, message });
    this.wake();
  }

  /** There is something to gather: a turn comes soon, after all that has arrived meanwhile. */
  wake(): void {
    if (this.#isStopped || this.#immediate !== null) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = null;
      this.#turn();
    });
  }

  /** Nothing leaves any more and nothing is taken. A flush that is under way may still reach the disk. */
  stop(): void {
    this.#isStopped = true;
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #turn(): void {
    if (this.#isStopped || this.#isHung) return;
    this.#guard(() => {
      this.#takeAll();
      this.#settle();
    });
  }

  #takeAll(): void {
    const now = this.#options.clock.now();
    this.#noticePause(now);
    this.#countTime(now);
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const { from, message } of inbox) this.#step({ type: "receive", from, message });
    for (const request of this.#options.gather(this.#flush !== null)) this.#step({ type: "request", request });
    // A message that has arrived in time has by now set the timer that waited for it anew.
    for (let timer = this.#timers.take(now); timer !== null; timer = this.#timers.take(now)) {
      this.#step({ type: "timeout", timer });
    }
  }

  /** A pause leaves timers that are long due, though what they wait for may lie in the sockets: they get another chance. */
  #noticePause(now: number): void {
    const due = this.#timers.next();
    if (due === null || now - due < this.#options.pauseMs) return;
    this.#options.onPause(now - due);
    this.#countTime(now);
    this.#timers.restartOthers(now);
  }

  #countTime(now: number): void {
    for (let timer = this.#timers.takeCounting(now); timer !== null; timer = this.#timers.takeCounting(now)) {
      this.#step({ type: "timeout", timer });
    }
  }

  #step(input: Input<S>): void {
    this.#take(this.#options.protocol.step(this.#options.config, this.#state, input));
  }

  #take({ state, effects }: Step<S>): void {
    if (state.durable !== this.#state.durable) this.#version += 1;
    this.#state = state;
    this.#options.observer?.returned(effects);
    for (const effect of effects) {
      switch (effect.type) {
        case "setTimer":
          this.#timers.set(effect.timer, this.#options.clock.now());
          break;
        case "clearTimer":
          this.#timers.clear(effect.timer);
          break;
        case "send":
          if (effect.after === "now") this.#leave({ effect, state, version: this.#version });
          else this.#leaveWhenDurable({ effect, state, version: this.#version });
          break;
        case "output":
          this.#leaveWhenDurable({ effect, state, version: this.#version });
          break;
      }
    }
  }

  #leaveWhenDurable(waiting: Waiting<S>): void {
    if (waiting.version <= this.#flushedVersion) this.#leave(waiting);
    else this.#gate.add(waiting);
  }

  #leave({ effect, state }: Waiting<S>): void {
    this.#options.observer?.left(effect);
    if (effect.type === "send") this.#options.send(effect.to, effect.message);
    else this.#options.onOutput(effect.output, state);
  }

  /** What a turn or a flush ends with. */
  #settle(): void {
    this.#startFlush();
    this.#options.onTurn(this.#state);
    this.#setAlarm();
  }

  #startFlush(): void {
    if (this.#flush !== null || this.#version === this.#flushedVersion) return;
    const version = this.#version;
    const { durable } = this.#state;
    const since = this.#options.clock.now();
    this.#flush = { since };
    this.#options.write(durable).then(
      () => {
        this.#guard(() => {
          this.#onFlushed(version, durable, since);
        });
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
  }

  /** The disk holds `durable`: what waited for it leaves, and the protocol is told before anything else happens. */
  #onFlushed(version: number, durable: S["durable"], since: number): void {
    if (this.#isStopped) return;
    this.#flush = null;
    this.#flushedVersion = version;
    this.#options.onFlush(this.#options.clock.now() - since);
    this.#options.observer?.flushed(durable);
    for (const waiting of this.#gate.open(version)) this.#leave(waiting);
    this.#step({ type: "persisted", durable });
    if (this.#isHung) {
      this.#isHung = false;
      this.#options.onHung(false);
      this.wake();
    } else {
      // The disk is free: whatever has come by now goes into its next write, together.
      this.#takeAll();
    }
    this.#settle();
  }

  /** A node whose disk hangs can't do its part, and as a leader would keep others from doing it. */
  #noticeHungDisk(): void {
    const { clock, hungAfterMs, onHung } = this.#options;
    if (this.#flush === null || this.#isHung || clock.now() - this.#flush.since < hungAfterMs) return;
    this.#isHung = true;
    this.#inbox = [];
    onHung(true);
  }

  #setAlarm(): void {
    const ends = [this.#timers.next(), this.#flush === null ? null : this.#flush.since + this.#options.hungAfterMs];
    const at = Math.min(...ends.filter((end) => end !== null));
    if (this.#isStopped || this.#isHung || at === Infinity) return;
    // One that rings too early does no harm, and a timer is set anew with almost every message.
    if (this.#alarm !== null && this.#alarm.at <= at) return;
    this.#alarm?.cancel();
    const cancel = this.#options.clock.alarm(at, () => {
      this.#alarm = null;
      this.#noticeHungDisk();
      // Messages that are in the sockets already come first.
      this.wake();
    });
    this.#alarm = { at, cancel };
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.stop();
    this.#options.onFailure(error);
  }
}
