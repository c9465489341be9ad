/** The store between the commands of one step. */

import { expect, test } from "vitest";
import { storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/index.ts";
import { after, run } from "../store/testing/run.ts";
import { del, put } from "../store/testing/requests.ts";
import type { StoreCommand } from "../store/types.ts";
import { PastStores } from "./past-stores.ts";

const commands: readonly StoreCommand[] = [
  put("a", "1"),
  put("b", "1", { lease: "7" }),
  del("a"),
  { type: "compact", revision: 3 },
  put("c", "1"),
];

function tell(past: PastStores, step: object, before: StoreState, told: readonly StoreCommand[]): void {
  for (const [index, command] of told.entries()) {
    past.enter(step, before);
    past.onApplied(index + 1, command);
  }
}

test("is what the commands that were told led to, however often it is asked for", () => {
  const before = after(put("b", "0"));
  for (let asked = 0; asked <= commands.length; asked++) {
    const past = new PastStores();
    const step = {};
    past.enter(step, before);
    tell(past, step, before, commands.slice(0, asked));
    expect(past.now()).toEqual(run(before, ...commands.slice(0, asked)).state);
    // The store that the protocol has gone on to is no step's beginning.
    tell(past, step, storeMachine.initial, commands.slice(asked));
    expect(past.now()).toEqual(run(before, ...commands).state);
  }
});

test("begins anew with each step", () => {
  const past = new PastStores();
  tell(past, {}, after(put("b", "0")), commands);
  const before = after(put("x", "0"));
  tell(past, {}, before, [put("y", "1")]);
  expect(past.now()).toEqual(run(before, put("y", "1")).state);
});

test("can't be known after a snapshot, nor once the step is left", () => {
  const past = new PastStores();
  const step = {};
  past.enter(step, storeMachine.initial);
  past.onRestored();
  tell(past, step, storeMachine.initial, commands);
  expect(past.now()).toBe(null);
  tell(past, {}, storeMachine.initial, commands);
  past.leave();
  expect(past.now()).toBe(null);
});
