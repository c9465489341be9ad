/** One write at a time; of the states that come meanwhile, the latest. */

import type { Held } from "./difference.ts";

type Waiting<D> = {
  state: D;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class Writer<D> {
  #written: D | null;
  #held: Held;
  readonly #commit: (held: Held, state: D) => Promise<Held>;
  #waiting: Waiting<D> | null = null;
  #running: Promise<void> | null = null;
  /** Why nothing is written any more. */
  #failure: { readonly error: unknown } | null = null;
  #isEnded = false;

  /** `commit` makes durable what is not, and tells what is held then. */
  constructor(written: D | null, held: Held, commit: (held: Held, state: D) => Promise<Held>) {
    this.#written = written;
    this.#held = held;
    this.#commit = commit;
  }

  /** What was written last. */
  get held(): Held {
    return this.#held;
  }

  async write(state: D): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#isEnded) throw new Error("The storage is closed: nothing can be written to it any more.");
    if (this.#running === null && state === this.#written) return;
    if (this.#waiting === null) this.#waiting = newWaiting(state);
    else this.#waiting.state = state;
    const { promise } = this.#waiting;
    this.#running ??= this.#run();
    return promise;
  }

  /** Waits for what has been handed in. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting; next !== null; next = this.#waiting) {
      this.#waiting = null;
      await this.#perform(next);
    }
    this.#running = null;
  }

  async #perform(next: Waiting<D>): Promise<void> {
    if (this.#failure !== null) {
      next.reject(this.#failure.error);
      return;
    }
    try {
      this.#held = await this.#commit(this.#held, next.state);
      this.#written = next.state;
      next.resolve();
    } catch (error) {
      this.#failure = { error };
      next.reject(error);
    }
  }
}

function newWaiting<D>(state: D): Waiting<D> {
  let settle: Pick<Waiting<D>, "resolve" | "reject"> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { state, promise, ...settle };
}
