import type { NodeEvent, NodeView } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, Raft, RaftRequest, RaftState } from "@quorate/core";
import { expect, test } from "vitest";
import { diskWith, noopEntry } from "../shared/nodes.ts";
import { targetOf, transferObserver, transferringAppendsNothing } from "./transfers.ts";
import type { TransferHistory } from "./transfers.ts";

const [n1, n2, n3] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const config = raftConfig({ self: n1, voters: [n1, n2, n3] });

/** n1 leads term 1 with `entries` no-ops, of which n2 holds `match`, and hands over to `transfer`. */
function leading(entries: number, match: number, transfer: NodeId | null): RaftState {
  const durable = diskWith(
    1,
    n1,
    Array.from({ length: entries }, () => noopEntry(1)),
  );
  const { state } = raft.start(config, durable);
  const progress = [{ node: n2, match, round: 0, isActive: true, type: "probe", next: 1, isPaused: true }] as const;
  const reads = { waiting: [], confirming: null };
  const role = {
    type: "leader",
    persisted: entries,
    progress,
    round: 0,
    reads,
    lease: null,
    ticks: 0,
    transfer,
  } as const;
  return { durable, volatile: { ...state.volatile, role } };
}

function asked(state: RaftState, to: NodeId): NodeEvent<Raft> {
  const request: RaftRequest = { type: "transferLeadership", to };
  return { type: "input", node: n1, input: { type: "request", request }, effects: [], state, disk: state.durable };
}

function view(state: RaftState): NodeView<Raft> {
  return { id: n1, up: true, state, disk: state.durable, timers: [] };
}

test("how the target was found is remembered, of transfers that began", () => {
  const { initial } = transferObserver;
  const observe = (event: NodeEvent<Raft>): TransferHistory => transferObserver.observe(initial, event);
  expect(observe(asked(leading(2, 2, n2), n2))).toEqual({ n2: "up to date" });
  expect(observe(asked(leading(2, 1, n2), n2))).toEqual({ n2: "behind" });
  expect(observe(asked(leading(2, 1, null), n2))).toBe(initial);
  expect(observe(asked(leading(2, 1, n2), n3))).toBe(initial);
});

test("a leader appends while it is not handing over, and only then", () => {
  expect(targetOf(view(leading(1, 0, n2)))).toBe(n2);
  expect(transferringAppendsNothing(view(leading(1, 0, n2)), view(leading(2, 0, n2)))).toBe(false);
  expect(transferringAppendsNothing(view(leading(1, 0, n2)), view(leading(1, 1, n2)))).toBe(true);
  expect(transferringAppendsNothing(view(leading(1, 0, null)), view(leading(2, 0, null)))).toBe(true);
});
