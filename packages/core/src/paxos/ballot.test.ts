import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeId } from "../protocol.ts";
import { ballotAbove, compareBallots } from "./ballot.ts";
import type { Ballot } from "./types.ts";

const a = nodeId("a");
const b = nodeId("b");

/** Few rounds and names, so that equal ones meet often; "B" and "é" order otherwise by alphabet than by code unit. */
const node = fc.constantFrom("a", "b", "B", "é", "a1").map(nodeId);
const ballot: fc.Arbitrary<Ballot> = fc.record({ round: fc.integer({ min: 1, max: 3 }), node });
const maybe = fc.option(ballot);

describe("ballots are totally ordered", () => {
  test("exactly one of below, equal and above holds, and it turns round with the ballots", () => {
    fc.assert(
      fc.property(maybe, maybe, (x, y) => {
        const isSame = x?.round === y?.round && x?.node === y?.node;
        const order = Math.sign(compareBallots(x, y));
        return order === -Math.sign(compareBallots(y, x)) && (order === 0) === isSame;
      }),
    );
  });

  test("what is below what is below, is below", () => {
    fc.assert(
      fc.property(maybe, maybe, maybe, (x, y, z) => {
        const [low, middle, high] = [x, y, z].sort(compareBallots) as [Ballot | null, Ballot | null, Ballot | null];
        return compareBallots(low, middle) <= 0 && compareBallots(middle, high) <= 0 && compareBallots(low, high) <= 0;
      }),
    );
  });

  test("no ballot at all is below every ballot", () => {
    fc.assert(fc.property(ballot, (some) => compareBallots(null, some) < 0 && compareBallots(some, null) > 0));
  });

  test("the round comes first, and then the node, by code units", () => {
    expect(compareBallots({ round: 1, node: b }, { round: 2, node: a })).toBeLessThan(0);
    expect(compareBallots({ round: 1, node: a }, { round: 1, node: b })).toBeLessThan(0);
    expect(compareBallots({ round: 1, node: nodeId("B") }, { round: 1, node: a })).toBeLessThan(0);
  });
});

describe("ballotAbove", () => {
  test("is above both and the node's own", () => {
    fc.assert(
      fc.property(node, maybe, maybe, (own, x, y) => {
        const above = ballotAbove(own, x, y);
        return above.node === own && compareBallots(above, x) > 0 && compareBallots(above, y) > 0;
      }),
    );
  });

  test("begins with round 1, and goes on by one", () => {
    expect(ballotAbove(a, null, null)).toEqual({ round: 1, node: a });
    expect(ballotAbove(a, { round: 1, node: a }, null)).toEqual({ round: 2, node: a });
    expect(ballotAbove(a, { round: 1, node: a }, { round: 4, node: b })).toEqual({ round: 5, node: a });
  });
});
