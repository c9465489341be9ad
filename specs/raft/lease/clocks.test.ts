import type { NodeEvent } from "@quorate/checker";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { NodeId, Raft } from "@quorate/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockObserver } from "./clocks.ts";
import type { ClockHistory, Clocks } from "./clocks.ts";

const [a, b, c] = [nodeId("a"), nodeId("b"), nodeId("c")];
const nodes = [a, b, c];
const { state } = raft.start(raftConfig({ self: a, voters: nodes }), raft.initial(raftConfig({ self: a })));

type Happening = NodeId | { readonly crash: NodeId } | { readonly start: NodeId };

/** A name is a tick of that node. */
function eventOf(happening: Happening): NodeEvent<Raft> {
  const disk = state.durable;
  if (typeof happening === "string") {
    return { type: "input", input: { type: "timeout", timer: "tick" }, node: happening, effects: [], state, disk };
  }
  if ("crash" in happening) return { type: "crash", node: happening.crash, disk };
  return { type: "start", node: happening.start, effects: [], state, disk };
}

function historyOf(clocks: Clocks, happenings: readonly Happening[]): ClockHistory {
  const observer = clockObserver<Raft>(clocks, nodes);
  return happenings.map(eventOf).reduce((history, event) => observer.observe(history, event), observer.initial);
}

function areInTime(clocks: Clocks, ...happenings: readonly Happening[]): boolean {
  return historyOf(clocks, happenings).inTime;
}

/** Of all sequences of ticks those that clocks can have, each as far as they can. */
function sequences(clocks: Clocks): fc.Arbitrary<readonly NodeId[]> {
  return fc.array(fc.constantFrom(...nodes), { maxLength: 60 }).map((candidates) => {
    const ticks: NodeId[] = [];
    for (const node of candidates) if (areInTime(clocks, ...ticks, node)) ticks.push(node);
    return ticks;
  });
}

/** The least that another clock counts while one counts `count` ticks, wherever one begins and ends to count. */
function leastCount(ticks: readonly NodeId[], count: number): number {
  const counts = ticks.flatMap((one, from) => {
    const own = ticks.flatMap((node, at) => (at >= from && node === one ? [at] : []));
    const end = own[count - 1];
    if (end === undefined) return [];
    const window = ticks.slice(from, end + 1);
    return nodes.filter((other) => other !== one).map((other) => window.filter((node) => node === other).length);
  });
  return Math.min(...counts);
}

describe("steady clocks", () => {
  test("tick in turn, in the order of their first ticks", () => {
    expect(areInTime("steady", b, a, c, b, a, c, b)).toBe(true);
    expect(areInTime("steady", b, a, c, a)).toBe(false);
  });

  test("wait for those that have not ticked yet", () => {
    expect(areInTime("steady", b, a, b)).toBe(false);
  });

  test("let another clock count one tick less at most", () => {
    const counted = (ticks: readonly NodeId[]) => [1, 2, 3].every((count) => leastCount(ticks, count) >= count - 1);
    fc.assert(fc.property(sequences("steady"), counted));
  });
});

describe("jittery clocks", () => {
  test("tick once each before any ticks again, in any order", () => {
    expect(areInTime("jittery", b, a, c, c, a, b, a)).toBe(true);
    expect(areInTime("jittery", b, a, b)).toBe(false);
  });

  test("let another clock count two ticks less at most, and so many at times", () => {
    const counted = (ticks: readonly NodeId[]) => [1, 2, 3].every((count) => leastCount(ticks, count) >= count - 2);
    fc.assert(fc.property(sequences("jittery"), counted));
    const ticks = [a, c, b, b, a, c];
    expect(areInTime("jittery", ...ticks)).toBe(true);
    expect(leastCount(ticks, 2)).toBe(0);
  });

  test("are told apart by who has ticked, and not in which order", () => {
    expect(historyOf("jittery", [b, a])).toEqual(historyOf("jittery", [a, b]));
    expect(historyOf("jittery", [a, b, c, a])).toEqual(historyOf("jittery", [c, b, a, a]));
  });
});

describe.each(["steady", "jittery"] as const)("a node with a %s clock", (clocks) => {
  test("that is down is not waited for", () => {
    expect(areInTime(clocks, a, b, { crash: c }, a, b, a)).toBe(true);
  });

  test("that starts again has a whole tick's time before its next one", () => {
    expect(areInTime(clocks, a, b, c, { crash: c }, { start: c }, a, b, c)).toBe(true);
    expect(areInTime(clocks, a, b, { crash: c }, { start: c }, c, c)).toBe(false);
  });

  test("that starts for the first time has its phase still to choose", () => {
    expect(historyOf(clocks, [{ start: a }, { start: b }, { start: c }])).toEqual(historyOf(clocks, []));
  });
});

test("free clocks go as they like", () => {
  expect(areInTime("free", a, a, a, b)).toBe(true);
});
