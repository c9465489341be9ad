/** One run: a cluster, clients, watchers and a lease holder, faults one after the other, and then the questions. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdClient } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { checkTraces } from "./traces.ts";
import { unwrittenBytes } from "./durability.ts";
import { FAULTS } from "./faults.ts";
import type { FaultName } from "./faults.ts";
import { LeaseHolder } from "./leases.ts";
import { checkRegister } from "./linearizability.ts";
import type { Action, Operation } from "./linearizability.ts";
import type { Plant } from "./member.ts";
import { Random } from "./random.ts";
import { Watcher } from "./watcher.ts";
import type { Seen } from "./watcher.ts";
import { Workload } from "./workload.ts";

export type RunOptions = {
  readonly seed: number;
  readonly size: number;
  readonly seconds: number;
  readonly clients: number;
  readonly keys: number;
  readonly faults: readonly FaultName[];
  readonly snapshotCount: number;
  /** What is wrong with the members, where the harness is to show that it notices. */
  readonly plant: Plant;
  readonly sync: boolean;
  readonly note: (what: string) => void;
};

type Violation = {
  readonly of: "linearizability" | "watch" | "lease" | "durability" | "agreement" | "trace";
  readonly text: string;
};

export type Report = {
  readonly seed: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  readonly operations: number;
  readonly unanswered: number;
  readonly watched: number;
  readonly renewals: number;
  /** What `check trace` says of the members' traces. */
  readonly trace: string;
  /** Keys whose history was too hard to judge. */
  readonly unknown: readonly string[];
  readonly violations: readonly Violation[];
};

const STEPS_MAX = 2_000_000;
/** How long members have, at the end, to be in agreement with each other. */
const SETTLE_MS = 30_000;

export async function run(options: RunOptions): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), "quorate-faults-"));
  const { size, sync, plant, snapshotCount } = options;
  const cluster = await Cluster.start({ directory, size, sync, plant, snapshotCount });
  try {
    return await runOn(cluster, options);
  } finally {
    await cluster.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runOn(cluster: Cluster, options: RunOptions): Promise<Report> {
  const { seed, note } = options;
  const workload = new Workload(cluster, options.keys, new Random(seed));
  const leases = new LeaseHolder(cluster, new Random(seed + 1));
  const watchers = cluster.names.map((name) => new Watcher(name, cluster.endpoint(name)));
  const clients = Promise.all([workload.run(options.clients), leases.run()]);
  const faults = await inject(cluster, options);
  cluster.network.heal();
  workload.stop();
  leases.stop();
  await clients;
  note("faults are over; reading everything everywhere");
  await workload.readAll();
  await leases.checkEnded();
  const durability = await checkDurability(cluster);
  const last = await lastRevision(cluster);
  await settle(watchers, last);
  for (const watcher of watchers) watcher.close();
  await cluster.stop();
  note("members have stopped; holding their traces against core");
  const trace = await checkTraces(cluster.traceFiles);
  const { unknown, violations } = checkHistories(workload.history, watchers[0]?.seen ?? []);
  return {
    seed,
    faults,
    operations: workload.operations.length,
    unanswered: workload.operations.filter(({ end }) => end === Infinity).length,
    watched: watchers.reduce((sum, { seen }) => sum + seen.length, 0),
    renewals: leases.renewals,
    unknown,
    violations: [
      ...violations,
      ...checkWatchers(watchers, workload.operations, workload.history),
      ...leases.complaints.map((text): Violation => ({ of: "lease", text })),
      ...durability,
      ...(trace.complaint === null ? [] : [{ of: "trace" as const, text: trace.complaint }]),
    ],
    trace: trace.summary,
  };
}

/** Faults one after the other, in an order and for times that follow from the seed. */
async function inject(
  cluster: Cluster,
  { seed, seconds, faults, note }: RunOptions,
): Promise<ReadonlyMap<FaultName, number>> {
  const random = new Random(seed + 2);
  const counts = new Map<FaultName, number>();
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, random.integer(200, 1_000)));
    if (faults.length === 0) continue;
    const name = random.pick(faults);
    await FAULTS[name]({ cluster, random, note });
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Some writes, and then a moment of quiet: all that was acknowledged is on the disks of a quorum. */
async function checkDurability(cluster: Cluster): Promise<readonly Violation[]> {
  const [first] = cluster.running;
  if (first === undefined) return [];
  const client = new EtcdClient(cluster.endpoint(first), 10_000);
  for (let at = 0; at < 20; at++) await client.put("durable", `${at}`);
  client.close();
  // The members that were not needed for the quorum may still be writing what is on the way to them.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const dirty = cluster.running.flatMap((name) => {
    const pid = cluster.pid(name);
    const bytes = pid === null ? null : unwrittenBytes(pid, cluster.dataFile(name));
    return bytes !== null && bytes > 0 ? [{ name, bytes }] : [];
  });
  return dirty.map(({ name, bytes }) => ({
    of: "durability",
    text: `${name} has acknowledged writes of which ${bytes} bytes have not reached the disk: a loss of power would lose them`,
  }));
}

async function lastRevision(cluster: Cluster): Promise<number> {
  const [name] = cluster.running;
  if (name === undefined) return 0;
  const client = new EtcdClient(cluster.endpoint(name), 10_000);
  const revision = await client.put("register/end", "end");
  client.close();
  return revision;
}

async function settle(watchers: readonly Watcher[], revision: number): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  while (watchers.some((watcher) => watcher.revision < revision) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function checkHistories(
  history: ReadonlyMap<string, readonly Operation[]>,
  seen: readonly Seen[],
): {
  readonly unknown: readonly string[];
  readonly violations: readonly Violation[];
} {
  const unknown: string[] = [];
  const violations: Violation[] = [];
  for (const [key, operations] of history) {
    // An order of some of the unanswered operations is an order, since those left out may never have taken place. So the
    // search begins with those that the watch has told of; only if that finds none does it look at all there may be.
    const told = checkRegister(withWhatWasTold(operations, seen), STEPS_MAX);
    const verdict = told.type === "ok" ? told : checkRegister(operations, STEPS_MAX);
    if (verdict.type === "unknown") unknown.push(key);
    if (verdict.type !== "violated") continue;
    const lines = [...verdict.longest.slice(-5), ...verdict.stuckAt].map((operation) => `    ${textOf(operation)}`);
    violations.push({
      of: "linearizability",
      text: `${key}: no order explains what its clients saw. The end of the longest, and what does not fit:\n${lines.join("\n")}`,
    });
  }
  return { unknown, violations };
}

/** The operations, those without an answer only where a watch has told that they took place, with their revisions. */
function withWhatWasTold(operations: readonly Operation[], seen: readonly Seen[]): readonly Operation[] {
  const revisions = new Map(seen.map(({ value, revision }) => [value, revision]));
  return operations.flatMap((operation): readonly Operation[] => {
    const { action, end } = operation;
    if (end !== Infinity || action.type === "get" || action.type === "delete") return [operation];
    const revision = revisions.get(action.value);
    if (revision === undefined) return [];
    if (action.type === "put") return [{ ...operation, action: { ...action, revision } }];
    return [{ ...operation, action: { ...action, succeeded: true, revision } }];
  });
}

function textOf({ client, call, end, action }: Operation): string {
  const times = `${call.toFixed(1)} to ${end === Infinity ? "no answer" : end.toFixed(1)}`;
  return `client ${client}, ${times}: ${JSON.stringify(action)}`;
}

/** All watchers see the same, nothing is missing of what was acknowledged, and nothing is there that nobody wrote. */
function checkWatchers(
  watchers: readonly Watcher[],
  operations: readonly Operation[],
  history: ReadonlyMap<string, readonly Operation[]>,
): readonly Violation[] {
  const violations: Violation[] = watchers.flatMap(({ name, complaints }) =>
    complaints.map((text) => ({ of: "watch" as const, text: `the watcher of ${name}: ${text}` })),
  );
  const [first, ...others] = watchers;
  if (first === undefined) return violations;
  for (const other of others) {
    const difference = firstDifference(first.seen, other.seen);
    if (difference !== null) {
      violations.push({
        of: "agreement",
        text: `the watchers of ${first.name} and ${other.name} differ: ${difference}`,
      });
    }
  }
  const told = new Map(first.seen.map((seen) => [`${seen.revision} ${seen.key}`, seen]));
  for (const [key, of] of history) {
    for (const { action } of of) {
      const change = changeOf(action);
      if (change === null) continue;
      const seen = told.get(`${change.revision} ${key}`);
      if (seen !== undefined && seen.value === change.value) continue;
      const was = seen === undefined ? "nothing" : (seen.value ?? "that it was deleted");
      const text = `${key} became ${change.value ?? "deleted"} by revision ${change.revision}, and the watcher of ${first.name} was told ${was}`;
      violations.push({ of: "watch", text });
    }
  }
  const written = new Set(operations.map(({ action }) => ("value" in action ? action.value : null)));
  for (const { value, key, revision } of first.seen) {
    if (value === null || value === "end" || written.has(value)) continue;
    violations.push({ of: "watch", text: `nobody wrote ${value}, which ${key} has at revision ${revision}` });
  }
  return violations;
}

/** What an acknowledged operation changed, null if it changed nothing or nobody knows. */
function changeOf(action: Action): { readonly value: string | null; readonly revision: number } | null {
  if (action.type === "get" || action.revision === null) return null;
  const { revision } = action;
  if (action.type === "delete") return action.existed === true ? { value: null, revision } : null;
  if (action.type === "cas" && action.succeeded !== true) return null;
  return { value: action.value, revision };
}

function firstDifference(a: readonly Seen[], b: readonly Seen[]): string | null {
  const at = a.findIndex((seen, index) => JSON.stringify(seen) !== JSON.stringify(b[index]));
  if (at === -1 && a.length === b.length) return null;
  const place = at === -1 ? a.length : at;
  return `event ${place} is ${JSON.stringify(a[place] ?? "missing")} here, and ${JSON.stringify(b[place] ?? "missing")} there`;
}
