/** The proposer, in the order of "Paxos Made Simple", sections 2.2 and 2.4. The node under test is `a`, of three. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  b,
  ballot,
  c,
  from,
  IDLE,
  propose,
  RETRY,
  sent,
  sentToAll,
  SET_RETRY,
  started,
} from "../conformance/paxos-scenario.ts";
import type { Ballot, Message, Proposal } from "./types.ts";

const first = ballot(1, a);
const second = ballot(2, a);

const promise = (accepted: Proposal | null, at: Ballot = first): Message => ({ type: "promise", ballot: at, accepted });
const rejected = (at: Ballot, promised: Ballot): Message => ({ type: "rejected", ballot: at, promised });

const preparing = after(started(), propose("x")).state;
const accepting = after(preparing, from(a, promise(null)), from(b, promise(null))).state;

describe("phase 1a", () => {
  test("a client's proposal becomes a prepare to every node, once the ballot is on disk", () => {
    const { state, effects } = after(started(), propose("x"));
    expect(effects).toEqual([...sentToAll({ type: "prepare", ballot: first }), SET_RETRY]);
    expect(state.durable).toEqual({ promised: null, accepted: null, lastTried: first });
    expect(state.volatile.proposer).toEqual({ phase: "preparing", value: "x", ballot: first, promises: [] });
  });

  test("a node carries one proposal at a time", () => {
    expect(after(preparing, propose("y"))).toEqual({ state: preparing, effects: [] });
    expect(after(accepting, propose("y"))).toEqual({ state: accepting, effects: [] });
  });
});

describe("phase 2a", () => {
  test("waits for a quorum", () => {
    const { state, effects } = after(preparing, from(b, promise(null)));
    expect(effects).toEqual([]);
    expect(state.volatile.proposer).toEqual({
      phase: "preparing",
      value: "x",
      ballot: first,
      promises: [{ acceptor: b, accepted: null }],
    });
  });

  test("counts an acceptor once, however often its promise arrives", () => {
    const once = after(preparing, from(b, promise(null))).state;
    const { state, effects } = after(once, from(b, promise(null)));
    expect(effects).toEqual([]);
    expect(state).toBe(once);
  });

  test("once a quorum promised and none had accepted anything, the client's value is proposed to every node", () => {
    const { state, effects } = after(preparing, from(b, promise(null)), from(a, promise(null)));
    expect(effects).toEqual(sentToAll({ type: "accept", ballot: first, value: "x" }));
    expect(state.volatile.proposer).toEqual({
      phase: "accepting",
      value: "x",
      proposal: { ballot: first, value: "x" },
    });
  });

  test("a value that one of the quorum had accepted is proposed instead", () => {
    const { state, effects } = after(
      preparing,
      from(b, promise({ ballot: ballot(0, c), value: "y" })),
      from(c, promise(null)),
    );
    expect(effects).toEqual(sentToAll({ type: "accept", ballot: first, value: "y" }));
    expect(state.volatile.proposer).toMatchObject({ value: "x", proposal: { value: "y" } });
  });

  test.each([
    ["first", b, c],
    ["last", c, b],
  ])(
    "of two accepted values, that of the highest ballot is proposed, also if it is heard of %s",
    (_when, one, other) => {
      const proposing = after(started({ lastTried: ballot(4, a) }), propose("x")).state;
      const reports = new Map([
        [b, { ballot: ballot(3, b), value: "newer" }],
        [c, { ballot: ballot(2, c), value: "older" }],
      ]);
      const report = (node: typeof b) => from(node, promise(reports.get(node) ?? null, ballot(5, a)));
      const { effects } = after(proposing, report(one), report(other));
      expect(effects).toEqual(sentToAll({ type: "accept", ballot: ballot(5, a), value: "newer" }));
    },
  );

  test("an accepted null is a value, and not the lack of one", () => {
    const { effects } = after(
      preparing,
      from(a, promise(null)),
      from(b, promise({ ballot: ballot(0, c), value: null })),
    );
    expect(effects).toEqual(sentToAll({ type: "accept", ballot: first, value: null }));
  });

  test("a promise of an older ballot of this proposer does not count", () => {
    const again = after(preparing, from(b, rejected(first, ballot(1, b))), RETRY).state;
    const { state, effects } = after(again, from(b, promise(null, first)), from(c, promise(null, first)));
    expect(effects).toEqual([]);
    expect(state).toBe(again);
  });

  test("a promise after the quorum changes nothing", () => {
    expect(after(accepting, from(c, promise({ ballot: ballot(0, c), value: "y" }))).state).toBe(accepting);
  });
});

describe("a rejection", () => {
  const theirs = ballot(3, c);

  test("teaches the ballot to exceed: the retry is above it", () => {
    const { state, effects } = after(preparing, from(c, rejected(first, theirs)));
    expect(effects).toEqual([]);
    expect(state.volatile.proposer).toEqual({ phase: "rejected", value: "x", highestSeen: theirs });
    const retried = after(state, RETRY);
    expect(retried.effects).toEqual([...sentToAll({ type: "prepare", ballot: ballot(4, a) }), SET_RETRY]);
    expect(retried.state.durable.lastTried).toEqual(ballot(4, a));
    expect(retried.state.volatile.proposer).toMatchObject({ phase: "preparing", value: "x", promises: [] });
  });

  test("of an accept gives the ballot up as well", () => {
    const { state, effects } = after(accepting, from(c, rejected(first, theirs)));
    expect(effects).toEqual([]);
    expect(state.volatile.proposer).toEqual({ phase: "rejected", value: "x", highestSeen: theirs });
  });

  test("goes back to the client's own value: the next quorum says which one to propose", () => {
    const proposingTheirs = after(
      preparing,
      from(a, promise(null)),
      from(b, promise({ ballot: ballot(0, c), value: "y" })),
    ).state;
    const { state } = after(proposingTheirs, from(c, rejected(first, theirs)), RETRY);
    expect(state.volatile.proposer).toMatchObject({ phase: "preparing", value: "x" });
  });

  test("that names a higher ballot than the last one is heeded, a lower one is not", () => {
    const once = after(preparing, from(b, rejected(first, theirs))).state;
    expect(after(once, from(c, rejected(first, ballot(2, c)))).state).toBe(once);
    const twice = after(once, from(c, rejected(first, ballot(5, b)))).state;
    expect(twice.volatile.proposer).toMatchObject({ phase: "rejected", highestSeen: ballot(5, b) });
  });

  test("of an older ballot is stale, and does not stop the one under way", () => {
    const again = after(preparing, from(b, rejected(first, ballot(1, b))), RETRY).state;
    expect(again.volatile.proposer).toMatchObject({ phase: "preparing", ballot: second });
    expect(after(again, from(c, rejected(first, ballot(9, c)))).state).toBe(again);
  });

  test("is nothing to a proposer without a proposal", () => {
    const idle = started();
    expect(after(idle, from(b, rejected(first, theirs)))).toEqual({ state: idle, effects: [] });
  });

  test("that claims a lower ballot than the one tried, which no acceptor does, leads to no ballot twice", () => {
    const { state } = after(preparing, from(b, rejected(first, ballot(0, b))), RETRY);
    expect(state.durable.lastTried).toEqual(second);
  });
});

describe("retransmission, when the timer fires", () => {
  test("asks those acceptors again that have not promised", () => {
    const waiting = after(preparing, from(b, promise(null))).state;
    const { state, effects } = after(waiting, RETRY);
    const prepare: Message = { type: "prepare", ballot: first };
    expect(effects).toEqual([sent(a, prepare), sent(c, prepare), SET_RETRY]);
    expect(state).toBe(waiting);
  });

  test("proposes to every acceptor again: who has accepted tells the learners once more", () => {
    const { state, effects } = after(accepting, RETRY);
    expect(effects).toEqual([...sentToAll({ type: "accept", ballot: first, value: "x" }), SET_RETRY]);
    expect(state).toBe(accepting);
  });

  test("has nothing to do for an idle proposer", () => {
    const idle = started();
    expect(idle.volatile.proposer).toEqual(IDLE);
    expect(after(idle, RETRY)).toEqual({ state: idle, effects: [] });
  });
});
