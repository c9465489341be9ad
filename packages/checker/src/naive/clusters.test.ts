import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Cluster, Network } from "../cluster/cluster.ts";
import { assertAgreement, claimByClaim, engineFindings, naiveFindings, Sample } from "../testing/agreement.ts";
import { randomCluster } from "../testing/random-cluster.ts";

const STATES_MAX = 150;
const RUNS = 16;
const BUDGETS = [0, 1, "unlimited"] as const;

const networks = (["none", "fifo"] as const).flatMap((order) =>
  BUDGETS.flatMap((duplication) => BUDGETS.map((loss): Network => ({ order, duplication, loss }))),
);

/**
 * The two order their successors differently, so they can only be held together where levels are complete: down to the
 * last depth at which there are few enough states.
 */
function compare(subject: Cluster, sample: Sample): void {
  const { unclaimed, claims } = claimByClaim(subject);
  const small = engineFindings(unclaimed, { statesMax: STATES_MAX });
  const depthMax = small.distinct < STATES_MAX ? small.depth : small.depth - 1;
  sample.add(assertAgreement(unclaimed, { depthMax }), STATES_MAX);
  for (const claim of claims) {
    const naive = naiveFindings(claim, { depthMax });
    const engine = engineFindings(claim, { depthMax });
    sample.addVerdict(naive);
    if (engine.violated === naive.violated && engine.violatedAt === naive.violatedAt) continue;
    throw new Error(`the engine found ${JSON.stringify(engine)}, the naive explorer ${JSON.stringify(naive)}`);
  }
}

describe("the engine and the naive explorer find the same in random clusters", () => {
  const sample = new Sample();

  test.each(networks)("with order $order, duplication $duplication, loss $loss", (network) => {
    fc.assert(
      fc.property(randomCluster(network), ({ subject }) => compare(subject(), sample)),
      { numRuns: RUNS },
    );
  });

  afterAll(() => {
    // Not so when a single one of the tests above was asked for.
    if (sample.size < networks.length * RUNS) return;
    const verbs = new Set([...sample.actions].map((name) => name.split(" ")[0]));
    const node = ["crash", "restart", "stop", "persist", "timeout", "request"];
    expect(verbs).toEqual(new Set([...node, "deliver", "duplicate", "lose", "partition", "heal"]));
    expect(sample.brokenBy("always")).toBeGreaterThan(10);
    expect(sample.brokenBy("step")).toBeGreaterThan(5);
    expect(sample.brokenBy("deadlock")).toBeGreaterThan(5);
    expect(sample.deeperThan3).toBeGreaterThan(40);
    expect(sample.reached).toBeGreaterThan(40);
    expect(sample.exhausted).toBeGreaterThan(40);
  });
});
