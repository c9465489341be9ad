import type { NodeEvent } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { Raft, RaftRefused, RaftRequest } from "@quorate/core";
import { expect, test } from "vitest";
import { refusalObserver } from "./refusals.ts";
import type { RefusalHistory } from "./refusals.ts";

const n1 = nodeId("n1");
const config = raftConfig({ self: n1, voters: [n1] });
const { state } = raft.start(config, raft.initial(config));
const broadcast: RaftRequest = { type: "broadcast", commands: ["x"] };
const transfer: RaftRequest = { type: "transferLeadership", to: nodeId("n2") };

function refused(request: RaftRequest, reason: RaftRefused["reason"]): NodeEvent<Raft> {
  const output: RaftRefused = { type: "refused", request, reason, leader: null };
  const input = { type: "request", request } as const;
  return { type: "input", node: n1, input, effects: [{ type: "output", output }], state, disk: state.durable };
}

test("refusals are remembered once each, in one order, for the reasons that matter", () => {
  const observer = refusalObserver(["transferring", "targetNotVoter"]);
  const watch = (history: RefusalHistory, watched: readonly NodeEvent<Raft>[]): RefusalHistory =>
    watched.reduce((so, event) => observer.observe(so, event), history);
  const events = [
    refused(transfer, "targetNotVoter"),
    refused(broadcast, "transferring"),
    refused(broadcast, "notLeader"),
    { type: "crash", node: n1, disk: state.durable } as const,
  ];
  const expected = ["broadcast: transferring", "transferLeadership to n2: targetNotVoter"];
  const history = watch(observer.initial, events);
  expect(history).toEqual(expected);
  expect(watch(observer.initial, events.toReversed())).toEqual(expected);
  expect(watch(history, events)).toBe(history);
});
