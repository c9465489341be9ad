/** The command `check trace`: what it prints, and what it exits with. */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodes, TracedCluster } from "./cluster.ts";
import { edit, editStep } from "./edit.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const [n1, n2] = nodes;

type Ended = { readonly stdout: string; readonly stderr: string; readonly code: number | null };

async function checkTrace(...words: readonly string[]): Promise<Ended> {
  const command = [join(ROOT, "packages/checker/bin/check.mjs"), "trace", ...words];
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  return { stdout, stderr, code: exit };
}

const clusters: TracedCluster[] = [];
beforeAll(async () => {
  for (let made = 0; made < 3; made++) {
    const cluster = new TracedCluster();
    clusters.push(cluster);
    await cluster.startAll();
    cluster.elect(n1);
    cluster.broadcast(n1, "a");
    cluster.settle();
    await cluster.stopAll();
  }
});
afterAll(() => {
  for (const cluster of clusters) cluster.remove();
});

function made(at: number): TracedCluster {
  const cluster = clusters[at];
  if (cluster === undefined) throw new Error(`There is no cluster ${at}.`);
  return cluster;
}

test("0 where all is as it should be, in words and as JSON", async () => {
  const [words, json] = await Promise.all([checkTrace(...made(0).files), checkTrace("--json", ...made(0).files)]);
  expect(words).toMatchObject({ code: 0, stderr: "" });
  expect(words.stdout).toMatch(
    /^raft: 3 nodes, 3 lives, \d+ steps, \d+ messages, [\d,]+ steps\/s\n {2}held: termMonotonic, /,
  );
  expect(words.stdout).toMatch(/Every step is core's, every message was sent, and every property holds\.\n$/);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ protocol: "raft", verdict: "holds", deviation: null });
  expect(json.stdout.trim().split("\n").length).toBe(1);
});

test("10 where a node did what core does not, 12 where it did what the contract does not allow", async () => {
  const digest = editStep(made(1).file(n2), (step) => (step.n === 2 ? { ...step, digest: "0".repeat(16) } : null));
  edit(made(2).file(n1), (record) => (record.type === "flushed" ? { ...record, n: 99 } : null));
  const [code, shell] = await Promise.all([checkTrace(...made(1).files), checkTrace("--json", ...made(2).files)]);
  expect(code.code).toBe(10);
  expect(code.stdout).toContain(`state: node n2, ${made(1).file(n2)} line ${digest}, step 2: the digest of the state`);
  expect(shell.code).toBe(12);
  expect(JSON.parse(shell.stdout)).toMatchObject({
    verdict: "violated",
    deviation: { kind: "shell", rule: "flushedUnknown", node: "n1", life: 1 },
  });
});

test("2 where the traces of a node are missing, 64 and 150 where there is nothing to check", async () => {
  const cluster = made(0);
  const diary = join(cluster.folder, "diary");
  writeFileSync(diary, "dear diary\n");
  const [some, none, missing, wrong, nobody] = await Promise.all([
    checkTrace(cluster.file(n1)),
    checkTrace(),
    checkTrace("nowhere.ndjson"),
    checkTrace(diary),
    checkTrace(...cluster.files, "--specs", join(ROOT, "specs/paxos")),
  ]);
  expect(some.code).toBe(2);
  expect(some.stdout).toMatch(/messages from nodes whose logs are not here: \d+\n/);
  expect(none.code).toBe(64);
  expect(missing).toMatchObject({ code: 150, stderr: "check: There is no file nowhere.ndjson.\n" });
  expect(wrong.code).toBe(150);
  expect(wrong.stderr).toMatch(/diary line 1 is no record of a trace/);
  expect(nobody.stderr).toMatch(/No trace\.ts below .* is for the protocol raft; there is none\./);
  expect(nobody.code).toBe(150);
});
