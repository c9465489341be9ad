/** The learner: "Paxos Made Simple", section 2.3. The node under test is `a`, of three. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  b,
  ballot,
  c,
  CLEAR_RETRY,
  from,
  HEARD_NOTHING,
  IDLE,
  propose,
  sentToAll,
  started,
} from "../conformance/paxos-scenario.ts";
import type { Ballot, Message, Value } from "./types.ts";

const low = ballot(1, b);
const high = ballot(2, c);

const accepted = (at: Ballot, value: Value): Message => ({ type: "accepted", ballot: at, value });
const decided = (value: Value) => [{ type: "output", output: { type: "decide", value } }, CLEAR_RETRY];

describe("a learner", () => {
  test("decides once a quorum has accepted at one ballot", () => {
    const one = after(started(), from(b, accepted(low, "x")));
    expect(one.effects).toEqual([]);
    expect(one.state.volatile.learner).toEqual({
      phase: "learning",
      votes: [{ acceptor: b, proposal: { ballot: low, value: "x" } }],
    });
    const two = after(one.state, from(c, accepted(low, "x")));
    expect(two.effects).toEqual(decided("x"));
    expect(two.state.volatile).toEqual({ proposer: IDLE, learner: { phase: "decided", value: "x" } });
  });

  test("does not decide on a quorum of acceptors at different ballots, even of one value", () => {
    const { state, effects } = after(started(), from(b, accepted(low, "x")), from(c, accepted(high, "x")));
    expect(effects).toEqual([]);
    expect(state.volatile.learner).toMatchObject({ phase: "learning" });
  });

  test("counts an acceptor once, however often it is heard", () => {
    const once = after(started(), from(b, accepted(low, "x"))).state;
    const { state, effects } = after(once, from(b, accepted(low, "x")));
    expect(effects).toEqual([]);
    expect(state).toBe(once);
  });

  test("keeps of each acceptor the highest ballot, and not the latest report", () => {
    const higher = after(started(), from(b, accepted(low, "x")), from(b, accepted(high, "y"))).state;
    expect(higher.volatile.learner).toEqual({
      phase: "learning",
      votes: [{ acceptor: b, proposal: { ballot: high, value: "y" } }],
    });
    expect(after(higher, from(b, accepted(low, "x"))).state).toBe(higher);
    expect(after(higher, from(b, accepted(low, "x")), from(c, accepted(high, "y"))).effects).toEqual(decided("y"));
  });

  test("forgets nothing that matters: what was chosen at a lower ballot is chosen at every higher one", () => {
    const { effects } = after(
      started(),
      from(b, accepted(low, "x")),
      from(b, accepted(high, "x")),
      from(c, accepted(low, "x")),
      from(a, accepted(high, "x")),
    );
    expect(effects).toEqual(decided("x"));
  });

  test("can decide on null", () => {
    const { state, effects } = after(started(), from(b, accepted(low, null)), from(c, accepted(low, null)));
    expect(effects).toEqual(decided(null));
    expect(state.volatile.learner).toEqual({ phase: "decided", value: null });
  });

  test("decides the same state whoever was heard first", () => {
    const [one, other] = [from(b, accepted(low, "x")), from(c, accepted(high, "y"))] as const;
    expect(after(started(), one, other).state).toEqual(after(started(), other, one).state);
  });
});

describe("a node that has decided", () => {
  const done = after(started(), from(b, accepted(low, "x")), from(c, accepted(low, "x"))).state;

  test("decides no second time", () => {
    expect(after(done, from(a, accepted(low, "x")))).toEqual({ state: done, effects: [] });
    expect(after(done, from(a, accepted(high, "x")), from(b, accepted(high, "x")))).toEqual({
      state: done,
      effects: [],
    });
  });

  test("has no use for a proposal", () => {
    expect(after(done, propose("y"))).toEqual({ state: done, effects: [] });
  });

  test("is still an acceptor", () => {
    const { effects } = after(done, from(b, { type: "accept", ballot: high, value: "x" }));
    expect(effects).toEqual(sentToAll({ type: "accepted", ballot: high, value: "x" }));
  });

  test("has ended its own proposal, whoever's value was chosen", () => {
    const { state, effects } = after(
      started(),
      propose("mine"),
      from(b, accepted(low, "theirs")),
      from(c, accepted(low, "theirs")),
    );
    expect(effects).toEqual(decided("theirs"));
    expect(state.volatile.proposer).toEqual(IDLE);
  });

  test("has forgotten the decision when it starts again, and can learn it again", () => {
    const again = started(done.durable);
    expect(again.volatile.learner).toEqual(HEARD_NOTHING);
    expect(after(again, from(b, accepted(low, "x")), from(c, accepted(low, "x"))).effects).toEqual(decided("x"));
  });
});
