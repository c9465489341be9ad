/**
 * State machines after Fred B. Schneider, "Implementing Fault-Tolerant Services Using the State Machine Approach" (1990).
 *
 * Its commands are the only thing that a state machine's states and results depend on, so that all who apply the same
 * commands in the same order get the same ones.
 */

import type { Plain } from "../plain.ts";

/** The types that make up one state machine. A command changes the state, a query only looks at it. */
export interface MachineSignature {
  readonly state: Plain;
  readonly command: Plain;
  readonly result: Plain;
  readonly query: Plain;
  readonly answer: Plain;
}

/** The state after a command, and what the command's client is told. */
export type Application<M extends MachineSignature> = {
  readonly state: M["state"];
  readonly result: M["result"];
};

/** A state machine. All functions are deterministic, and leave their arguments as they were. */
export interface StateMachine<M extends MachineSignature> {
  /** The state before the first command. */
  readonly initial: M["state"];
  /** Whether `value` is a command. The order may hold others: of a client's making, or of another version's. */
  isCommand(value: Plain): value is M["command"];
  /** Whether `value` is a query. */
  isQuery(value: Plain): value is M["query"];
  /**
   * Applies the command that has `index` in the order. It is total: a command that can't be carried out has a result that
   * says so. A command that changes nothing returns the very state.
   */
  apply(state: M["state"], command: M["command"], index: number): Application<M>;
  /** Answers a query. It is total, too. */
  read(state: M["state"], query: M["query"]): M["answer"];
  /** The state as a snapshot: one chunk or more, each small enough for a message. */
  toChunks(state: M["state"]): readonly Plain[];
  /**
   * The state that `toChunks` made these of.
   *
   * @throws InvariantViolation if the chunks are none of this machine's: a node that can't read a snapshot must stop
   */
  fromChunks(chunks: readonly Plain[]): M["state"];
}
