import type { NodeEvent } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, Raft, RaftEffect, RaftRole } from "@quorate/core";
import { expect, test } from "vitest";
import { diskWith } from "../shared/nodes.ts";
import { settledObserver, undisturbed } from "./settled.ts";
import type { SettledHistory } from "./settled.ts";

const [n1, n2, n3] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const config = raftConfig({ self: n1, voters: [n1, n2, n3] });
const observer = settledObserver([n1, n2, n3]);

/** A node takes a role in a term, and grants a prevote to `granted`. */
function becomes(node: NodeId, role: RaftRole, term = 1, granted: NodeId | null = null): NodeEvent<Raft> {
  const { state } = raft.start(config, diskWith(term, null, []));
  const message = { type: "preVoteReply", cluster: "", term, voteGranted: true } as const;
  const effects: RaftEffect[] = granted === null ? [] : [{ type: "send", to: granted, message, after: "durable" }];
  const now = { ...state, volatile: { ...state.volatile, role } };
  return { type: "persist", node, effects, state: now, disk: state.durable };
}

const leader: RaftRole = {
  type: "leader",
  persisted: 0,
  progress: [],
  round: 0,
  reads: { waiting: [], confirming: null },
  lease: null,
  ticks: 0,
  transfer: null,
};
const follower = (of: NodeId | null): RaftRole => ({ type: "follower", leader: of, incoming: null });

const watch = (...events: readonly NodeEvent<Raft>[]): SettledHistory =>
  events.reduce((history, event) => observer.observe(history, event), observer.initial);
const holds = (...events: readonly NodeEvent<Raft>[]): boolean =>
  undisturbed({ history: { settled: watch(...events) } });

test("a leader has settled once a majority follows it in its term", () => {
  expect(watch(becomes(n1, leader)).settled).toBe(null);
  expect(watch(becomes(n1, leader), becomes(n2, follower(n1), 2)).settled).toBe(null);
  expect(watch(becomes(n1, leader), becomes(n2, follower(n1)))).toEqual({
    following: { n1: { term: 1, leader: n1 }, n2: { term: 1, leader: n1 } },
    settled: { term: 1, leader: n1 },
    encouraged: [],
  });
});

test("a settled leader is not deposed", () => {
  const settled = [becomes(n1, leader), becomes(n2, follower(n1))];
  expect(holds(...settled)).toBe(true);
  expect(holds(...settled, becomes(n1, follower(null), 2))).toBe(false);
  expect(holds(becomes(n1, leader), becomes(n1, follower(null), 2))).toBe(true);
});

test("unless one that followed nobody has encouraged another node", () => {
  const settled = [becomes(n1, leader), becomes(n2, follower(n1))];
  const deposed = becomes(n1, follower(null), 2);
  expect(holds(becomes(n2, follower(null), 1, n3), ...settled, deposed)).toBe(true);
  expect(holds(becomes(n2, follower(null), 1, n1), ...settled, deposed)).toBe(false);
  expect(holds(...settled, becomes(n2, follower(n1), 1, n3), deposed)).toBe(false);
});

test("a crash ends whom a node follows, and nothing else", () => {
  const crash = { type: "crash", node: n2, disk: diskWith(1, null, []) } as const;
  const history = watch(becomes(n1, leader), becomes(n2, follower(n1)), crash);
  expect(history).toMatchObject({ following: { n1: { term: 1 } }, settled: { leader: n1 } });
  expect(Object.keys(history.following)).toEqual(["n1"]);
});
