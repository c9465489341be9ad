/** When a configuration is what the list of members says, and which changes a leader advises against. */

import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { Follower, ProtocolView } from "../protocols/index.ts";
import type { Member } from "../store/types.ts";
import { answering, faultOf, isInStep, membershipOf } from "./reconfiguration.ts";

const a = nodeId("a");
const b = nodeId("b");
const c = nodeId("c");
const d = nodeId("d");

function viewOf(change: Partial<ProtocolView> = {}): ProtocolView {
  const view = { leader: a, term: 1, commitIndex: 100, lastIndex: 100, learners: [], isSettled: true };
  return { ...view, voters: [a, b, c], ...change };
}

function member(id: string, isLearner = false): Member {
  return { id, name: id, peerUrls: [], clientUrls: [], isLearner };
}

function follower(node: NodeId, isActive = true, match = 100): Follower {
  return { node, match, isActive };
}

describe("the configuration", () => {
  test("has the list's voters and learners", () => {
    expect(membershipOf([member("a"), member("b", true), member("c")])).toEqual({ voters: [a, c], learners: [b] });
  });

  test.each<[boolean, string, Partial<ProtocolView>, readonly Member[]]>([
    [true, "the same", {}, [member("c"), member("b"), member("a")]],
    [false, "not agreed on", { isSettled: false }, [member("a"), member("b"), member("c")]],
    [false, "of one voter too few", { voters: [a, b] }, [member("a"), member("b"), member("c")]],
    [false, "of one voter too many", {}, [member("a"), member("b")]],
    [false, "of another voter", {}, [member("a"), member("b"), member("d")]],
    [false, "without the learner", {}, [member("a"), member("b"), member("c"), member("d", true)]],
    [
      false,
      "of a learner that is to have a vote",
      { voters: [a, b], learners: [c] },
      [a, b, c].map((id) => member(id)),
    ],
  ])("is in step with the list: %s, where it is %s", (isSo, _, change, members) => {
    expect(isInStep(viewOf(change), members)).toBe(isSo);
  });
});

test("a follower answers if the protocol has heard of it, and the transport is connected", () => {
  const followers = [follower(b), follower(c, false), follower(d)];
  expect(answering(followers, (node) => node !== d)).toEqual([follower(b), follower(c, false), follower(d, false)]);
});

describe("a leader's advice", () => {
  const all = [follower(b), follower(c)];
  const one = [follower(b), follower(c, false)];

  test("to add a voter: the quorum afterwards has to be there already, unless the leader is alone", () => {
    expect(faultOf({ type: "addVoter" }, a, viewOf(), all)).toBeNull();
    expect(faultOf({ type: "addVoter" }, a, viewOf(), one)).toBe("unhealthyCluster");
    expect(faultOf({ type: "addVoter" }, a, viewOf({ voters: [a] }), [])).toBeNull();
    // A learner that answers is no voter.
    expect(faultOf({ type: "addVoter" }, a, viewOf({ learners: [d] }), [...one, follower(d)])).toBe("unhealthyCluster");
  });

  test("to remove a voter: the others need a quorum without it", () => {
    expect(faultOf({ type: "remove", id: "c" }, a, viewOf(), all)).toBeNull();
    expect(faultOf({ type: "remove", id: "c" }, a, viewOf(), one)).toBeNull();
    expect(faultOf({ type: "remove", id: "b" }, a, viewOf(), one)).toBe("unhealthyCluster");
    expect(faultOf({ type: "remove", id: "a" }, a, viewOf(), one)).toBe("unhealthyCluster");
    expect(faultOf({ type: "remove", id: "a" }, a, viewOf({ voters: [a] }), [])).toBe("unhealthyCluster");
  });

  test("to remove a learner, or nobody: no quorum depends on that", () => {
    expect(faultOf({ type: "remove", id: "d" }, a, viewOf({ learners: [d] }), one)).toBeNull();
    expect(faultOf({ type: "remove", id: "d" }, a, viewOf(), one)).toBeNull();
  });

  test("to promote a learner: it has to answer, and to have most of the log", () => {
    const view = viewOf({ learners: [d] });
    expect(faultOf({ type: "promote", id: "d" }, a, view, [...all, follower(d, true, 90)])).toBeNull();
    expect(faultOf({ type: "promote", id: "d" }, a, view, [...all, follower(d, true, 89)])).toBe("learnerNotReady");
    expect(faultOf({ type: "promote", id: "d" }, a, view, [...all, follower(d, false)])).toBe("learnerNotReady");
    expect(faultOf({ type: "promote", id: "d" }, a, view, all)).toBeNull();
  });
});
