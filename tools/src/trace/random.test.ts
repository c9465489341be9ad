/** Random runs, with lost, repeated and reordered messages, disks that lag, and nodes that restart: all are accepted. */

import { checkTraces, nodeFiles } from "@quorate/checker/trace";
import raftTrace from "@quorate/specs/raft/trace.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodes, TracedCluster } from "./cluster.ts";
import { tear } from "./edit.ts";

type Action =
  | { readonly type: "deliver" | "duplicate" | "lose"; readonly at: number; readonly count: number }
  | {
      readonly type: "fire" | "flush" | "ask" | "read" | "compact" | "restart" | "kill";
      readonly at: number;
      readonly count: number;
    };

/** How often each comes about, compared with the others. */
const WEIGHTS: { readonly [T in Action["type"]]: number } = {
  deliver: 30,
  duplicate: 3,
  lose: 1,
  fire: 6,
  flush: 12,
  ask: 6,
  read: 2,
  compact: 1,
  restart: 1,
  kill: 1,
};

const types = Object.entries(WEIGHTS).flatMap(([type, weight]) =>
  Array.from({ length: weight }, () => type as Action["type"]),
);
const action: fc.Arbitrary<Action> = fc.record({
  type: fc.constantFrom(...types),
  at: fc.nat(1000),
  count: fc.integer({ min: 1, max: 6 }),
});

async function perform(cluster: TracedCluster, { type, at, count }: Action, n: number): Promise<void> {
  const node = nodes[at % 3] ?? nodes[0];
  const leader = cluster.leader ?? node;
  switch (type) {
    case "deliver":
      for (let times = 0; times < count; times++) cluster.deliver(at);
      break;
    case "duplicate":
      cluster.deliver(at, true);
      break;
    case "lose":
      cluster.inFlight = cluster.inFlight.toSpliced(at % Math.max(1, cluster.inFlight.length), 1);
      break;
    case "fire": {
      const running = cluster.timersOf(node);
      const timer = running[at % Math.max(1, running.length)];
      if (timer !== undefined) cluster.input(node, { type: "timeout", timer });
      break;
    }
    case "flush":
      cluster.flush(node);
      break;
    case "ask":
      cluster.broadcast(leader, ...Array.from({ length: count }, (_, of) => `command ${n}/${of}`));
      break;
    case "read":
      cluster.input(leader, { type: "request", request: { type: "read", id: `read ${n}` } });
      break;
    case "compact":
      if (cluster.isUp(node)) {
        const index = cluster.stateOf(node).volatile.commitIndex;
        cluster.input(node, { type: "request", request: { type: "compact", index, chunks: ["one", `two ${index}`] } });
      }
      break;
    case "restart":
    case "kill":
      if (cluster.isUp(node)) await cluster.stop(node);
      if (type === "kill") tear(cluster.latestFile(node), count);
      await cluster.start(node);
      break;
  }
}

/** A run that fails is made smaller, which takes hundreds of runs. */
const SHRINKING_MS = 600_000;

test("are held to be what they are", { timeout: SHRINKING_MS }, async () => {
  let steps = 0;
  let torn = 0;
  const property = fc.asyncProperty(
    fc.array(action, { minLength: 100, maxLength: 400, size: "max" }),
    fc.boolean(),
    async (actions, rotates) => {
      const cluster = new TracedCluster(rotates ? { rotateAt: 4000 } : {});
      try {
        await cluster.startAll();
        cluster.elect(nodes[0]);
        for (const [n, of] of actions.entries()) await perform(cluster, of, n);
        await cluster.stopAll();
        const result = await checkTraces(
          nodeFiles(cluster.files),
          raftTrace,
          () => undefined,
          new AbortController().signal,
        );
        expect(result.deviation?.message ?? null).toBeNull();
        expect(result.verdict).toBe("holds");
        expect(cluster.errors).toEqual([]);
        for (const of of result.nodes) {
          steps += of.steps;
          torn += of.torn;
        }
      } finally {
        await cluster.stopAll();
        cluster.remove();
      }
    },
  );
  await fc.assert(property, { numRuns: 30 });
  expect(steps).toBeGreaterThan(3_000);
  expect(torn).toBeGreaterThan(5);
});
