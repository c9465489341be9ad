/** Clusters are what they are said to be. */

import { nodeId, raft, raftConfig } from "@quorate/core";
import type { RaftSnapshot } from "@quorate/core";
import { expect, test } from "vitest";
import {
  broadcasting,
  carriesEntries,
  commandEntry,
  diskWith,
  isAnnouncement,
  noopEntry,
  raftCommands,
  raftMembers,
  raftNodes,
} from "./nodes.ts";

const nodes = raftMembers(3);
const [n1, n2, n3] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const config = raftConfig({ self: n1, voters: nodes });
const snapshot: RaftSnapshot = { index: 7, term: 1, configuration: config.bootstrap, chunks: ["all so far"] };

const header = { cluster: "", term: 1 };
const requestVote = { ...header, type: "requestVote", lastLogIndex: 0, lastLogTerm: 0, transfer: false } as const;
const SET_ELECTION = { type: "setTimer", timer: "election" };

test("all that run vote, unless it is said who does; others have no configuration", () => {
  expect(nodes).toEqual(["n1", "n2", "n3"]);
  expect(raftNodes({ nodes, preVote: true })["n2"]?.config).toEqual({ ...config, self: "n2", preVote: true });
  const joining = raftNodes({ nodes, voters: [n1], learners: [n2] });
  expect(joining["n2"]?.config).toMatchObject({ bootstrap: { voters: ["n1"], learners: ["n2"] } });
  expect(joining["n3"]?.config).toMatchObject({ bootstrap: { voters: [], learners: [] } });
});

test("begin with the disks of an earlier life", () => {
  const disk = diskWith(2, n1, [noopEntry(2), commandEntry(2, "x")]);
  const cluster = raftNodes({ nodes, earlier: (node) => (node === n2 ? disk : null) });
  expect(cluster["n1"]?.protocol.initial(config)).toEqual(raft.initial(config));
  expect(cluster["n2"]?.protocol.initial(config)).toEqual(disk);
  expect(diskWith(2, null, [noopEntry(2)], snapshot).log).toEqual({ before: 7, entries: [noopEntry(2)] });
});

test("that are no candidates never have an election timer, and do all else as others do", () => {
  const { n1: one, n2: other } = raftNodes({ nodes, candidates: [n1] });
  expect(one?.protocol.start(config, diskWith(0, null, [])).effects).toContainEqual(SET_ELECTION);
  const { state, effects } = other?.protocol.start(config, diskWith(0, null, [])) ?? {};
  expect([state, effects]).toEqual([raft.start(config, diskWith(0, null, [])).state, []]);
  const asked = { type: "receive", from: n3, message: requestVote } as const;
  const step = other?.protocol.step(config, raft.start(config, diskWith(0, null, [])).state, asked);
  expect(step?.effects).toMatchObject([{ type: "send", to: "n3", message: { voteGranted: true } }]);
});

test("send what the network loses, and it is as if they had not", () => {
  const losing = raftNodes({ nodes, losing: ({ type }) => type === "requestVote" })["n1"]?.protocol;
  const step = losing?.step(config, raft.start(config, diskWith(0, null, [])).state, {
    type: "timeout",
    timer: "election",
  });
  expect(step?.state.durable).toEqual(diskWith(1, n1, []));
  expect(step?.effects).toEqual([SET_ELECTION]);
});

test("announce commit indexes, which is something else than a heartbeat and than entries", () => {
  const heartbeat = {
    ...header,
    type: "appendEntries",
    prevLogIndex: 0,
    prevLogTerm: 0,
    leaderCommit: 0,
    round: 0,
  } as const;
  const cause = { type: "receive", from: n3, message: requestVote } as const;
  const empty = { ...heartbeat, entries: [] };
  const full = { ...heartbeat, entries: [noopEntry(1)] };
  expect(isAnnouncement(empty, cause)).toBe(true);
  expect(isAnnouncement(empty, { type: "timeout", timer: "heartbeat" })).toBe(false);
  expect([isAnnouncement(full, cause), isAnnouncement(requestVote, cause)]).toEqual([false, false]);
  expect([full, empty, requestVote].map(carriesEntries)).toEqual([true, false, false]);
});

test("are asked for one command after the other, or for none", () => {
  const requests = [
    { type: "broadcast", commands: ["x"] },
    { type: "broadcast", commands: ["y"] },
  ];
  expect(broadcasting(raftCommands(2), nodes)).toEqual({ client: { to: nodes, requests } });
  expect(broadcasting(raftCommands(0), nodes)).toEqual({});
});
