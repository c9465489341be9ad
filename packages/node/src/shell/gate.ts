/** Effects that wait for the disk: rule 2 of packages/core/src/protocol.ts. */

import type { Output, Send, Signature, State } from "@quorate/core";

export type Waiting<S extends Signature> = {
  readonly effect: Send<S> | Output<S>;
  /** The state that the effect was computed from and with. */
  readonly state: State<S>;
  /** How many durable states came before that state's. */
  readonly version: number;
};

/** A queue in the order of the steps: versions never decrease in it. */
export class Gate<S extends Signature> {
  #waiting: Waiting<S>[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(waiting: Waiting<S>): void {
    this.#waiting.push(waiting);
  }

  /** Takes out all that waited for `version` or an earlier one. */
  open(version: number): readonly Waiting<S>[] {
    const end = this.#waiting.findIndex((waiting) => waiting.version > version);
    if (end === 0) return [];
    const opened = end === -1 ? this.#waiting : this.#waiting.slice(0, end);
    this.#waiting = end === -1 ? [] : this.#waiting.slice(end);
    return opened;
  }
}
