/**
 * The store between the commands of one step. A step of the protocol may apply many commands, and leads to the store after
 * the last of them; what was before a compaction among them, nobody has kept. But commands do what they do whenever they
 * are applied to the same store, so they are applied once more.
 */

import { storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/index.ts";
import type { StoreCommand } from "../store/types.ts";

export class PastStores {
  #step: object | null = null;
  /** The store before `#commands`, or null if a snapshot has taken its place meanwhile. */
  #store: StoreState | null = null;
  #commands: { readonly index: number; readonly command: StoreCommand }[] = [];

  /** Something of a step is told next; `before` is the store that the steps before it have led to. */
  enter(step: object, before: StoreState): void {
    if (step === this.#step) return;
    this.#step = step;
    this.#store = before;
    this.#commands = [];
  }

  onApplied(index: number, command: StoreCommand): void {
    this.#commands.push({ index, command });
  }

  onRestored(): void {
    this.#store = null;
  }

  /** The store after what has been told as applied, or null if that can't be known. */
  now(): StoreState | null {
    for (const { index, command } of this.#commands) {
      if (this.#store !== null) this.#store = storeMachine.apply(this.#store, command, index).state;
    }
    this.#commands = [];
    return this.#store;
  }

  /** Everything of the last step has been told. An old store would keep in memory what newer ones have forgotten. */
  leave(): void {
    this.#step = null;
    this.#store = null;
    this.#commands = [];
  }
}
