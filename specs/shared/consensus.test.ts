/** The properties of consensus compare values by what they hold, whatever kind of plain data they are. */

import type { NodeEvent, Observer } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Plain, Request } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { byEncoding, consensusAlways, consensusObserver } from "./consensus.ts";
import type { ConsensusHistory, ConsensusSignature } from "./consensus.ts";

const observer: Observer<ConsensusSignature, ConsensusHistory> = consensusObserver();
const [ada, bob] = [nodeId("ada"), nodeId("bob")];

type Event = NodeEvent<ConsensusSignature>;

function asked(node: NodeId, value: Plain): Event {
  const input: Request<ConsensusSignature> = { type: "request", request: { type: "propose", value } };
  return { type: "input", input, node, effects: [], state: { durable: null, volatile: null }, disk: null };
}

function decided(node: NodeId, value: Plain): Event {
  const effects = [{ type: "output", output: { type: "decide", value } }] as const;
  return { type: "persist", node, effects, state: { durable: null, volatile: null }, disk: null };
}

function after(...events: readonly Event[]): ConsensusHistory {
  return events.reduce((history, event) => observer.observe(history, event), observer.initial);
}

/** The properties that do not hold. */
function broken(consensus: ConsensusHistory): readonly string[] {
  return Object.entries(consensusAlways).flatMap(([name, holds]) => (holds({ history: { consensus } }) ? [] : [name]));
}

/** Two values of each kind, made anew each time, so that none is the same object as another. */
const kinds: readonly (readonly [string, () => Plain, () => Plain])[] = [
  ["strings", () => "a", () => "b"],
  ["records", () => ({ key: "x", to: [1, { deep: true }] }), () => ({ key: "x", to: [1, { deep: false }] })],
  ["lists", () => [1, 2], () => [1, 3]],
  ["byte strings", () => Uint8Array.of(1, 2), () => Uint8Array.of(1, 3)],
  ["null and a boolean", () => null, () => false],
];

describe.each(kinds)("of %s", (_, one, other) => {
  test("equal ones agree, were proposed, and are the same decision again", () => {
    const crash: Event = { type: "crash", node: ada, disk: null };
    const history = after(asked(ada, one()), asked(bob, one()), decided(ada, one()), decided(bob, one()), crash);
    expect(history.proposed).toEqual([one()]);
    expect(broken(history)).toEqual([]);
    expect(broken(observer.observe(history, decided(ada, one())))).toEqual([]);
  });

  test("different ones do not agree", () => {
    const history = after(asked(ada, one()), asked(bob, other()), decided(ada, one()), decided(bob, other()));
    expect(history.proposed).toHaveLength(2);
    expect(broken(history)).toEqual(["agreement"]);
  });

  test("one that nobody proposed is not valid", () => {
    expect(broken(after(asked(ada, one()), decided(ada, other())))).toEqual(["validity"]);
  });

  test("a decision that changes is not stable, nor is it one decision", () => {
    const history = after(asked(ada, one()), asked(ada, other()), decided(ada, one()), decided(ada, other()));
    expect(broken(history)).toEqual(["integrity", "decisionsStable"]);
  });

  test("their order does not depend on which came first", () => {
    expect([one(), other()].sort(byEncoding)).toEqual([other(), one()].sort(byEncoding));
    expect(byEncoding(one(), one())).toBe(0);
  });
});

test("the order of fields is no difference", () => {
  const history = after(asked(ada, { a: 1, b: 2 }), asked(bob, { b: 2, a: 1 }), decided(ada, { b: 2, a: 1 }));
  expect(history.proposed).toEqual([{ a: 1, b: 2 }]);
  expect(broken(history)).toEqual([]);
});

test("a node with the name of a field of every record is a node like any other", () => {
  const odd = nodeId("constructor");
  expect(broken(after(asked(odd, "a"), decided(odd, "a")))).toEqual([]);
});
