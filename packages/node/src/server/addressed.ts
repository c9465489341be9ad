/**
 * Commands that say who waits for them. Every member applies every command, and the one that a client asked finds its own
 * again by what is written on them.
 */

import { isRecord } from "@quorate/core";
import type { Application, MachineSignature, Plain, StateMachine } from "@quorate/core";

/** A command with its origin: a life of a member, and the number that it has there. */
export type Addressed<C extends Plain> = { readonly origin: string; readonly number: number; readonly command: C };

/** The machine M whose commands are addressed. Nothing is asked of it in the protocol: reads look at the state. */
export interface AddressedMachine<M extends MachineSignature> extends MachineSignature {
  readonly state: M["state"];
  readonly command: Addressed<M["command"]>;
  readonly result: M["result"];
  readonly query: null;
  readonly answer: null;
}

export function addressed<M extends MachineSignature>(machine: StateMachine<M>): StateMachine<AddressedMachine<M>> {
  return {
    initial: machine.initial,
    isCommand(value): value is Addressed<M["command"]> {
      if (!isRecord(value) || Object.keys(value).length !== 3) return false;
      const { origin, number, command } = value;
      if (typeof origin !== "string" || typeof number !== "number" || command === undefined) return false;
      return machine.isCommand(command);
    },
    isQuery: (value): value is null => value === null,
    apply(state, { command }, index): Application<AddressedMachine<M>> {
      const applied = machine.apply(state, command, index);
      return { state: applied.state, result: applied.result };
    },
    read: () => null,
    toChunks: (state) => machine.toChunks(state),
    fromChunks: (chunks) => machine.fromChunks(chunks),
  };
}
