import fc from "fast-check";
import { expect, test } from "vitest";
import { assertAgreement, Sample } from "../testing/agreement.ts";
import { randomModel } from "../testing/random-model.ts";

const STATES_MAX = 300;
const RUNS = 400;

test("the engine and the naive explorer find the same in random models", () => {
  const sample = new Sample();
  fc.assert(
    fc.property(randomModel, ({ subject }) =>
      sample.add(assertAgreement(subject(), { statesMax: STATES_MAX }), STATES_MAX),
    ),
    { numRuns: RUNS },
  );
  expect(sample.size).toBe(RUNS);
  expect(sample.actions).toEqual(new Set(["action0", "action1", "action2", "action3"]));
  expect(sample.brokenBy("always")).toBeGreaterThan(5);
  expect(sample.brokenBy("step")).toBeGreaterThan(5);
  expect(sample.brokenBy("deadlock")).toBeGreaterThan(5);
  expect(sample.deeperThan3).toBeGreaterThan(80);
  expect(sample.reached).toBeGreaterThan(20);
  expect(sample.exhausted).toBeGreaterThan(100);
});
