import type { NodeView } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Raft, RaftConfiguration, RaftEntry } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { diskWith, noopEntry, raftMembers } from "../shared/nodes.ts";
import type { CommitHistory } from "../shared/commitments.ts";
import { committedIsDurable, quorumsIntersect, settledConfiguration } from "./configurations.ts";

const [n1, n2, n3, n4] = [nodeId("n1"), nodeId("n2"), nodeId("n3"), nodeId("n4")];
const first = settledConfiguration([n1, n2]);
const entry = (configuration: RaftConfiguration): RaftEntry => ({ type: "configuration", term: 1, configuration });
const joint: RaftConfiguration = { voters: [n3, n4], outgoing: [n1, n2], learners: [], learnersNext: [] };
const last = settledConfiguration([n3, n4]);

/** A node that is down, with these entries on its disk. */
function disk(id: NodeId, ...entries: readonly RaftEntry[]): NodeView<Raft> {
  return { id, up: false, state: null, disk: diskWith(1, null, entries), timers: [] };
}

function state(committed: readonly RaftEntry[], ...nodes: readonly NodeView<Raft>[]) {
  const history: CommitHistory = committed.map((one, at) => ({ index: at + 1, entry: one, term: 1 }));
  return { history: { committed: history }, nodes };
}

describe("quorumsIntersect", () => {
  const holds = quorumsIntersect(first);

  test("a joint configuration meets the one before and the one after", () => {
    expect(holds(state([], disk(n1, entry(joint))))).toBe(true);
    expect(holds(state([entry(joint)], disk(n1, entry(joint), entry(last))))).toBe(true);
  });

  test("one that is left before it is committed lets quorums of old and new act at once", () => {
    expect(holds(state([], disk(n1, entry(joint), entry(last))))).toBe(false);
    expect(holds(state([], disk(n1), disk(n2, entry(last))))).toBe(false);
  });

  test("one more voter needs no joint configuration, but has to be committed before the next but one", () => {
    const more = (count: number): RaftEntry => entry(settledConfiguration(raftMembers(count)));
    expect(holds(state([], disk(n1, more(3))))).toBe(true);
    expect(holds(state([], disk(n1, more(3), more(4), more(5))))).toBe(false);
    expect(holds(state([noopEntry(1), more(4)], disk(n1, more(3), more(4), more(5))))).toBe(true);
  });
});

describe("committedIsDurable", () => {
  const holds = committedIsDurable(first);
  const noop = noopEntry(1);

  test("what a majority of the voters has on disk is durable, whatever others have", () => {
    expect(holds(state([noop], disk(n1, noop), disk(n2, noop)))).toBe(true);
    expect(holds(state([noop], disk(n1, noop), disk(n3, noop)))).toBe(false);
    expect(holds(state([noop], disk(n1, noop), disk(n2, noopEntry(2))))).toBe(false);
  });

  test("a joint configuration needs both majorities", () => {
    const entries = [noop, entry(joint)];
    const at = (...ids: readonly NodeId[]) => ids.map((id) => disk(id, ...entries));
    expect(holds(state(entries, ...at(n1, n2, n3, n4)))).toBe(true);
    expect(holds(state(entries, ...at(n1, n2)))).toBe(false);
    expect(holds(state(entries, ...at(n3, n4)))).toBe(false);
  });

  test("a configuration in somebody's log may be the one that committed", () => {
    const both = [noop, entry(settledConfiguration([n1, n3]))];
    expect(holds(state([noop], disk(n1, ...both), disk(n3, ...both)))).toBe(true);
  });
});
