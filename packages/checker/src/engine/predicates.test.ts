import type { Plain } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { ClusterState } from "../cluster/cluster.ts";
import { run } from "../run.ts";
import { countingCluster } from "../testing/counting.ts";
import type { CountSignature } from "../testing/counting.ts";
import { failureOf } from "../testing/failure.ts";

type View = ClusterState<CountSignature, { readonly [name: string]: Plain }>;
let calls = 0;

describe("a property that is not pure ends the run at the state that it was asked about", () => {
  /** True until the node `left` has seen the count 2. */
  const after =
    (broken: (state: View) => unknown) =>
    (state: View): boolean =>
      state.node("left").state?.volatile.seen.includes(2) === true ? (broken(state) as boolean) : true;
  const read = ["left", "right"];

  test.each<[string, (state: View) => unknown, RegExp]>([
    [
      "randomness",
      () => Math.random() > (calls++ % 2 === 0 ? -1 : 2),
      /two calls with equal input differ: true and then false/,
    ],
    [
      "an order of reading that varies",
      (state) => read.toReversed().includes(state.node(read[calls++ % 2] ?? "").id) || true,
      /two calls read different things/,
    ],
    ["no boolean", () => 1, /it returned 1 instead of true or false/],
    ["nothing", () => undefined, /it returned undefined instead of true or false/],
    [
      "a mutation",
      (state) => ((state.node("left").disk as { count: number }).count++, true),
      /it changes its input \(Cannot assign to read only property 'count'/,
    ],
    [
      "a mutation of a node",
      (state) => (((state.node("left") as { up: boolean }).up = false), true),
      /it changes its input \(Cannot assign to read only property 'up'/,
    ],
    ["an unknown node", (state) => state.node("middle").up, /There is no node middle; the nodes are left, right/],
    [
      "a random closure",
      ({ nodes }) => nodes.some(() => calls++ % 2 === 0),
      /a function given to a collection by always property broken is not pure/,
    ],
    [
      "a closure that mutates",
      ({ nodes }) => nodes.some(({ disk }) => ((disk as { count: number }).count = 1) > 0),
      /a function given to a collection by always property broken is not pure: it changes its input/,
    ],
    [
      "a closure that mutates bytes",
      ({ nodes }) => nodes.some(({ disk }) => disk.key.fill(calls++) === null),
      /it changes a byte string of its input/,
    ],
    [
      "a closure's fraction",
      ({ nodes }) => nodes.map(({ disk }) => disk.count / 4).length > 0,
      /a function given to a collection by always property broken threw TypeError: its result is not plain data: \.result is 0\.5/,
    ],
  ])("%s", async (_, broken, message) => {
    calls = 0;
    const failure = failureOf(await run(countingCluster({ always: { broken: after(broken) } })));
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain("always property broken");
    expect(failure.actions).toEqual(["initial", "request begin", "deliver count", "deliver count"]);
  });

  test("also when what it read last changes from one evaluation to the next", async () => {
    let evaluations = 0;
    const broken = (state: View): boolean =>
      Math.floor(evaluations++ / 2) % 2 === 0 ? state.node("left").up : state.node("right").up;
    const failure = failureOf(await run(countingCluster({ always: { broken } })));
    expect(failure.message).toMatch(
      /always property broken is not pure: it does something else after the same answers/,
    );
  });

  test("on the initial state and as a step property", async () => {
    const initial = failureOf(await run(countingCluster({ always: { broken: () => calls++ % 2 === 0 } })));
    expect(initial.actions).toEqual(["initial"]);
    const step = failureOf(await run(countingCluster({ step: { broken: () => calls++ % 2 === 0 } })));
    expect(step.message).toContain("step property broken is not pure");
    expect(step.actions).toEqual(["initial", "request begin"]);
  });
});
