/** Each property of the total order pack fails on a history that it is about, and on no other. */

import type { NodeEvent, Observer } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Output, Plain, Signature, Tagged, TotalOrderOutput, TotalOrderRequest } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { totalOrderAlways, totalOrderObserver } from "./total-order.ts";
import type { TotalOrderHistory } from "./total-order.ts";

interface Face extends Signature {
  readonly config: null;
  readonly durable: null;
  readonly volatile: null;
  readonly message: Tagged;
  readonly timer: never;
  readonly request: TotalOrderRequest;
  readonly output: TotalOrderOutput | { readonly type: "other" };
}

const observer: Observer<Face, TotalOrderHistory> = totalOrderObserver();
const [ada, bob] = [nodeId("ada"), nodeId("bob")];
const state = { durable: null, volatile: null };

type Event = NodeEvent<Face>;

function outputs(list: readonly Face["output"][]): readonly Output<Face>[] {
  return list.map((output) => ({ type: "output", output }));
}

function asked(node: NodeId, commands: readonly Plain[], ...answers: readonly Face["output"][]): Event {
  const request = { type: "broadcast", commands } as const;
  return { type: "input", input: { type: "request", request }, node, effects: outputs(answers), state, disk: null };
}

function says(node: NodeId, ...list: readonly Face["output"][]): Event {
  return { type: "persist", node, effects: outputs(list), state, disk: null };
}

function deliver(index: number, command: Plain): Face["output"] {
  return { type: "deliver", index, command };
}

function restore(index: number): Face["output"] {
  return { type: "restore", index, chunks: ["all so far"] };
}

function refused(commands: readonly Plain[]): Face["output"] {
  return { type: "refused", request: { type: "broadcast", commands }, reason: "notLeader", leader: null };
}

function crash(node: NodeId): Event {
  return { type: "crash", node, disk: null };
}

function after(...events: readonly Event[]): TotalOrderHistory {
  return events.reduce((history, event) => observer.observe(history, event), observer.initial);
}

/** The properties that do not hold. */
function broken(totalOrder: TotalOrderHistory): readonly string[] {
  const given = { history: { totalOrder } };
  return Object.entries(totalOrderAlways).flatMap(([name, holds]) => (holds(given) ? [] : [name]));
}

test("the same commands in the same order, some nodes further than others: all holds", () => {
  const history = after(
    asked(ada, ["x", { put: [1, 2] }]),
    says(ada, deliver(2, "x"), { type: "other" }, deliver(5, { put: [1, 2] })),
    says(bob, deliver(2, "x")),
  );
  expect(history).toEqual({
    broadcast: ["x", { put: [1, 2] }],
    order: [
      { index: 2, command: "x" },
      { index: 5, command: { put: [1, 2] } },
    ],
    nodes: {
      ada: {
        restored: 0,
        delivered: [
          { index: 2, command: "x" },
          { index: 5, command: { put: [1, 2] } },
        ],
      },
      bob: { restored: 0, delivered: [{ index: 2, command: "x" }] },
    },
  });
  expect(broken(history)).toEqual([]);
});

describe("validity", () => {
  test("what nobody broadcast", () => {
    expect(broken(after(asked(ada, ["x"]), says(bob, deliver(1, "y"))))).toEqual(["validity"]);
  });

  test("what was refused, at once or later", () => {
    expect(broken(after(asked(ada, ["x"], refused(["x"])), says(ada, deliver(1, "x"))))).toEqual(["validity"]);
    expect(broken(after(asked(ada, ["x"]), says(ada, refused(["x"]), deliver(1, "x"))))).toEqual(["validity"]);
  });

  test("one of two like it was refused", () => {
    const twice = [asked(ada, ["x"]), asked(bob, ["x"], refused(["x"]))];
    expect(broken(after(...twice, says(ada, deliver(1, "x"))))).toEqual([]);
  });

  test("what was broadcast before the run begins", () => {
    const earlier = totalOrderObserver<Face>(["y", "x"]);
    expect(earlier.initial.broadcast).toEqual(["x", "y"]);
    expect(broken(earlier.observe(earlier.initial, says(ada, deliver(1, "y"))))).toEqual([]);
  });
});

describe("integrity", () => {
  const twice = says(ada, deliver(1, "x"), deliver(2, "x"));

  test("twice at one node, though it was broadcast once", () => {
    expect(broken(after(asked(ada, ["x"]), twice))).toEqual(["integrity"]);
  });

  test("twice is right if it was broadcast twice", () => {
    expect(broken(after(asked(ada, ["x"]), asked(bob, ["x"]), twice))).toEqual([]);
  });

  test("once in each of two lives is once", () => {
    const lives = after(asked(ada, ["x"]), says(ada, deliver(1, "x")), crash(ada), says(ada, deliver(1, "x")));
    expect(lives.nodes).toEqual({ ada: { restored: 0, delivered: [{ index: 1, command: "x" }] } });
    expect(broken(lives)).toEqual([]);
  });
});

describe("agreement", () => {
  const both = asked(ada, ["x", "y"]);

  test("different commands at one place, at two nodes", () => {
    expect(broken(after(both, says(ada, deliver(1, "x")), says(bob, deliver(1, "y"))))).toEqual(["agreement"]);
  });

  test("different commands at one place, in two lives of a node", () => {
    expect(broken(after(both, says(ada, deliver(1, "x")), crash(ada), says(ada, deliver(1, "y"))))).toEqual([
      "agreement",
    ]);
  });
});

describe("total order", () => {
  const both = asked(ada, ["x", "y"]);
  const full = says(ada, deliver(1, "x"), deliver(2, "y"));

  test("out of order", () => {
    expect(broken(after(both, says(ada, deliver(2, "y"), deliver(1, "x"))))).toEqual(["totalOrder"]);
  });

  test("passed over, whichever came first", () => {
    expect(broken(after(both, full, says(bob, deliver(2, "y"))))).toEqual(["totalOrder"]);
    expect(broken(after(both, says(bob, deliver(2, "y")), full))).toEqual(["totalOrder"]);
  });

  test("what a snapshot stands for is not passed over, what comes after it is", () => {
    expect(broken(after(both, full, says(bob, restore(1), deliver(2, "y"))))).toEqual([]);
    const third = [asked(ada, ["z"]), says(ada, deliver(3, "z"))];
    expect(broken(after(both, full, ...third, says(bob, restore(1), deliver(3, "z"))))).toEqual(["totalOrder"]);
  });

  test("delivered again after a snapshot that stands for it", () => {
    expect(broken(after(both, full, says(ada, restore(2), deliver(2, "y"))))).toEqual(["totalOrder"]);
  });
});

describe("what changes nothing returns the history itself", () => {
  const history = after(asked(ada, ["x"]), says(ada, deliver(1, "x")));

  test.each<[string, Event]>([
    ["a crash of a node that has delivered nothing", crash(bob)],
    ["a broadcast that is refused at once", asked(bob, ["y"], refused(["y"]))],
    ["a broadcast of nothing", asked(bob, [])],
    ["a read's answer", says(bob, { type: "readable", id: 1, index: 1 })],
    ["the protocol's own outputs", says(bob, { type: "other" })],
  ])("%s", (_, event) => {
    expect(observer.observe(history, event)).toBe(history);
  });
});

test("the order in which nodes were heard from is no difference", () => {
  const [one, other] = [says(ada, deliver(1, "x")), says(bob, deliver(1, "x"), deliver(2, "y"))];
  const both = [asked(ada, ["y"]), asked(bob, ["x"])];
  expect(after(...both, one, other)).toEqual(after(...[...both].reverse(), other, one));
});
