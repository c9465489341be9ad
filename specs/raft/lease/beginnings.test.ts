import { cluster, isEqual, run } from "@quorate/checker";
import type { Observer } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import { expect, test } from "vitest";
import type { RegisterService } from "../reads/clients.ts";
import { registerMachine } from "../reads/register.ts";
import { serviceNodes } from "../reads/service.ts";
import { raftMembers, raftNodes } from "../shared/nodes.ts";
import { begun } from "./beginnings.ts";
import type { Beginning } from "./beginnings.ts";
import { clockObserver } from "./clocks.ts";
import type { ClockHistory } from "./clocks.ts";

const electionTicks = 2;
const members = raftMembers(3);
const [first, second, third] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const candidates = members.filter((node) => node !== second);
const reads = { type: "lease", leaseTicks: 1, driftTicks: 0 } as const;
const services = serviceNodes(
  registerMachine,
  raftNodes({ nodes: members, candidates, checkQuorum: { electionTicks }, reads }),
);

/** What the nodes of `beginning` begin with, by name, and what they have sent. */
function start(beginning: Beginning) {
  return Object.entries(begun(beginning, services, members, electionTicks)).map(([name, { protocol, config }]) => {
    const { state, effects } = protocol.start(config, protocol.initial(config));
    const timers = effects.flatMap((effect) => (effect.type === "setTimer" ? [effect.timer] : []));
    const sent = effects.flatMap((effect) =>
      effect.type === "send" ? [{ from: name, to: effect.to, message: effect.message }] : [],
    );
    return { name, state, timers: timers.sort(), sent };
  });
}

test("late-request: the first leads, and the request of the third, which led before, is under way to the second", () => {
  const begin = start("late-request");
  expect(begin.map(({ state }) => [state.durable.term, state.volatile.protocol.role])).toMatchObject([
    [2, { type: "leader", lease: { left: 0 } }],
    [2, { type: "follower", leader: first }],
    [2, { type: "follower", leader: first }],
  ]);
  expect(begin.flatMap(({ sent }) => sent)).toMatchObject([
    { from: third, to: second, message: { type: "timeoutNow", term: 1 } },
  ]);
});

/** Whether what happened last was the end of a tick, or a request. */
const fromOutside: Observer<RegisterService, boolean> = {
  initial: false,
  observe: (_, event) =>
    event.type === "input" &&
    (event.input.type === "request" || (event.input.type === "timeout" && event.input.timer === "tick")),
};

/**
 * From nothing, as a search for `begin`. Of the ways that there are it goes only those where clocks tick in turn, where
 * that and requests come while nothing but a request to campaign is under way, and where `leaders` stand, one in each term.
 */
test.each([
  ["leader", [first]],
  ["late-request", [third, first]],
] as const)("%s is what the checker reaches from nothing", async (beginning, leaders) => {
  const begin = start(beginning);
  const sent = begin.flatMap((node) => node.sent);
  const search = cluster<RegisterService, { readonly fromOutside: boolean; readonly clocks: ClockHistory }>({
    nodes: begun("nothing", services, members, electionTicks),
    network: { order: "fifo" },
    timeouts: {
      election: leaders.length,
      heartbeat: 0,
      transfer: 0,
      tick: leaders.length * electionTicks * members.length,
    },
    clients: { operator: { to: [third], requests: [{ type: "transferLeadership", to: second }] } },
    observers: { fromOutside, clocks: clockObserver<RegisterService>("steady", members) },
    constraint: ({ history, nodes, messages }) =>
      history.clocks.inTime &&
      (!history.fromOutside || messages.every(({ message }) => message.type === "timeoutNow")) &&
      nodes.every(({ disk: { term, votedFor } }) => votedFor === null || votedFor === leaders[term - 1]),
    sometimes: {
      reached: (s) =>
        begin.every(({ name, state, timers }) => {
          const node = s.node(name);
          return isEqual(node.state, state) && isEqual([...node.timers].sort(), timers);
        }) && isEqual([...s.messages], sent),
    },
  });
  const { properties } = await run(search, {});
  expect(properties).toMatchObject([{ name: "reached", verdict: "reached" }]);
});
