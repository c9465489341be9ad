import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { engineFindings, naiveFindings, Sample } from "../testing/agreement.ts";
import { randomModel } from "../testing/random-model.ts";

const STATES_MAX = 300;

test("the engine and the naive explorer find the same in random models", () => {
  const sample = new Sample();
  fc.assert(
    fc.property(randomModel, ({ subject }) => {
      const naive = naiveFindings(subject(), STATES_MAX);
      sample.add(naive, STATES_MAX);
      const engine = engineFindings(subject(), STATES_MAX);
      if (isDeepStrictEqual(engine, naive)) return true;
      throw new Error(`the engine found ${JSON.stringify(engine)}, the naive explorer ${JSON.stringify(naive)}`);
    }),
    { numRuns: 400 },
  );
  console.log(sample);
  expect(sample.size).toBe(400);
});
