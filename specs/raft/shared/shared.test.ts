/** Each property of the pack fails on what it is about, and on no more than that. */

import type { Collection, NodeEvent, NodeView } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, Raft, RaftDurable, RaftRole, RaftSnapshot, RaftState } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { commitObserver } from "./commitments.ts";
import type { CommitHistory } from "./commitments.ts";
import { leaderObserver } from "./leaders.ts";
import type { LeaderHistory } from "./leaders.ts";
import { raftNodeSteps } from "./node-steps.ts";
import { commandEntry, diskWith, noopEntry, raftMembers } from "./nodes.ts";
import { committedIsDurable, raftAlways } from "./properties.ts";
import { areCommitted, commitsBeforeWriting, hasBackedUp, isDown, isReplaced, loggedTermsOf } from "./reached.ts";

type Leader = Extract<RaftRole, { type: "leader" }>;

const nodes = raftMembers(3);
const [n1, n2, n3] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const config = raftConfig({ self: n1, voters: nodes });
const configuration = config.bootstrap;

function snapshotAt(index: number): RaftSnapshot {
  return { index, term: 1, configuration, chunks: ["all so far"] };
}

function leader(matches: Readonly<Record<string, number>> = {}, persisted = 0): Leader {
  const progress = Object.entries(matches).map(([node, match]) => ({
    type: "replicate" as const,
    node: nodeId(node),
    match,
    round: 0,
    isActive: true,
    next: match + 1,
    inflight: [],
  }));
  const reads = { waiting: [], confirming: null };
  return { type: "leader", persisted, progress, round: 0, reads, lease: null, ticks: 0, transfer: null };
}

/** A state with what is given, and else as a node that has just started with that disk. */
function stateOf(durable: RaftDurable, volatile: Partial<RaftState["volatile"]> = {}): RaftState {
  const { state } = raft.start(config, durable);
  return { durable, volatile: { ...state.volatile, ...volatile } };
}

function up(state: RaftState, disk: RaftDurable = state.durable, id: NodeId = n1): NodeView<Raft> {
  return { id, up: true, state, disk, timers: [] };
}

function down(disk: RaftDurable, id: NodeId = n1): NodeView<Raft> {
  return { id, up: false, state: null, disk, timers: [] };
}

function after(node: NodeId, state: RaftState): NodeEvent<Raft> {
  return { type: "persist", node, effects: [], state, disk: state.durable };
}

describe("electionSafety", () => {
  const leading = (term: number): RaftState => stateOf(diskWith(term, null, []), { role: leader() });
  const watch = (...events: readonly NodeEvent<Raft>[]): LeaderHistory =>
    events.reduce((history, event) => leaderObserver.observe(history, event), leaderObserver.initial);

  test("one leader a term, and the same one again", () => {
    const leaders = watch(after(n2, leading(3)), after(n1, leading(1)), after(n2, leading(3)));
    expect(leaders).toEqual([
      { term: 1, node: "n1" },
      { term: 3, node: "n2" },
    ]);
    expect(raftAlways.electionSafety({ history: { leaders } })).toBe(true);
  });

  test("two leaders of one term, one after the other", () => {
    const crash: NodeEvent<Raft> = { type: "crash", node: n2, disk: diskWith(1, null, []) };
    const leaders = watch(after(n2, leading(1)), crash, after(n1, leading(1)));
    expect(leaders).toEqual(watch(after(n1, leading(1)), after(n2, leading(1))));
    expect(raftAlways.electionSafety({ history: { leaders } })).toBe(false);
  });

  test("a follower and a crash are no news", () => {
    const history = watch(after(n1, leading(1)));
    expect(leaderObserver.observe(history, after(n1, leading(1)))).toBe(history);
    expect(leaderObserver.observe(history, after(n2, stateOf(diskWith(1, n1, []))))).toBe(history);
  });
});

describe("logMatching", () => {
  const holds = (...logs: readonly RaftDurable[]): boolean =>
    raftAlways.logMatching({ nodes: logs.map((disk, at) => (at === 0 ? down(disk) : up(stateOf(disk)))) });
  const [x, y] = [commandEntry(1, "x"), commandEntry(1, "y")];

  test("logs that part, and never meet again", () => {
    expect(holds(diskWith(2, null, [x, y]), diskWith(2, null, [x, noopEntry(2)]), diskWith(1, null, [x]))).toBe(true);
  });

  test("one index and term, two commands", () => {
    expect(holds(diskWith(1, null, [x]), diskWith(1, null, [y]))).toBe(false);
  });

  test("logs that meet again after they parted", () => {
    const one = diskWith(3, null, [x, noopEntry(3)]);
    expect(holds(diskWith(3, null, []), one, diskWith(3, null, [noopEntry(2), noopEntry(3)]))).toBe(false);
  });

  test("what a snapshot stands for is not compared, what comes after it is", () => {
    const whole = diskWith(2, null, [x, y, noopEntry(2)]);
    expect(holds(whole, diskWith(2, null, [noopEntry(2)], snapshotAt(2)))).toBe(true);
    expect(holds(whole, diskWith(2, null, [commandEntry(2, "z")], snapshotAt(2)))).toBe(false);
  });
});

describe("what is committed", () => {
  const [x, y] = [commandEntry(1, "x"), commandEntry(2, "y")];
  const watch = (...events: readonly NodeEvent<Raft>[]): CommitHistory =>
    events.reduce((history, event) => commitObserver().observe(history, event), commitObserver().initial);
  const committing = (term: number, ...entries: Parameters<typeof diskWith>[2]): RaftState =>
    stateOf(diskWith(term, null, entries), { commitIndex: entries.length });

  test("is remembered with the least term, whoever was first", () => {
    const events = [after(n1, committing(1, x)), after(n2, committing(2, x, y))];
    const committed = [
      { index: 1, entry: x, term: 1 },
      { index: 2, entry: y, term: 2 },
    ];
    expect(watch(...events)).toEqual(committed);
    expect(watch(...[...events].reverse())).toEqual(committed);
    expect(raftAlways.stateMachineSafety({ history: { committed } })).toBe(true);
  });

  test("is no news a second time, nor is what is not committed, nor a crash", () => {
    const history = watch(after(n1, committing(1, x)));
    const uncommitted = stateOf(diskWith(2, null, [x, y]), { commitIndex: 1 });
    const crash: NodeEvent<Raft> = { type: "crash", node: n1, disk: diskWith(1, null, []) };
    for (const event of [after(n2, committing(3, x)), after(n2, uncommitted), crash]) {
      expect(commitObserver().observe(history, event)).toBe(history);
    }
  });

  test("is what a log remembers of it, and what was so before the run", () => {
    const state = stateOf(diskWith(2, null, [y], snapshotAt(1)), { commitIndex: 2 });
    const earlier = [{ index: 1, entry: x, term: 1 }];
    expect(watch(after(n1, state))).toEqual([{ index: 2, entry: y, term: 2 }]);
    const observer = commitObserver(earlier);
    expect(observer.observe(observer.initial, after(n1, state))).toEqual([...earlier, { index: 2, entry: y, term: 2 }]);
  });

  test("stateMachineSafety: different entries at one index, at two nodes", () => {
    const committed = watch(after(n1, committing(1, x)), after(n2, committing(2, y)));
    expect(committed).toHaveLength(2);
    expect(raftAlways.stateMachineSafety({ history: { committed } })).toBe(false);
  });

  describe("leaderCompleteness", () => {
    const history = { committed: [{ index: 1, entry: x, term: 1 }] };
    const holds = (disk: RaftDurable, role: RaftRole): boolean =>
      raftAlways.leaderCompleteness({ history, nodes: [up(stateOf(disk, { role }))] });

    test("later leaders have it, in their logs or their snapshots", () => {
      expect(holds(diskWith(2, null, [x]), leader())).toBe(true);
      expect(holds(diskWith(2, null, [], snapshotAt(1)), leader())).toBe(true);
    });

    test("a later leader lacks it, or has another one there", () => {
      expect(holds(diskWith(2, null, []), leader())).toBe(false);
      expect(holds(diskWith(2, null, [y]), leader())).toBe(false);
    });

    test("nothing is said of followers, nor of leaders of that term or an earlier one", () => {
      expect(holds(diskWith(2, null, []), { type: "follower", leader: null, incoming: null })).toBe(true);
      expect(holds(diskWith(1, null, []), leader())).toBe(true);
    });
  });

  describe("committedIsDurable", () => {
    const durable = committedIsDurable(nodes);
    const history = { committed: [{ index: 1, entry: x, term: 1 }] };
    const empty = diskWith(1, null, []);
    const views = (...disks: readonly RaftDurable[]): Collection<NodeView<Raft>> =>
      disks.map((disk, at) => down(disk, nodes[at]));

    test("on the disks of a majority, in logs or snapshots", () => {
      expect(durable({ history, nodes: views(diskWith(1, null, [x]), empty, diskWith(1, null, [x, y])) })).toBe(true);
      expect(durable({ history, nodes: views(diskWith(1, null, [], snapshotAt(1)), diskWith(1, null, [x])) })).toBe(
        true,
      );
    });

    test("on too few, or something else at its index", () => {
      expect(durable({ history, nodes: views(diskWith(1, null, [x]), empty, diskWith(2, null, [y])) })).toBe(false);
    });

    test("memory does not count", () => {
      const remembers = up(stateOf(diskWith(1, null, [x])), empty, n3);
      expect(durable({ history, nodes: [down(diskWith(1, null, [x]), n1), remembers] })).toBe(false);
    });
  });
});

describe("steps of one node", () => {
  const [x, y] = [commandEntry(1, "x"), commandEntry(1, "y")];
  const at = (term: number, votedFor: NodeId | null = null): NodeView<Raft> =>
    up(stateOf(diskWith(term, votedFor, [])));
  const leads = (disk: RaftDurable, role: Leader = leader()): NodeView<Raft> => up(stateOf(disk, { role }));
  const committed = (commitIndex: number): NodeView<Raft> => up(stateOf(diskWith(1, null, [x, y]), { commitIndex }));
  const restarted = up(stateOf(diskWith(1, null, [x, y])));

  type Case = readonly [what: string, before: NodeView<Raft>, after: NodeView<Raft>, breaks: readonly string[]];
  const cases: readonly Case[] = [
    ["a higher term, no vote in it", at(1, n2), at(2), []],
    ["a lower term", at(2), at(1), ["termMonotonic"]],
    ["a lower term after a crash", at(2), down(diskWith(1, null, [])), ["termMonotonic"]],
    [
      "a term that had not reached the disk",
      up(stateOf(diskWith(2, n1, [])), diskWith(1, n2, [])),
      down(diskWith(1, n2, [])),
      [],
    ],
    ["a vote", at(1), at(1, n2), []],
    ["a second vote", at(1, n2), at(1, n3), ["voteOnce"]],
    ["a vote taken back", at(1, n2), at(1), ["voteOnce"]],
    ["a vote forgotten by a restart", down(diskWith(1, n2, [])), at(1), ["voteOnce"]],
    ["a leader appends", leads(diskWith(1, n1, [x])), leads(diskWith(1, n1, [x, y])), []],
    ["a leader deletes", leads(diskWith(1, n1, [x, y])), leads(diskWith(1, n1, [x])), ["leaderAppendOnly"]],
    ["a leader overwrites", leads(diskWith(1, n1, [x])), leads(diskWith(1, n1, [y])), ["leaderAppendOnly"]],
    ["a leader compacts", leads(diskWith(1, n1, [x])), leads(diskWith(1, n1, [], snapshotAt(1))), []],
    ["a follower overwrites", up(stateOf(diskWith(1, n1, [x]))), up(stateOf(diskWith(1, n1, [y]))), []],
    ["a leader of a later term has less", leads(diskWith(1, n1, [x])), leads(diskWith(2, n1, [])), []],
    ["a commit index goes on", committed(1), committed(2), []],
    ["a commit index goes back", committed(2), committed(1), ["commitIndexMonotonic"]],
    ["a commit index is forgotten by a crash", committed(2), down(restarted.disk), []],
    ["a commit index begins anew", down(restarted.disk), restarted, []],
    [
      "a follower's match goes on",
      leads(diskWith(1, n1, []), leader({ n2: 1 })),
      leads(diskWith(1, n1, []), leader({ n2: 2 })),
      [],
    ],
    [
      "a follower's match goes back",
      leads(diskWith(1, n1, []), leader({ n2: 2 })),
      leads(diskWith(1, n1, []), leader({ n2: 1 })),
      ["matchIndexMonotonic"],
    ],
    [
      "the own match goes back",
      leads(diskWith(1, n1, []), leader({}, 2)),
      leads(diskWith(1, n1, []), leader({}, 1)),
      ["matchIndexMonotonic"],
    ],
    ["a follower is removed", leads(diskWith(1, n1, []), leader({ n2: 2 })), leads(diskWith(1, n1, []), leader()), []],
    [
      "a match of another term",
      leads(diskWith(1, n1, []), leader({ n2: 2 })),
      leads(diskWith(2, n1, []), leader({ n2: 0 })),
      [],
    ],
    [
      "an older snapshot",
      down(diskWith(1, null, [], snapshotAt(2))),
      down(diskWith(1, null, [x], snapshotAt(1))),
      ["snapshotIndexMonotonic"],
    ],
    ["a newer snapshot", down(diskWith(1, null, [])), down(diskWith(1, null, [], snapshotAt(1))), []],
  ];

  test.each(cases)("%s", (_, before, next, breaks) => {
    const broken = Object.entries(raftNodeSteps).flatMap(([name, holds]) => (holds(before, next) ? [] : [name]));
    expect(broken).toEqual(breaks);
  });
});

describe("what has come about", () => {
  const [x, y] = [commandEntry(1, "x"), commandEntry(2, "y")];

  test("isReplaced: a leader's entries are gone from its own log, and not only from others'", () => {
    const leaders = [
      { term: 1, node: n1 },
      { term: 2, node: n2 },
    ];
    const logs = (first: RaftDurable, second: RaftDurable): Parameters<typeof isReplaced>[1] =>
      [down(first), down(second, n2)].map(loggedTermsOf);
    expect(isReplaced(leaders, logs(diskWith(2, null, [x]), diskWith(2, null, [y])))).toBe(false);
    expect(isReplaced(leaders, logs(diskWith(2, null, [y]), diskWith(2, null, [y])))).toBe(true);
  });

  test("hasBackedUp: a leader is at an index before its own first entry, which it was not when it began", () => {
    const probing = (next: number): NodeView<Raft> => {
      const of = { type: "probe", node: n2, match: 0, round: 0, isActive: true, next, isPaused: true } as const;
      return up(stateOf(diskWith(2, n1, [x, noopEntry(2)]), { role: { ...leader(), progress: [of] } }));
    };
    expect([probing(2), probing(1)].map(hasBackedUp)).toEqual([false, true]);
  });

  test("commitsBeforeWriting: what is committed is not on the leader's own disk", () => {
    const state = stateOf(diskWith(1, n1, [x]), { commitIndex: 1, role: leader() });
    expect([up(state), up(state, diskWith(1, n1, []))].map(commitsBeforeWriting)).toEqual([false, true]);
  });

  test("areCommitted: these commands, in this order, and no others", () => {
    const committed = [
      { index: 1, entry: noopEntry(1), term: 1 },
      { index: 2, entry: x, term: 1 },
      { index: 3, entry: y, term: 2 },
    ];
    const cases = [["x", "y"], ["y", "x"], ["x"], []];
    expect(cases.map((commands) => areCommitted(committed, commands))).toEqual([true, false, false, false]);
  });

  test("isDown: the node of that name is", () => {
    const views = [down(diskWith(1, null, [])), up(stateOf(diskWith(1, null, [])), diskWith(1, null, []), n2)];
    expect([isDown(views, n1), isDown(views, n2), isDown(views, undefined)]).toEqual([true, false, false]);
  });
});
