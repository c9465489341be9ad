import type { Effect, Output, Send, Signature } from "@quorate/core";

/** Somebody who writes down what the shell does besides calling the protocol. */
export type ShellObserver<S extends Signature> = {
  /** The start or a step has returned `effects`. None of them has left yet. */
  returned(effects: readonly Effect<S>[]): void;
  /** The disk holds `durable`, and all that earlier steps returned. Nothing that waited for it has left yet. */
  flushed(durable: S["durable"]): void;
  /** `effect`, the very object that a step returned, leaves now. */
  left(effect: Send<S> | Output<S>): void;
};
