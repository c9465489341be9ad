import type { NodeEvent } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, Plain, Raft, RaftOutput } from "@quorate/core";
import { expect, test } from "vitest";
import { commandEntry, diskWith, noopEntry, raftNodes } from "../shared/nodes.ts";
import { machineObserver, machinesAgree, snapshotChunks, snapshotsWhole, withMachines } from "./machines.ts";
import type { MachineHistory } from "./machines.ts";

const [n1, n2] = [nodeId("n1"), nodeId("n2")];
const config = raftConfig({ self: n1, voters: [n1] });
const disk = diskWith(1, n1, [noopEntry(1), commandEntry(1, "x"), commandEntry(1, "y")]);
const { state: started } = raft.start(config, disk);

function said(node: NodeId, ...outputs: readonly RaftOutput[]): NodeEvent<Raft> {
  const effects = outputs.map((output) => ({ type: "output", output }) as const);
  return { type: "persist", node, effects, state: started, disk };
}

const deliver = (index: number, command: Plain): RaftOutput => ({ type: "deliver", index, command });
const restore = (index: number, chunks: readonly Plain[]): RaftOutput => ({ type: "restore", index, chunks });
const watch = (...events: readonly NodeEvent<Raft>[]): { readonly history: { readonly machines: MachineHistory } } => ({
  history: {
    machines: events.reduce((history, event) => machineObserver.observe(history, event), machineObserver.initial),
  },
});

test.each([1, 2])("a node compacts with what it has applied, in chunks: %i", (count) => {
  const protocol = withMachines(raftNodes({ nodes: [n1] }), count)["n1"]?.protocol ?? raft;
  const state = { ...started, volatile: { ...started.volatile, commitIndex: 3 } };
  const compact = (index: number) => ({ type: "request", request: { type: "compact", index, chunks: ["?"] } }) as const;
  const once = protocol.step(config, state, compact(2)).state;
  expect(once.durable.snapshot?.chunks).toEqual(snapshotChunks({ applied: ["x"], snapshotOf: 2 }, count));
  const twice = protocol.step(config, once, compact(3)).state;
  expect(twice.durable.snapshot?.chunks).toEqual(snapshotChunks({ applied: ["x", "y"], snapshotOf: 3 }, count));
  expect(once.durable.snapshot?.chunks.length).toBe(count);
  expect(protocol.step(config, once, compact(4)).effects).toMatchObject([{ output: { reason: "notDelivered" } }]);
});

test("machines agree if one is ahead of the other, by deliveries or by a snapshot", () => {
  const ahead = said(n1, deliver(2, "x"), deliver(3, "y"));
  const chunks = snapshotChunks({ applied: ["x"], snapshotOf: 2 }, 2);
  expect(machinesAgree(watch(ahead, said(n2, restore(2, chunks))))).toBe(true);
  expect(machinesAgree(watch(ahead, said(n2, restore(2, chunks), deliver(3, "y"))))).toBe(true);
  expect(machinesAgree(watch(ahead, said(n2, deliver(3, "y"))))).toBe(false);
  expect(machinesAgree(watch(ahead, { type: "crash", node: n1, disk }, said(n2, deliver(3, "y"))))).toBe(true);
});

test("a snapshot is whole if its chunks are of the index that it is restored for", () => {
  const chunks = snapshotChunks({ applied: ["x"], snapshotOf: 2 }, 2);
  expect(snapshotsWhole(watch(said(n2, restore(2, chunks))))).toBe(true);
  expect(snapshotsWhole(watch(said(n2, restore(3, chunks))))).toBe(false);
});
