/** Applying commands in tests. */

import { isCommand } from "../commands.ts";
import { storeMachine } from "../machine.ts";
import type { Applied, StoreState } from "../state.ts";
import type { StoreCommand, StoreError, StoreResult } from "../types.ts";

/** Applies one command after the other to a state: the last state, and all results. */
export function run(
  before: StoreState,
  ...commands: readonly StoreCommand[]
): { readonly state: StoreState; readonly results: readonly StoreResult[] } {
  let state = before;
  const results: StoreResult[] = [];
  for (const command of commands) {
    const applied = apply(state, command);
    state = applied.state;
    results.push(applied.result);
  }
  return { state, results };
}

/** The store after these commands. */
export function after(...commands: readonly StoreCommand[]): StoreState {
  return run(storeMachine.initial, ...commands).state;
}

/** Why the command fails, or null if it does not. */
export function errorOf(state: StoreState, command: StoreCommand): StoreError | null {
  const { result } = apply(state, command);
  return result.ok ? null : result.error;
}

function apply(state: StoreState, command: StoreCommand): Applied {
  if (!isCommand(command)) throw new TypeError(`Not a command: ${JSON.stringify(command)}`);
  return storeMachine.apply(state, command, 1);
}
