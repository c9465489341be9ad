import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";
import { alwaysMeet, isQuorum, majorities, quorumSystemFault } from "./quorum.ts";
import type { Quorums, QuorumSystem } from "./quorum.ts";

const names = ["a", "b", "c", "d", "e", "f"].map(nodeId);
const [a, b, c, d, e, f] = names as [NodeId, NodeId, NodeId, NodeId, NodeId, NodeId];

/** Every subset of `nodes`. */
function subsets(nodes: readonly NodeId[]): readonly (readonly NodeId[])[] {
  return nodes.reduce<readonly (readonly NodeId[])[]>(
    (smaller, node) => [...smaller, ...smaller.map((subset) => [...subset, node])],
    [[]],
  );
}

/** The dumb twin: the definition of a quorum, word by word. */
function isQuorumByDefinition(quorums: Quorums, members: readonly NodeId[]): boolean {
  if (quorums.type === "threshold") return new Set(members).size >= quorums.size;
  return subsets(members).some((subset) => quorums.sets.some((set) => isSameSet(set, subset)));
}

function isSameSet(first: readonly NodeId[], second: readonly NodeId[]): boolean {
  return [...new Set(first)].sort().join() === [...new Set(second)].sort().join();
}

/** The dumb twin: every quorum of one against every quorum of the other. */
function alwaysMeetByDefinition(nodes: readonly NodeId[], first: Quorums, second: Quorums): boolean {
  const quorumsOf = (quorums: Quorums) => subsets(nodes).filter((subset) => isQuorumByDefinition(quorums, subset));
  return quorumsOf(first).every((one) => quorumsOf(second).every((other) => one.some((node) => other.includes(node))));
}

/** Quorums that each have at least one member and hold only nodes of the cluster. */
function arbitraryQuorums(nodes: readonly NodeId[]): fc.Arbitrary<Quorums> {
  const type = fc.constant("sets" as const);
  // Members in any order, and also twice: a set is what they are, not how they are written.
  const set = fc.array(fc.constantFrom(...nodes), { minLength: 1, maxLength: nodes.length + 1 });
  return fc.oneof(
    fc.record({ type: fc.constant("threshold" as const), size: fc.integer({ min: 1, max: nodes.length }) }),
    fc.record({ type, sets: fc.array(set, { minLength: 1, maxLength: 4 }) }),
  );
}

const arbitraryNodes = fc.integer({ min: 1, max: names.length }).map((size) => names.slice(0, size));

describe("quorums agree with their definition", () => {
  test("isQuorum, for every subset of the nodes", () => {
    const cases = arbitraryNodes.chain((nodes) => fc.tuple(fc.constant(nodes), arbitraryQuorums(nodes)));
    fc.assert(
      fc.property(cases, ([nodes, quorums]) =>
        subsets(nodes).every((subset) => isQuorum(quorums, subset) === isQuorumByDefinition(quorums, subset)),
      ),
    );
  });

  test("alwaysMeet, in either order", () => {
    const cases = arbitraryNodes.chain((nodes) =>
      fc.tuple(fc.constant(nodes), arbitraryQuorums(nodes), arbitraryQuorums(nodes)),
    );
    fc.assert(
      fc.property(cases, ([nodes, first, second]) => {
        const expected = alwaysMeetByDefinition(nodes, first, second);
        return alwaysMeet(nodes, first, second) === expected && alwaysMeet(nodes, second, first) === expected;
      }),
      { numRuns: 300 },
    );
  });

  test("quorumSystemFault finds a fault in a well-formed system exactly if two quorums of different phases part", () => {
    const cases = arbitraryNodes.chain((nodes) =>
      fc.tuple(fc.constant(nodes), arbitraryQuorums(nodes), arbitraryQuorums(nodes)),
    );
    fc.assert(
      fc.property(cases, ([nodes, phase1, phase2]) => {
        const fault = quorumSystemFault(nodes, { phase1, phase2 });
        return (fault === null) === alwaysMeetByDefinition(nodes, phase1, phase2);
      }),
    );
  });
});

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [6, 4],
])("of %i nodes, %i are a majority in both phases", (count, size) => {
  const majority = { type: "threshold", size };
  expect(majorities(names.slice(0, count))).toEqual({ phase1: majority, phase2: majority });
});

describe("Flexible Paxos", () => {
  test("quorums of phase 2 may be small where those of phase 1 are large", () => {
    expect(
      quorumSystemFault(names, { phase1: { type: "threshold", size: 5 }, phase2: { type: "threshold", size: 2 } }),
    ).toBe(null);
  });

  test("rows and columns of a grid meet", () => {
    const rows: Quorums = {
      type: "sets",
      sets: [
        [a, b, c],
        [d, e, f],
      ],
    };
    const columns: Quorums = {
      type: "sets",
      sets: [
        [a, d],
        [b, e],
        [c, f],
      ],
    };
    expect(quorumSystemFault(names, { phase1: rows, phase2: columns })).toBe(null);
    expect(alwaysMeet(names, rows, rows)).toBe(false);
  });
});

describe("a quorum system that can't be used says why", () => {
  const two: Quorums = { type: "threshold", size: 2 };
  const cases: readonly (readonly [string, QuorumSystem])[] = [
    [
      "The quorums of phase1 have size 0, which is not between 1 and the 3 nodes.",
      { phase1: { type: "threshold", size: 0 }, phase2: two },
    ],
    [
      "The quorums of phase2 have size 4, which is not between 1 and the 3 nodes.",
      { phase1: two, phase2: { type: "threshold", size: 4 } },
    ],
    [
      "The quorums of phase1 have size 1.5, which is not between 1 and the 3 nodes.",
      { phase1: { type: "threshold", size: 1.5 }, phase2: two },
    ],
    ["The quorums of phase2 are an empty list.", { phase1: two, phase2: { type: "sets", sets: [] } }],
    ["The quorums of phase1 contain an empty set.", { phase1: { type: "sets", sets: [[a, b], []] }, phase2: two }],
    [
      "The quorums of phase2 name d, which is not a node of the cluster.",
      {
        phase1: two,
        phase2: {
          type: "sets",
          sets: [
            [a, b],
            [b, d],
          ],
        },
      },
    ],
    [
      "Some quorum of phase 1 shares no node with some quorum of phase 2, so two values could be chosen.",
      { phase1: { type: "sets", sets: [[a, b]] }, phase2: { type: "threshold", size: 1 } },
    ],
    [
      "Some quorum of phase 1 shares no node with some quorum of phase 2, so two values could be chosen.",
      { phase1: { type: "threshold", size: 1 }, phase2: two },
    ],
  ];
  test.each(cases)("%s", (message, system) => {
    expect(quorumSystemFault([a, b, c], system)).toBe(message);
  });
});
