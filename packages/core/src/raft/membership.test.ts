/** Changes of the membership: dissertation, chapter 4. */

import { describe, expect, test } from "vitest";
import { Cluster } from "../conformance/index.ts";
import {
  a,
  afterIn,
  b,
  c,
  change,
  CLEAR_HEARTBEAT,
  command,
  configuration,
  configWith,
  d,
  deliver,
  disk,
  e,
  elected,
  entriesAfter,
  from,
  matchedTo,
  noop,
  refused,
  request,
  sent,
  sentNow,
  SET_ELECTION,
  started,
  timeout,
  vote,
} from "../conformance/raft-scenario.ts";
import { raftMembers } from "../conformance/raft.ts";
import { entryAt, lastIndex } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { raft, currentConfiguration } from "./index.ts";
import { leaderOf } from "./state.ts";
import type { Raft, RaftInput, RaftState } from "./index.ts";

const config = configWith({ learners: [d] });
const fresh = elected(disk([]), config);
/** A leader whose no-op is committed. */
const leader = afterIn(config, fresh, from(b, 1, matchedTo(1))).state;

function members(voters: readonly NodeId[], learners: readonly NodeId[] = []): RaftInput {
  return request({ type: "changeMembership", voters, learners });
}
const current = (state: RaftState) => currentConfiguration(config, state);
const lastEntry = ({ durable: { log } }: RaftState) => entryAt(log, lastIndex(log));
const followed = (state: RaftState) => leaderOf(state)?.progress.map(({ node }) => node);

describe("a change of one voter (section 4.1)", () => {
  test("acts as soon as it is in the leader's log, and the new node is sent entries", () => {
    const { state, effects } = afterIn(config, leader, members([b, a, c, e], [d]));
    const next = configuration([a, b, c, e], { learners: [d] });
    expect(lastEntry(state)).toEqual(change(1, next));
    expect(current(state)).toEqual(next);
    expect(followed(state)).toEqual([b, c, d, e]);
    expect(effects).toEqual([
      sentNow(b, 1, entriesAfter(1, 1, [change(1, next)], 1)),
      sentNow(e, 1, entriesAfter(2, 1, [], 1)),
    ]);
    // Three of four are a majority now, two no longer.
    const two = afterIn(config, state, from(b, 1, matchedTo(2))).state;
    expect(two.volatile.commitIndex).toBe(1);
    expect(afterIn(config, two, from(e, 1, matchedTo(2))).state.volatile.commitIndex).toBe(2);
  });

  test("acts at a follower as soon as it is in its log, and no longer once it is deleted from it", () => {
    const next = configuration([a, b, c, e]);
    const follower = configWith();
    const { state } = afterIn(follower, started(), from(b, 1, entriesAfter(0, 0, [noop(1), change(1, next)])));
    expect(currentConfiguration(follower, state)).toEqual(next);
    const deleted = afterIn(follower, state, from(c, 2, entriesAfter(1, 1, [noop(2)]))).state;
    expect(currentConfiguration(follower, deleted)).toEqual(follower.bootstrap);
    // And the restart finds it in the log again.
    expect(started(state.durable, follower).volatile.configurations).toEqual([{ index: 2, configuration: next }]);
  });

  test("removes the leader once it is committed; until then the leader counts the others alone", () => {
    const without = afterIn(config, leader, members([b, c], [d])).state;
    expect(followed(without)).toEqual([b, c, d]);
    const one = afterIn(config, without, from(b, 1, matchedTo(2)));
    expect(one.state.volatile.commitIndex).toBe(1);
    const two = afterIn(config, one.state, from(c, 1, matchedTo(2)));
    expect(two.state.volatile).toMatchObject({ commitIndex: 2, role: { type: "follower", leader: null } });
    expect(two.effects.slice(-2)).toEqual([CLEAR_HEARTBEAT, SET_ELECTION]);
    expect(two.effects).toContainEqual(sentNow(b, 1, entriesAfter(2, 1, [], 2)));
    expect(afterIn(config, two.state, timeout("election")).state.durable.term).toBe(1);
  });

  test("makes a learner of a voter, or a voter of a learner, in one step", () => {
    const demoted = afterIn(config, leader, members([a, b], [c, d])).state;
    expect(current(demoted)).toEqual(configuration([a, b], { learners: [c, d] }));
    const caughtUp = afterIn(config, leader, from(d, 1, matchedTo(1))).state;
    const promoted = afterIn(config, caughtUp, members([a, b, c, d])).state;
    expect(current(promoted)).toEqual(configuration([a, b, c, d]));
  });
});

describe("a change of several voters (section 4.3)", () => {
  const joint = configuration([a, d, e], { outgoing: [a, b, c], learnersNext: [b] });
  const caughtUp = afterIn(config, leader, from(d, 1, matchedTo(1))).state;
  const joined = afterIn(config, caughtUp, members([a, d, e], [b])).state;

  test("goes through a joint configuration", () => {
    expect(lastEntry(joined)).toEqual(change(1, joint));
    expect(followed(joined)).toEqual([b, c, d, e]);
  });

  test("needs both majorities, and not one of the union", () => {
    const old = afterIn(config, joined, from(b, 1, matchedTo(2)), from(c, 1, matchedTo(2))).state;
    expect(old.volatile.commitIndex).toBe(1);
    const both = afterIn(config, old, from(e, 1, matchedTo(2))).state;
    expect(both.volatile.commitIndex).toBe(2);
  });

  test("is left once it is committed, and not before, and voters become learners then", () => {
    const half = afterIn(config, joined, from(d, 1, matchedTo(2))).state;
    expect(current(half)).toEqual(joint);
    const left = afterIn(config, half, from(b, 1, matchedTo(2))).state;
    const last = configuration([a, d, e], { learners: [b] });
    expect(lastEntry(left)).toEqual(change(1, last));
    expect(current(left)).toEqual(last);
    expect(followed(left)).toEqual([b, d, e]);
    expect(afterIn(config, left, from(d, 1, matchedTo(3))).state.volatile.commitIndex).toBe(3);
  });

  test("needs both majorities of votes, and is left by the leader that they elect", () => {
    const durable = { ...joined.durable, votedFor: null };
    const candidate = afterIn(config, started(durable, config), timeout("election"));
    expect(candidate.effects.slice(0, 4).map((effect) => (effect.type === "send" ? effect.to : null))).toEqual([
      b,
      c,
      d,
      e,
    ]);
    const old = afterIn(config, candidate.state, from(b, 2, vote(true)), from(c, 2, vote(true))).state;
    expect(old.volatile.role.type).toBe("candidate");
    const both = afterIn(config, old, from(d, 2, vote(true))).state;
    expect(both.volatile.role.type).toBe("leader");
    const committed = afterIn(config, both, from(b, 2, matchedTo(3)), from(e, 2, matchedTo(3))).state;
    expect(lastEntry(committed)).toEqual(change(2, configuration([a, d, e], { learners: [b] })));
  });
});

describe("a change is refused", () => {
  const refusal = (state: RaftState, asked: RaftInput) => afterIn(config, state, asked);

  test("by a node that does not lead", () => {
    expect(refusal(started(disk([]), config), members([a])).effects).toEqual([
      refused(members([a]), "notLeader", null),
    ]);
  });

  test("before an entry of the leader's term is committed", () => {
    const asked = members([a, b], [d]);
    expect(refusal(fresh, asked)).toEqual({ state: fresh, effects: [refused(asked, "termNotCommitted", a)] });
  });

  test("while another is under way: not committed, or joint", () => {
    const asked = members([a, b, c], [d]);
    const one = afterIn(config, leader, members([a, b], [d])).state;
    expect(refusal(one, asked).effects).toEqual([refused(asked, "changeUnderWay", a)]);
    const durable = disk([noop(1), change(1, configuration([a, b], { outgoing: [a, c] }))]);
    const candidate = afterIn(config, started(durable, config), timeout("election"), from(b, 2, vote(true))).state;
    const joint = afterIn(config, candidate, from(c, 2, vote(true)), from(b, 2, matchedTo(3))).state;
    const left = afterIn(config, joint, from(c, 2, matchedTo(3))).state;
    expect(refusal(left, asked).effects).toEqual([refused(asked, "changeUnderWay", a)]);
  });

  test("while leadership is transferred", () => {
    const transferring = afterIn(config, leader, request({ type: "transferLeadership", to: b })).state;
    const asked = members([a, b], [d]);
    expect(refusal(transferring, asked).effects).toEqual([refused(asked, "transferring", a)]);
  });

  test.each([
    ["no voters", members([]), "invalidMembership"],
    ["a node named twice", members([a, b, b]), "invalidMembership"],
    ["a voter that is a learner", members([a, b], [b]), "invalidMembership"],
    ["what is there", members([c, b, a], [d]), "sameMembership"],
    ["a learner promoted that is behind", members([a, b, c, d]), "learnerBehind"],
  ] as const)("with %s", (_what, asked, reason) => {
    expect(refusal(leader, asked)).toEqual({ state: leader, effects: [refused(asked, reason, a)] });
  });

  test("with a learner promoted that has not answered since the quorum was last checked", () => {
    const checked = configWith({ learners: [d], checkQuorum: { electionTicks: 1 } });
    const caughtUp = afterIn(checked, leader, from(d, 1, matchedTo(1)), from(b, 1, matchedTo(1))).state;
    const checkedOnce = afterIn(checked, caughtUp, timeout("tick"), from(b, 1, matchedTo(1))).state;
    const asked = members([a, b, c, d]);
    expect(afterIn(checked, checkedOnce, asked).effects).toEqual([refused(asked, "learnerBehind", a)]);
    const answered = afterIn(checked, checkedOnce, from(d, 1, matchedTo(1))).state;
    expect(lastEntry(afterIn(checked, answered, asked).state).type).toBe("configuration");
  });
});

describe("a node that was removed (section 4.2.2)", () => {
  /** The last of three voters but one has left, in an entry that this node has and knows not to be committed. */
  const joint = configuration([e], { outgoing: [a, b, c] });
  const log = [noop(1), change(1, joint), change(1, configuration([e]))];
  const leftOut = afterIn(config, started(disk([]), config), from(b, 1, entriesAfter(0, 0, log, 2))).state;

  test("still campaigns until that is committed: its log may be the only one that is long enough", () => {
    const candidate = afterIn(config, leftOut, timeout("election"));
    expect(candidate.effects[0]).toMatchObject({ to: e, message: { type: "requestVote", lastLogIndex: 3 } });
    // Its own vote does not count: the others' votes have to be a quorum.
    expect(candidate.state.volatile.role).toEqual({ type: "candidate", granted: [] });
    const leading = afterIn(config, candidate.state, from(e, 2, vote(true))).state;
    const done = afterIn(config, leading, from(e, 2, matchedTo(4))).state;
    expect(done.volatile).toMatchObject({ commitIndex: 4, role: { type: "follower" } });
  });

  test("campaigns no longer once that is committed", () => {
    const done = afterIn(config, leftOut, from(e, 1, entriesAfter(3, 1, [], 3))).state;
    expect(afterIn(config, done, timeout("election")).state.durable.term).toBe(1);
  });

  test("may be needed for a configuration between the committed one and the last", () => {
    const between = [change(1, configuration([b, e])), change(1, configuration([b]))];
    const node = configWith({ self: e, voters: [] });
    const state = afterIn(node, started(disk([]), node), from(b, 1, entriesAfter(0, 0, between))).state;
    expect(afterIn(node, state, timeout("election")).state.volatile.role.type).toBe("candidate");
  });
});

describe("nodes that join and leave", () => {
  /** A cluster whose node `a` leads, and has answered all that there was. */
  function led(cluster: Cluster<Raft>): void {
    cluster.input(a, timeout("election"));
    cluster.settle();
  }
  const commandsOf = (cluster: Cluster<Raft>, node: NodeId) =>
    cluster.outputs.flatMap(({ node: at, output }) =>
      at === node && output.type === "deliver" ? [output.command] : [],
    );

  test("a node that knows no configuration gets the log, and campaigns only once it has a vote", () => {
    const cluster = new Cluster(raft, raftMembers(["a"], {}, [], ["b"]));
    led(cluster);
    cluster.input(b, timeout("election"));
    cluster.settle();
    expect(cluster.nodes[1]?.disk.term).toBe(0);
    cluster.input(a, request({ type: "broadcast", commands: ["x"] }));
    cluster.input(a, members([a], [b]));
    cluster.settle();
    expect(commandsOf(cluster, b)).toEqual(["x"]);
    cluster.input(a, members([a, b]));
    cluster.settle();
    cluster.input(b, timeout("election"));
    cluster.settle();
    expect(cluster.nodes.map(({ life }) => life?.memory.volatile.role.type)).toEqual(["follower", "leader"]);
  });

  test("three nodes are replaced by two others at once, and go on", () => {
    const cluster = new Cluster(raft, raftMembers(["a", "b", "c"], {}, [], ["d", "e"]));
    led(cluster);
    cluster.input(a, members([d, e]));
    cluster.settle();
    expect(cluster.nodes.some(({ life }) => life?.memory.volatile.role.type === "leader")).toBe(false);
    cluster.input(d, timeout("election"));
    cluster.settle();
    cluster.input(d, request({ type: "broadcast", commands: ["x"] }));
    cluster.settle();
    expect([a, d, e].map((node) => commandsOf(cluster, node))).toEqual([[], ["x"], ["x"]]);
  });

  test("a learner delivers", () => {
    const learning = configWith({ self: d, learners: [d] });
    const { effects } = afterIn(
      learning,
      started(disk([]), learning),
      from(a, 1, entriesAfter(0, 0, [noop(1), command(1, "x")], 2)),
    );
    expect(effects).toEqual([SET_ELECTION, deliver(2, "x"), sent(a, 1, matchedTo(2))]);
  });
});
