/** Traces of a node that was killed before it had written how a life of its began. */

import { readdirSync, readFileSync } from "node:fs";
import { checkTraces, nodeFiles } from "@quorate/checker/trace";
import raftTrace from "@quorate/specs/raft/trace.ts";
import { expect, test } from "vitest";
import { nodes, TracedCluster } from "./cluster.ts";
import { tear } from "./edit.ts";

const [n1, n2] = nodes;

test.each([
  ["nothing", 0],
  ["no more than the header", 1],
])("a life of which %s was written excuses what came of it", async (_, lines) => {
  const cluster = new TracedCluster();
  try {
    await cluster.startAll();
    cluster.elect(n1);
    cluster.broadcast(n1, "before");
    cluster.settle();
    await cluster.stop(n2);
    await cluster.start(n2);
    cluster.elect(n2);
    cluster.broadcast(n2, "unwritten");
    cluster.settle();
    await cluster.stop(n2);
    const file = cluster.latestFile(n2);
    tear(file, readFileSync(file, "utf8").trimEnd().split("\n").length - 1 - lines);
    await cluster.start(n2);
    cluster.settle();
    await cluster.stopAll();

    const files = readdirSync(cluster.folder).map((name) => `${cluster.folder}/${name}`);
    const result = await checkTraces(nodeFiles(files), raftTrace, () => undefined, new AbortController().signal);

    expect(result.deviation?.message ?? null).toBeNull();
    expect(result.nodes[1]).toMatchObject({ lives: 2, begunAfterTear: 1 });
    expect(result.notes.sentAfterTear).toBeGreaterThan(0);
    expect(result.skipped).toEqual(["validity", "integrity", "committedIsDurable"]);
  } finally {
    await cluster.stopAll();
    cluster.remove();
  }
});
