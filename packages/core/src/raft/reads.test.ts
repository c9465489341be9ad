/** Linearizable reads: dissertation, section 6.4. */

import { describe, expect, test } from "vitest";
import {
  a,
  after,
  afterIn,
  b,
  broadcast,
  c,
  config,
  configWith,
  d,
  deliver,
  disk,
  e,
  elected,
  entriesAfter,
  entriesOf,
  from,
  matchedTo,
  output,
  refused,
  request,
  sent,
  sentNow,
  SET_ELECTION,
  started,
  timeout,
} from "../conformance/raft-scenario.ts";
import type { Plain } from "../plain.ts";
import { leaderOf } from "./state.ts";
import type { RaftInput } from "./index.ts";
import type { RaftMessageBody } from "./messages.ts";

const read = (id: Plain): RaftInput => request({ type: "read", id });
const readable = (id: Plain, index: number) => output({ type: "readable", id, index });
const readIndex = (id: Plain): RaftMessageBody => ({ type: "readIndex", id });
const readIndexReply = (id: Plain, index: number): RaftMessageBody => ({ type: "readIndexReply", id, index });

/** A leader whose no-op is committed. */
const leader = after(elected(disk([])), from(b, 1, matchedTo(1))).state;

describe("a read at the leader", () => {
  test("is confirmed by a quorum's answer to a heartbeat that is sent for it", () => {
    const asked = after(leader, read("r"));
    const heartbeat = (prev: number) => entriesAfter(prev, prev, [], 1, 1);
    expect(asked.effects).toEqual([sentNow(b, 1, heartbeat(1)), sentNow(c, 1, heartbeat(0))]);
    const { state, effects } = after(asked.state, from(b, 1, matchedTo(1, 1)));
    expect(effects).toEqual([readable("r", 1)]);
    expect(leaderOf(state)?.reads).toEqual({ waiting: [], confirming: null });
  });

  test("is not confirmed by the answer to an earlier heartbeat", () => {
    const first = after(leader, read("r"), from(b, 1, matchedTo(1, 1))).state;
    const second = after(first, read("s")).state;
    expect(after(second, from(b, 1, matchedTo(1, 1))).effects).toEqual([]);
    expect(after(second, from(b, 1, matchedTo(1, 2))).effects).toEqual([readable("s", 1)]);
  });

  test("shares the next round with all that come while one is under way, and gets the commit index of then", () => {
    const { state } = after(leader, read("r"), read("s"), broadcast("x"), from(b, 1, matchedTo(2)), read("t"));
    const confirmed = after(state, from(b, 1, matchedTo(2, 1)));
    expect(confirmed.effects[0]).toEqual(readable("r", 1));
    expect(confirmed.effects).toContainEqual(sentNow(b, 1, entriesAfter(2, 1, [], 2, 2)));
    expect(after(confirmed.state, from(c, 1, matchedTo(1, 2))).effects.slice(-2)).toEqual([
      readable("s", 2),
      readable("t", 2),
    ]);
  });

  test("waits until an entry of the term is committed: before, the leader does not know what is", () => {
    const fresh = elected(disk(entriesOf([1, 1])));
    const asked = after(fresh, read("r"));
    expect(asked.effects).toEqual([]);
    const committed = after(asked.state, from(b, 2, matchedTo(3)));
    expect(committed.effects).toContainEqual(sentNow(b, 2, entriesAfter(3, 2, [], 3, 1)));
    expect(after(committed.state, from(b, 2, matchedTo(3, 1))).effects).toEqual([readable("r", 3)]);
  });

  test("is sent for again with each heartbeat, in the same round", () => {
    const { effects } = after(leader, read("r"), timeout("heartbeat"));
    expect(effects[0]).toEqual(sentNow(b, 1, entriesAfter(1, 1, [], 1, 1)));
  });

  test("needs a quorum of both halves of a joint configuration", () => {
    const joint = { voters: [a, b, c], outgoing: [a, d, e], learners: [], learnersNext: [] };
    const durable = disk([{ type: "configuration", term: 1, configuration: joint }]);
    const elector = afterIn(config, started(durable), timeout("election"));
    const voted = { type: "requestVoteReply", voteGranted: true } as const;
    const joined = after(elector.state, from(b, 2, voted), from(d, 2, voted)).state;
    const committed = after(joined, from(b, 2, matchedTo(2)), from(d, 2, matchedTo(2))).state;
    // Once the joint configuration is committed, the leader goes on to the next one, for which c and b count.
    const asked = after(committed, read("r"));
    expect(after(asked.state, from(d, 2, matchedTo(3, 1))).effects).not.toContainEqual(readable("r", 2));
    expect(after(asked.state, from(b, 2, matchedTo(3, 1))).effects).toContainEqual(readable("r", 2));
    const uncommitted = after(joined, read("r")).state;
    expect(leaderOf(uncommitted)?.reads.waiting).toHaveLength(1);
  });

  test("is answered at once where the leader is the only voter", () => {
    const alone = configWith({ voters: [a] });
    const lone = afterIn(alone, started(disk([]), alone), timeout("election")).state;
    expect(afterIn(alone, lone, read("r")).effects).toEqual([readable("r", 1)]);
  });

  test("is refused if the leader steps down before", () => {
    const { effects } = after(leader, read("r"), read("s"), from(c, 5, entriesAfter(0, 0, [])));
    const lost = (id: Plain) => refused(read(id), "leadershipLost", null);
    expect(effects.slice(0, 2)).toEqual([lost("r"), lost("s")]);
  });
});

describe("a read at a follower", () => {
  const following = after(started(), from(b, 1, entriesAfter(0, 0, entriesOf([1, 1])))).state;

  test("is refused if no leader is known", () => {
    expect(after(started(), read("r")).effects).toEqual([refused(read("r"), "notLeader", null)]);
  });

  test("asks the leader for the index", () => {
    expect(after(following, read("r"))).toEqual({ state: following, effects: [sent(b, 1, readIndex("r"))] });
  });

  test("is answered once everything up to the index has been delivered here", () => {
    const waiting = after(following, from(b, 1, readIndexReply("r", 2)));
    expect(waiting.effects).toEqual([]);
    const one = after(waiting.state, from(b, 1, entriesAfter(2, 1, [], 1)));
    expect(one.effects).toEqual([SET_ELECTION, deliver(1, "1@1"), sent(b, 1, matchedTo(2))]);
    const two = after(one.state, from(b, 1, entriesAfter(2, 1, [], 2)));
    expect(two.effects).toEqual([SET_ELECTION, deliver(2, "2@1"), readable("r", 2), sent(b, 1, matchedTo(2))]);
    expect(two.state.volatile.reads).toEqual([]);
    expect(after(two.state, from(b, 1, readIndexReply("s", 2))).effects).toEqual([readable("s", 2)]);
  });

  test.each([
    ["of an earlier term", b, 0],
    ["of another than its leader", c, 1],
  ])("takes no answer %s", (_which, node, term) => {
    expect(after(following, from(node, term, readIndexReply("r", 0))).state).toBe(following);
  });

  test("gets its index from the leader as the leader's own reads do", () => {
    const asked = after(leader, from(c, 1, readIndex("r")));
    const { effects } = after(asked.state, from(b, 1, matchedTo(1, 1)));
    expect(effects).toEqual([sent(c, 1, readIndexReply("r", 1))]);
  });

  test("gets none from a leader of another term, nor does a stranger", () => {
    expect(after(leader, from(d, 1, readIndex("r"))).state).toBe(leader);
    const later = after(elected(disk([], { term: 3 })), from(b, 4, matchedTo(1))).state;
    expect(after(later, from(c, 1, readIndex("r"))).state).toBe(later);
  });
});
