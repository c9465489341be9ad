import { expect, test } from "vitest";
import { storeMachine } from "../store/index.ts";
import { put } from "../store/testing/requests.ts";
import { SLOW_APPLY_MS, watched } from "./slow-applies.ts";

test("a command is told of if it takes longer than it should, and applied all the same", () => {
  let now = 0;
  let cost = SLOW_APPLY_MS;
  const told: unknown[] = [];
  const slow: typeof storeMachine = {
    ...storeMachine,
    apply: (state, command, index) => {
      now += cost;
      return storeMachine.apply(state, command, index);
    },
  };
  const machine = watched(
    slow,
    () => now,
    null,
    (command, ms) => told.push([command, ms]),
  );
  const first = machine.apply(storeMachine.initial, put("a", "1"), 1);
  expect(first).toEqual(storeMachine.apply(storeMachine.initial, put("a", "1"), 1));
  expect(told).toEqual([]);
  cost += 1;
  machine.apply(first.state, put("b", "2"), 2);
  expect(told).toEqual([[put("b", "2"), SLOW_APPLY_MS + 1]]);
});
