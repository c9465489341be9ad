import type { Output, Send, Signature } from "@quorate/core";

/** Somebody who writes down what the shell does besides calling the protocol. */
export type ShellObserver<S extends Signature> = {
  /** The disk holds `durable`, and all that earlier steps returned. Nothing that waited for it has left yet. */
  flushed(durable: S["durable"]): void;
  /** `effect`, the very object that a step returned, leaves now. */
  left(effect: Send<S> | Output<S>): void;
};
