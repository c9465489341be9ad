/** What a replica makes of each output of the protocol, also of those that no protocol should give it. */

import { describe, expect, test } from "vitest";
import { journal } from "../conformance/journal.ts";
import type { Journal } from "../conformance/journal.ts";
import { nodeId } from "../protocol.ts";
import type { Tagged } from "../total-order/index.ts";
import type { Replica } from "./index.ts";
import { onOutput } from "./replica.ts";

const replica: Replica<Journal> = { applied: 4, state: ["x"] };
const write = { type: "write", word: "y" } as const;

describe("a delivery", () => {
  test("of a command is applied, whatever indexes were left out", () => {
    expect(onOutput(journal, replica, { type: "deliver", index: 7, command: write })).toEqual({
      replica: { applied: 7, state: ["x", "y"] },
      output: { type: "applied", index: 7, command: write, result: 2 },
    });
  });

  test("of anything else is counted, and changes nothing", () => {
    expect(onOutput(journal, replica, { type: "deliver", index: 5, command: 17 })).toEqual({
      replica: { applied: 5, state: ["x"] },
      output: { type: "unknown", index: 5, command: 17 },
    });
  });

  test.each([3, 4])("at the index %i is a fault of the protocol", (index) => {
    const deliver = { type: "deliver", index, command: write } as const;
    expect(() => onOutput(journal, replica, deliver)).toThrow("a node delivers in the order of the indexes");
  });
});

describe("a snapshot", () => {
  test("takes the place of the state", () => {
    expect(onOutput(journal, replica, { type: "restore", index: 9, chunks: ["a", "b", null] })).toEqual({
      replica: { applied: 9, state: ["a", "b"] },
      output: { type: "restored", index: 9 },
    });
  });

  test("of what was applied already is a fault of the protocol", () => {
    const restore = { type: "restore", index: 4, chunks: ["a", null] } as const;
    expect(() => onOutput(journal, replica, restore)).toThrow("a snapshot takes a node forward");
  });

  test.each([[[]], [["a"]], [[1, null]]])("of %j stops the node", (chunks) => {
    expect(() => onOutput(journal, replica, { type: "restore", index: 9, chunks })).toThrow("words and an end");
  });
});

describe("a read point", () => {
  test("is answered", () => {
    const id = { id: "r", query: { type: "word", at: 0 } };
    expect(onOutput(journal, replica, { type: "readable", id, index: 4 })).toEqual({
      replica,
      output: { type: "answer", id: "r", answer: "x" },
    });
  });

  test.each([null, "r", { id: "r" }, { query: { type: "word", at: 0 } }, { id: "r", query: "all" }])(
    "of %j, which no replica asked for, is passed over",
    (id) => {
      const step = onOutput(journal, replica, { type: "readable", id, index: 4 });
      expect(step.output).toBeNull();
      expect(step.replica).toBe(replica);
    },
  );
});

describe("a refusal", () => {
  const read = { type: "read", id: { id: "r", query: "q" } };
  const cases: readonly (readonly [request: Tagged, askedFor: Tagged])[] = [
    [read, { type: "read", id: "r", query: "q" }],
    [{ type: "compact", index: 4, chunks: [] }, { type: "snapshot" }],
    [
      { type: "broadcast", commands: [write] },
      { type: "broadcast", commands: [write] },
    ],
    [{ type: "transfer" }, { type: "transfer" }],
    [
      { type: "read", id: "r" },
      { type: "read", id: "r" },
    ],
  ];

  test.each(cases)("of %j is one of %j, with the reason and the leader", (request, askedFor) => {
    const why = { type: "refused", reason: "notLeader", leader: nodeId("b") } as const;
    expect(onOutput(journal, replica, { ...why, request })).toEqual({ replica, output: { ...why, request: askedFor } });
  });
});
