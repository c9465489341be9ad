import { cluster, isEqual, run } from "@quorate/checker";
import type { Cluster } from "@quorate/checker";
import { log, nodeId } from "@quorate/core";
import type { Raft, RaftMessage } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { raftMembers, raftNodes } from "../shared/nodes.ts";
import { running } from "./running.ts";

const members = raftMembers(3);
const nodes = raftNodes({ nodes: members });
const n1 = nodeId("n1");
const elected = { node: n1, input: { type: "timeout", timer: "election" } } as const;
const asked = { node: n1, input: { type: "request", request: { type: "broadcast", commands: ["x"] } } } as const;

/** What the nodes in `started` begin with, by name. */
function beginnings(started: ReturnType<typeof running<Raft>>) {
  return Object.entries(started).map(([name, { protocol, config }]) => {
    const { state, effects } = protocol.start(config, protocol.initial(config));
    return { name, state, timers: effects.flatMap((effect) => (effect.type === "setTimer" ? [effect.timer] : [])) };
  });
}

/** The cluster that begins with nothing, and where the checker looks for the state with which `started` begins. */
function search(started: ReturnType<typeof running<Raft>>): Cluster {
  const sought = beginnings(started);
  return cluster<Raft, Record<string, never>>({
    nodes,
    network: { order: "fifo" },
    timeouts: { election: 1 },
    clients: { client: { to: [n1], requests: [asked.input.request] } },
    sometimes: {
      reached: (s) =>
        sought.every(({ name, state, timers }) => {
          const node = s.node(name);
          return isEqual(node.state, state) && isEqual([...node.timers].sort(), [...timers].sort());
        }) && !s.messages.some(() => true),
    },
  });
}

describe("a cluster that has run for a while", () => {
  test("begins with a leader that all follow", () => {
    const roles = beginnings(running(nodes, [elected])).map(({ state }) => state.volatile.role);
    expect(roles).toMatchObject([
      { type: "leader" },
      { type: "follower", leader: n1 },
      { type: "follower", leader: n1 },
    ]);
  });

  test("begins with the timers that run, and with nothing else to do", () => {
    const started = running(nodes, [elected]);
    expect(beginnings(started).map(({ timers }) => timers)).toEqual([["heartbeat"], ["election"], ["election"]]);
    for (const { protocol, config } of Object.values(started)) {
      const { effects } = protocol.start(config, protocol.initial(config));
      expect(effects.every(({ type }) => type === "setTimer")).toBe(true);
    }
  });

  test.each([
    ["an election", [elected]],
    ["an election and a command", [elected, asked]],
  ])("after %s it is in a state that the checker reaches from nothing", async (_what, occurrences) => {
    const { properties } = await run(search(running(nodes, occurrences)), {});
    expect(properties).toMatchObject([{ name: "reached", verdict: "reached" }]);
  });

  test("goes on as Raft does", () => {
    const campaigning = Object.values(running(nodes, [elected])).map(({ protocol, config }) => {
      const { state } = protocol.start(config, protocol.initial(config));
      return protocol.step(config, state, { type: "timeout", timer: "election" }).state.durable;
    });
    expect(campaigning).toMatchObject([
      { term: 1, votedFor: "n1" },
      { term: 2, votedFor: "n2" },
      { term: 2, votedFor: "n3" },
    ]);
  });

  test("begins with what is late still under way, and with everything else as if it were lost", async () => {
    const isLate = ({ type }: RaftMessage): boolean => type === "appendEntries";
    const started = running(nodes, [elected], isLate);
    expect(beginnings(started).map(({ state }) => log.lastIndex(state.durable.log))).toEqual([1, 0, 0]);
    const underWay = cluster<Raft, Record<string, never>>({
      nodes: started,
      network: { order: "fifo" },
      timeouts: {},
      sometimes: {
        fromLeaderAlone: (s) =>
          [...s.messages].length === 2 && s.messages.every(({ from, message }) => from === n1 && isLate(message)),
        delivered: (s) => !s.messages.some(() => true) && s.nodes.every(({ disk }) => log.lastIndex(disk.log) === 1),
      },
    });
    const { properties } = await run(underWay, {});
    expect(properties).toMatchObject([{ verdict: "reached" }, { verdict: "reached" }]);
  });

  test("is not one of which a node is missing", () => {
    expect(() => running(nodes, [{ ...elected, node: nodeId("n9") }])).toThrow(RangeError);
  });
});
