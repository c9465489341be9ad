/**
 * Commands on their way into the order. A member that leads gives them to the protocol, any other sends them to the leader.
 *
 * A command is handed over once. What was refused was delivered nowhere, by the protocol's word, and is handed over again;
 * where no word comes back nobody knows what became of it, and its client is told so when its time is over. So a command is
 * never applied twice, whatever happens to leaders and connections.
 */

import type { NodeId, Plain } from "@quorate/core";
import type { Clock } from "../shell/clock.ts";
import { sizeOf } from "../sizes.ts";
import type { Addressed } from "./addressed.ts";
import { MemberError } from "./backend.ts";
import { Deadlines } from "./deadlines.ts";

type Pending<C extends Plain, R> = {
  readonly addressed: Addressed<C>;
  readonly resolve: (result: R) => void;
  readonly reject: (error: MemberError) => void;
  /** Whether it was handed over, and not refused since. */
  isHanded: boolean;
};

/** Commands that another member has sent here, and how to answer it. */
type Forwarded<C extends Plain> = {
  readonly commands: readonly Addressed<C>[];
  readonly answer: (verdict: ForwardVerdict) => void;
  /** Nobody knows what becomes of them. */
  readonly forget: (error: MemberError) => void;
};

/** What the leader says of commands that were sent to it: that they are in the order, or that they never will be. */
export type ForwardVerdict = { readonly type: "applied" } | { readonly type: "refused"; readonly reason: string };

export type ProposalsOptions<C extends Plain> = {
  /** Names this life of this member: no other life of any member has the same. */
  readonly origin: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly pendingMax: number;
  /** About so many bytes of commands go to the leader at once: more might be longer than a message may be. */
  readonly lotBytes: number;
  /** How long to wait before what was refused is handed over again. */
  readonly retryMs: number;
  /** Sends commands to the leader. Rejects if it is not known what became of them; "unsent" says they never left. */
  readonly forward: (
    leader: NodeId,
    commands: readonly Addressed<C>[],
  ) => Promise<ForwardVerdict | { readonly type: "unsent" }>;
  /** There is something to gather. */
  readonly wake: () => void;
  readonly leader: () => NodeId | null;
};

export class Proposals<C extends Plain, R> {
  readonly #options: ProposalsOptions<C>;
  readonly #pending = new Map<number, Pending<C, R>>();
  readonly #deadlines: Deadlines<number>;
  #queue: Pending<C, R>[] = [];
  #forwarded: Forwarded<C>[] = [];
  /** The forwarded commands that the protocol has, by origin and number of the last of each lot. */
  readonly #taken = new Map<string, Forwarded<C>>();
  #number = 0;
  #isStopped = false;
  #cancelRetry: (() => void) | null = null;

  constructor(options: ProposalsOptions<C>) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock, options.timeoutMs, (number) => {
      this.#giveUp(number);
    });
  }

  get size(): number {
    return this.#pending.size;
  }

  propose(command: C): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) {
        reject(new MemberError("stopped"));
        return;
      }
      if (this.#pending.size >= this.#options.pendingMax) {
        reject(new MemberError("tooManyRequests"));
        return;
      }
      this.#number += 1;
      const addressed = { origin: this.#options.origin, number: this.#number, command };
      const pending: Pending<C, R> = { addressed, resolve, reject, isHanded: false };
      this.#pending.set(this.#number, pending);
      this.#deadlines.add(this.#number);
      this.#queue.push(pending);
      this.#options.wake();
    });
  }

  /**
   * Another member asks for `commands` to be put into the order.
   *
   * @throws MemberError (by rejection) if nobody knows whether they will be
   */
  takeForwarded(commands: readonly Addressed<C>[]): Promise<ForwardVerdict> {
    return new Promise((answer, forget) => {
      if (this.#isStopped || commands.length === 0) {
        answer(this.#isStopped ? { type: "refused", reason: "stopped" } : { type: "applied" });
        return;
      }
      this.#forwarded.push({ commands, answer, forget });
      this.#options.wake();
    });
  }

  /** The commands to broadcast now. Where another member leads they go there, and there are none. */
  gather(isLeader: boolean): readonly Addressed<C>[] {
    if (isLeader) return this.#takeAll();
    for (const { answer } of this.#forwarded) answer({ type: "refused", reason: "notLeader" });
    this.#forwarded = [];
    const leader = this.#options.leader();
    const commands = leader === null ? [] : this.#takeQueue();
    if (leader !== null) for (const lot of lotsOf(commands, this.#options.lotBytes)) this.#forwardTo(leader, lot);
    return [];
  }

  /** A command has been applied here, by whomever it was proposed. */
  onApplied({ origin, number }: Addressed<C>, result: R): void {
    const key = `${origin} ${number}`;
    const forwarded = this.#taken.get(key);
    if (forwarded !== undefined) {
      this.#taken.delete(key);
      forwarded.answer({ type: "applied" });
    }
    if (origin !== this.#options.origin) return;
    const pending = this.#remove(number);
    pending?.resolve(result);
  }

  /** The protocol has refused a broadcast of `commands`. */
  onRefused(commands: readonly Addressed<C>[], reason: string): void {
    const refused = commands.flatMap(({ origin, number }) => {
      const key = `${origin} ${number}`;
      const forwarded = this.#taken.get(key);
      if (forwarded !== undefined) {
        this.#taken.delete(key);
        forwarded.answer({ type: "refused", reason });
      }
      const pending = origin === this.#options.origin ? this.#pending.get(number) : undefined;
      return pending === undefined ? [] : [pending];
    });
    this.#handOverAgain(refused);
  }

  /**
   * Whoever waits for word of this leader is told that it has none: a question that is never answered would count for ever
   * among those that its connection may have. The commands may be applied all the same.
   */
  forgetForwarded(fault: "leaderChanged" | "stopped" = "leaderChanged"): void {
    for (const { forget } of this.#taken.values()) forget(new MemberError(fault));
    this.#taken.clear();
  }

  stop(): void {
    this.#isStopped = true;
    this.forgetForwarded("stopped");
    this.#deadlines.stop();
    this.#cancelRetry?.();
    for (const { reject } of this.#pending.values()) reject(new MemberError("stopped"));
    for (const { answer } of this.#forwarded) answer({ type: "refused", reason: "stopped" });
    this.#pending.clear();
    this.#forwarded = [];
    this.#queue = [];
  }

  #takeAll(): readonly Addressed<C>[] {
    const forwarded = this.#forwarded;
    this.#forwarded = [];
    for (const lot of forwarded) {
      const last = lot.commands.at(-1);
      if (last !== undefined) this.#taken.set(`${last.origin} ${last.number}`, lot);
    }
    return [...this.#takeQueue(), ...forwarded.flatMap(({ commands }) => commands)];
  }

  #takeQueue(): readonly Addressed<C>[] {
    // Those that were given up while they waited are not handed over any more.
    const queue = this.#queue.filter(({ addressed: { number } }) => this.#pending.has(number));
    this.#queue = [];
    for (const pending of queue) pending.isHanded = true;
    return queue.map(({ addressed }) => addressed);
  }

  #forwardTo(leader: NodeId, commands: readonly Addressed<C>[]): void {
    this.#options.forward(leader, commands).then(
      (verdict) => {
        if (verdict.type === "applied") return;
        const refused = commands.flatMap(({ number }) => this.#pending.get(number) ?? []);
        this.#handOverAgain(refused);
      },
      () => {
        // Nobody knows what became of them: those that are not applied here in time are given up.
      },
    );
  }

  #handOverAgain(refused: readonly Pending<C, R>[]): void {
    if (refused.length === 0) return;
    for (const pending of refused) pending.isHanded = false;
    this.#queue = [...refused, ...this.#queue];
    this.#cancelRetry ??= this.#options.clock.alarm(this.#options.clock.now() + this.#options.retryMs, () => {
      this.#cancelRetry = null;
      this.#options.wake();
    });
  }

  #giveUp(number: number): void {
    const pending = this.#remove(number);
    if (pending === null) return;
    pending.reject(new MemberError(pending.isHanded || this.#options.leader() !== null ? "timeout" : "noLeader"));
  }

  #remove(number: number): Pending<C, R> | null {
    const pending = this.#pending.get(number) ?? null;
    this.#pending.delete(number);
    this.#deadlines.delete(number);
    return pending;
  }
}

/** The commands in their order, in lots of at most so many bytes, or of one command that has more. */
function lotsOf<C extends Plain>(commands: readonly Addressed<C>[], bytesMax: number): readonly Addressed<C>[][] {
  const lots: Addressed<C>[][] = [];
  let left = 0;
  for (const command of commands) {
    const bytes = sizeOf(command);
    const last = lots.at(-1);
    if (last === undefined || bytes > left) {
      lots.push([command]);
      left = bytesMax - bytes;
    } else {
      last.push(command);
      left -= bytes;
    }
  }
  return lots;
}
