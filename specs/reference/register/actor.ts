/**
 * Actors in the sense of Stateright's examples: protocols that live on messages alone. They have no disk, no timers and
 * nothing to do with the world outside, so that all of a node's state is volatile and every message leaves at once.
 */

import type { NodeId, Protocol, Send, Signature } from "@quorate/core";

export interface ActorSignature extends Signature {
  readonly durable: null;
  readonly timer: never;
  readonly request: never;
  readonly output: never;
}

/** What an actor makes of a message: its next state, which is the same reference if it stays, and what it sends. */
export type Reaction<S extends ActorSignature> = {
  readonly state: S["volatile"];
  readonly sends: readonly Send<S>[];
};

interface Actor<S extends ActorSignature> {
  readonly name: string;
  start(config: S["config"]): Reaction<S>;
  receive(config: S["config"], state: S["volatile"], from: NodeId, message: S["message"]): Reaction<S>;
}

/** `actor` as a protocol. */
export function protocolOf<S extends ActorSignature>(actor: Actor<S>): Protocol<S> {
  return {
    name: actor.name,
    initial: () => null,
    start: (config) => {
      const { state, sends } = actor.start(config);
      return { state: { durable: null, volatile: state }, effects: sends };
    },
    step: (config, state, input) => {
      switch (input.type) {
        case "receive": {
          const { state: next, sends } = actor.receive(config, state.volatile, input.from, input.message);
          return { state: next === state.volatile ? state : { durable: null, volatile: next }, effects: sends };
        }
        case "timeout":
        case "request":
        case "persisted":
          return { state, effects: [] };
      }
    },
  };
}

/** The message `message` to `to`. */
export function send<S extends ActorSignature>(to: NodeId, message: S["message"]): Send<S> {
  return { type: "send", to, message, after: "now" };
}
