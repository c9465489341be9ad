import { log } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { expect, test } from "vitest";
import { raftLayout } from "./raft-layout.ts";

const head = { term: 3, votedFor: null };

function joined(...entries: readonly Plain[]): unknown {
  return raftLayout.join({ head, log: log.append(log.emptyLog<Plain>(4), entries), snapshot: null });
}

const configuration = { voters: ["a"], outgoing: [], learners: [], learnersNext: [] };
const entries: readonly Plain[] = [
  { type: "noop", term: 1 },
  { type: "command", term: 2, command: null },
  { type: "command", term: 2, command: { any: ["thing"] } },
  { type: "configuration", term: 3, configuration },
];

test("what was split is joined again", () => {
  const durable = { ...head, log: log.append(log.emptyLog<Plain>(4), entries), snapshot: null };
  expect(joined(...entries)).toStrictEqual(durable);
});

test.each<[string, Plain]>([
  ["no record", ["command"]],
  ["of no type", { term: 1, command: 1 }],
  ["of another type", { type: "order", term: 1, command: 1 }],
  ["a command without one", { type: "command", term: 1 }],
  ["without a term", { type: "command", command: 1 }],
  ["with a term that is no number", { type: "command", term: "1", command: 1 }],
  ["with more than it has", { type: "command", term: 1, command: 1, more: 1 }],
  ["a no-op with a command", { type: "noop", term: 1, command: 1 }],
  [
    "a configuration with an unknown field",
    { type: "configuration", term: 1, configuration: { ...configuration, x: 1 } },
  ],
])("an entry is refused that is %s", (_, entry) => {
  expect(() => joined({ type: "noop", term: 1 }, entry)).toThrow();
});
