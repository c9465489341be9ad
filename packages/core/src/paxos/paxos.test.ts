/** The node as a whole: configurations, restarts, strangers, and quorums other than majorities. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  ballot,
  c,
  config,
  from,
  HEARD_NOTHING,
  IDLE,
  NEVER_RUN,
  propose,
  RETRY,
  sent,
  sentNow,
  sentToAll,
  SET_RETRY,
  started,
  stranger,
} from "../conformance/paxos-scenario.ts";
import { nodeId } from "../protocol.ts";
import type { Quorums } from "../quorum/quorum.ts";
import { paxos, paxosConfig } from "./index.ts";
import type { Message } from "./types.ts";

const threshold = (size: number): Quorums => ({ type: "threshold", size });

describe("paxosConfig", () => {
  test("gives majorities, and makes every node a learner, unless told otherwise", () => {
    const quorums = { phase1: threshold(2), phase2: threshold(2) };
    expect(config).toEqual({ self: a, nodes: [a, b, c], learners: [a, b, c], quorums });
  });

  test.each([
    ["Node stranger is not one of the nodes a, b, c.", () => paxosConfig(stranger, [a, b, c])],
    ["Node b is named twice among the nodes.", () => paxosConfig(a, [a, b, b])],
    [
      "Some quorum of phase 1 shares no node with some quorum of phase 2, so two values could be chosen.",
      () => paxosConfig(a, [a, b], { phase1: threshold(1), phase2: threshold(1) }),
    ],
    [
      "The quorums of phase2 have size 3, which is not between 1 and the 2 nodes.",
      () => paxosConfig(a, [a, b], { phase1: threshold(1), phase2: threshold(3) }),
    ],
    ["Learner stranger is not one of the nodes a, b, c.", () => paxosConfig(a, [a, b, c], undefined, [a, stranger])],
  ])("refuses: %s", (message, make) => {
    expect(make).toThrow(new RangeError(message));
  });
});

test("a node that has never run remembers nothing, and waits", () => {
  expect(paxos.initial(config)).toEqual(NEVER_RUN);
  expect(paxos.start(config, NEVER_RUN)).toEqual({
    state: { durable: NEVER_RUN, volatile: { proposer: IDLE, learner: HEARD_NOTHING } },
    effects: [],
  });
});

describe("after a restart", () => {
  test("no ballot is used again, even if nobody ever heard of it", () => {
    const before = after(started(), propose("x")).state;
    const { effects } = after(started(before.durable), propose("y"));
    expect(effects).toEqual([...sentToAll({ type: "prepare", ballot: ballot(2, a) }), SET_RETRY]);
  });

  test("a promise is kept", () => {
    const before = after(started(), from(c, { type: "prepare", ballot: ballot(3, c) })).state;
    const again = started(before.durable);
    const low = ballot(2, b);
    const rejection = sentNow(b, { type: "rejected", ballot: low, promised: ballot(3, c) });
    expect(after(again, from(b, { type: "prepare", ballot: low }))).toEqual({ state: again, effects: [rejection] });
    expect(after(again, from(b, { type: "accept", ballot: low, value: "x" })).effects).toEqual([rejection]);
  });

  test("what was accepted is reported", () => {
    const before = after(started(), from(b, { type: "accept", ballot: ballot(1, b), value: "x" })).state;
    const { effects } = after(started(before.durable), from(c, { type: "prepare", ballot: ballot(1, c) }));
    const accepted = { ballot: ballot(1, b), value: "x" };
    expect(effects).toEqual([sent(c, { type: "promise", ballot: ballot(1, c), accepted })]);
  });

  test("promises of the life before do not count", () => {
    const before = after(
      started(),
      propose("x"),
      from(b, { type: "promise", ballot: ballot(1, a), accepted: null }),
    ).state;
    const again = started(before.durable);
    const late = from(c, { type: "promise", ballot: ballot(1, a), accepted: null });
    expect(after(again, late)).toEqual({ state: again, effects: [] });
  });
});

describe("a message from a node that is no member is ignored", () => {
  const messages: readonly Message[] = [
    { type: "prepare", ballot: ballot(1, stranger) },
    { type: "promise", ballot: ballot(1, a), accepted: null },
    { type: "accept", ballot: ballot(1, stranger), value: "y" },
    { type: "accepted", ballot: ballot(1, a), value: "y" },
    { type: "rejected", ballot: ballot(1, a), promised: ballot(9, stranger) },
  ];
  test.each(messages)("$type", (message) => {
    // One more voice would make a quorum of every kind here.
    const { state } = after(
      started(),
      propose("x"),
      from(b, { type: "promise", ballot: ballot(1, a), accepted: null }),
      from(b, { type: "accepted", ballot: ballot(1, a), value: "x" }),
    );
    const step = after(state, from(stranger, message));
    expect(step.effects).toEqual([]);
    expect(step.state).toBe(state);
  });
});

describe("quorums of Flexible Paxos", () => {
  const d = nodeId("d");
  const own = ballot(1, a);
  const promise: Message = { type: "promise", ballot: own, accepted: null };
  const accepted: Message = { type: "accepted", ballot: own, value: "x" };

  test("three of four promise, two of four accept", () => {
    const flexible = paxosConfig(a, [a, b, c, d], { phase1: threshold(3), phase2: threshold(2) });
    const two = afterIn(flexible, started(), propose("x"), from(a, promise), from(b, promise));
    expect(two.effects).toEqual([]);
    const three = afterIn(flexible, two.state, from(c, promise));
    expect(three.effects).toEqual([a, b, c, d].map((node) => sent(node, { type: "accept", ballot: own, value: "x" })));
    const one = afterIn(flexible, three.state, from(d, accepted));
    expect(one.effects).toEqual([]);
    const { effects } = afterIn(flexible, one.state, from(c, accepted));
    expect(effects[0]).toEqual({ type: "output", output: { type: "decide", value: "x" } });
  });

  test("a row of a grid promises, a column accepts", () => {
    const grid = paxosConfig(a, [a, b, c, d], {
      phase1: {
        type: "sets",
        sets: [
          [a, b],
          [c, d],
        ],
      },
      phase2: {
        type: "sets",
        sets: [
          [a, c],
          [b, d],
        ],
      },
    });
    const diagonal = afterIn(grid, started(), propose("x"), from(a, promise), from(d, promise));
    expect(diagonal.effects).toEqual([]);
    const row = afterIn(grid, diagonal.state, from(b, promise));
    expect(row.effects).toHaveLength(4);
    const half = afterIn(grid, row.state, from(a, accepted), from(b, accepted));
    expect(half.effects).toEqual([]);
    const { effects } = afterIn(grid, half.state, from(d, accepted));
    expect(effects[0]).toEqual({ type: "output", output: { type: "decide", value: "x" } });
  });
});

test("acceptors tell the learners and nobody else", () => {
  const distinguished = paxosConfig(a, [a, b, c], undefined, [c]);
  const { effects } = afterIn(distinguished, started(), from(b, { type: "accept", ballot: ballot(1, b), value: "x" }));
  expect(effects).toEqual([sent(c, { type: "accepted", ballot: ballot(1, b), value: "x" })]);
});

test("a cluster of one decides by itself", () => {
  const alone = paxosConfig(a, [a]);
  const own = ballot(1, a);
  const { effects } = afterIn(
    alone,
    started(),
    propose("x"),
    RETRY,
    from(a, { type: "promise", ballot: own, accepted: null }),
    from(a, { type: "accepted", ballot: own, value: "x" }),
  );
  expect(effects[0]).toEqual({ type: "output", output: { type: "decide", value: "x" } });
});
