/** Questions about leases, which only the lessor can answer: asked here where this member is it, or of the one that is. */

import { nodeId } from "@quorate/core";
import type { Peers } from "../peers/index.ts";
import type { Clock } from "../shell/clock.ts";
import type { MemberId } from "../store/types.ts";
import { MemberError } from "./backend.ts";
import type { LeaseLife } from "./backend.ts";
import type { Lessor } from "./lessor.ts";
import { answers } from "./member-words.ts";
import type { LeaseAnswer, Question } from "./member-words.ts";

export type LeaseCallsOptions = {
  readonly self: MemberId;
  readonly lessor: Lessor;
  readonly leader: () => MemberId | null;
  readonly linearize: () => Promise<void>;
  readonly peers: Pick<Peers, "ask">;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  readonly retryMs: number;
  readonly onSetback: (what: string, error: unknown) => void;
};

export type LeaseQuestion = Extract<Question, { readonly type: "renewLease" | "leaseLife" }>;

export class LeaseCalls {
  readonly #options: LeaseCallsOptions;

  constructor(options: LeaseCallsOptions) {
    this.#options = options;
  }

  /**
   * What is left of a lease, renewed or not. Asks whoever is the lessor, again while there is none or another one, as long as
   * a request may take.
   *
   * @throws MemberError (by rejection) if nobody has answered in time
   */
  async ask(question: LeaseQuestion): Promise<LeaseLife | null> {
    const { self, clock, requestTimeoutMs, peers, retryMs } = this.#options;
    const end = clock.now() + requestTimeoutMs;
    while (true) {
      const left = end - clock.now();
      const leader = this.#options.leader();
      if (left <= 0) throw new MemberError(leader === null ? "noLeader" : "timeout");
      if (leader !== null) {
        try {
          const answer =
            leader === self
              ? await this.answer(question)
              : answers.lease(await peers.ask(nodeId(leader), question, left));
          if (answer.type === "life") return answer.life;
        } catch (error) {
          if (error instanceof MemberError && error.fault === "stopped") throw error;
          // To ask again does no harm: a lease that is renewed twice has no more time than one that is renewed once.
          this.#options.onSetback("The lessor could not be asked.", error);
        }
      }
      await new Promise<void>((resolve) => void clock.alarm(clock.now() + retryMs, resolve));
    }
  }

  /**
   * The answer of this member, if it is the lessor. A renewal counts from when this member is known to lead still: a leader
   * that was followed by another has no say over leases that the other lets expire. Of a lease whose end is under way
   * nothing can be said before it is applied; who asks asks again.
   */
  async answer({ type, id }: LeaseQuestion): Promise<LeaseAnswer> {
    if (!this.#leads()) return { type: "notLeader" };
    await this.#options.linearize();
    const { lessor } = this.#options;
    if (!this.#leads() || !lessor.isLessor || lessor.isEnding(id)) return { type: "notLeader" };
    return { type: "life", life: type === "renewLease" ? lessor.renew(id) : lessor.life(id) };
  }

  #leads(): boolean {
    return this.#options.leader() === this.#options.self;
  }
}
