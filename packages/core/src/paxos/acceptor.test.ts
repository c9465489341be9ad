/** The acceptor, in the order of "Paxos Made Simple", section 2.2. */

import { describe, expect, test } from "vitest";
import { a, after, b, ballot, c, from, sent, sentNow, sentToAll, started } from "../conformance/paxos-scenario.ts";
import type { Accept, Prepare } from "./types.ts";

const low = ballot(1, b);
const middle = ballot(1, c);
const high = ballot(2, b);

const prepare = (at: typeof low): Prepare => ({ type: "prepare", ballot: at });
const accept = (at: typeof low, value: string): Accept => ({ type: "accept", ballot: at, value });

describe("phase 1b: a prepare", () => {
  test("is promised, with nothing accepted yet", () => {
    const { state, effects } = after(started(), from(b, prepare(low)));
    expect(effects).toEqual([sent(b, { type: "promise", ballot: low, accepted: null })]);
    expect(state).toEqual(started({ promised: low }));
  });

  test("above the promised ballot is promised, with the accepted proposal of the highest ballot", () => {
    const accepted = { ballot: middle, value: "y" };
    const { state, effects } = after(
      started(),
      from(b, accept(low, "x")),
      from(c, accept(middle, "y")),
      from(b, prepare(high)),
    );
    expect(effects).toEqual([sent(b, { type: "promise", ballot: high, accepted })]);
    expect(state).toEqual(started({ promised: high, accepted }));
  });

  test("at the promised ballot is promised again: the first promise may be lost", () => {
    const promised = started({ promised: low });
    const { state, effects } = after(promised, from(b, prepare(low)));
    expect(effects).toEqual([sent(b, { type: "promise", ballot: low, accepted: null })]);
    expect(state).toBe(promised);
  });

  test("repeated after the accept of its ballot is promised with what was accepted since", () => {
    const accepted = { ballot: low, value: "x" };
    const { effects } = after(started(), from(b, prepare(low)), from(b, accept(low, "x")), from(b, prepare(low)));
    expect(effects).toEqual([sent(b, { type: "promise", ballot: low, accepted })]);
  });

  test("below the promised ballot is rejected, and the rejection names the promised ballot", () => {
    const promised = started({ promised: middle });
    const { state, effects } = after(promised, from(b, prepare(low)));
    expect(effects).toEqual([sentNow(b, { type: "rejected", ballot: low, promised: middle })]);
    expect(state).toBe(promised);
  });

  test("is answered to whoever sent it, also to this node itself", () => {
    const own = ballot(1, a);
    const { effects } = after(started(), from(a, prepare(own)));
    expect(effects).toEqual([sent(a, { type: "promise", ballot: own, accepted: null })]);
  });
});

describe("phase 2b: an accept", () => {
  test("at the promised ballot is accepted, and every learner is told", () => {
    const { state, effects } = after(started(), from(b, prepare(low)), from(b, accept(low, "x")));
    expect(effects).toEqual(sentToAll({ type: "accepted", ballot: low, value: "x" }));
    expect(state).toEqual(started({ promised: low, accepted: { ballot: low, value: "x" } }));
  });

  test("above the promised ballot is accepted without a prepare, and is a promise too", () => {
    const { state, effects } = after(started({ promised: low }), from(b, accept(high, "x")));
    expect(effects).toEqual(sentToAll({ type: "accepted", ballot: high, value: "x" }));
    expect(state).toEqual(started({ promised: high, accepted: { ballot: high, value: "x" } }));
  });

  test("below the promised ballot is rejected, and the rejection names the promised ballot", () => {
    const promised = started({ promised: high, accepted: { ballot: low, value: "x" } });
    const { state, effects } = after(promised, from(c, accept(middle, "y")));
    expect(effects).toEqual([sentNow(c, { type: "rejected", ballot: middle, promised: high })]);
    expect(state).toBe(promised);
  });

  test("replaces what was accepted at a lower ballot", () => {
    const { state } = after(started(), from(b, accept(low, "x")), from(c, accept(middle, "y")));
    expect(state.durable.accepted).toEqual({ ballot: middle, value: "y" });
  });

  test("that is repeated is told again: the learners may not have heard", () => {
    const accepted = started({ promised: low, accepted: { ballot: low, value: "x" } });
    const { state, effects } = after(accepted, from(b, accept(low, "x")));
    expect(effects).toEqual(sentToAll({ type: "accepted", ballot: low, value: "x" }));
    expect(state).toBe(accepted);
  });

  test("of another value at the accepted ballot, which no proposer sends, changes nothing that was accepted", () => {
    const accepted = started({ promised: low, accepted: { ballot: low, value: "x" } });
    const { state, effects } = after(accepted, from(b, accept(low, "y")));
    expect(effects).toEqual(sentToAll({ type: "accepted", ballot: low, value: "x" }));
    expect(state).toBe(accepted);
  });
});
