import type { Plain } from "@quorate/core";
import { PeerError } from "./types.ts";

type Pending = {
  readonly resolve: (answer: Plain) => void;
  readonly reject: (error: PeerError) => void;
  readonly timer: NodeJS.Timeout;
  isSent: boolean;
};

/** The questions of one connection that are not answered yet. */
export class Asks {
  readonly #pending = new Map<number, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  /** A promise for the answer to question `number`. */
  open(number: number, timeoutMs: number): Promise<Plain> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(number);
        reject(new PeerError("timeout", `no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(number, { resolve, reject, timer, isSent: false });
    });
  }

  /** False if nobody waits for the answer any more, so that the question need not be sent. */
  markSent(number: number): boolean {
    const pending = this.#pending.get(number);
    if (pending !== undefined) pending.isSent = true;
    return pending !== undefined;
  }

  answer(number: number, body: Plain): void {
    this.#take(number)?.resolve(body);
  }

  fail(number: number, error: PeerError): void {
    this.#take(number)?.reject(error);
  }

  /** The connection is gone: `unsent` is what those get whose question had not left. */
  failAll(sent: PeerError, unsent: PeerError): void {
    for (const [number, { isSent }] of this.#pending) this.fail(number, isSent ? sent : unsent);
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    clearTimeout(pending?.timer);
    return pending;
  }
}
