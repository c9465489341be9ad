/**
 * A run: a cluster, clients, watchers and a lease holder, faults one after the other, and then the questions. It goes in
 * rounds, each with keys of its own: what was seen in a round is judged at its end, and only what is left to say is kept.
 */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clocks, findLibfaketime } from "./clocks.ts";
import { Cluster } from "./cluster.ts";
import { checkDurability } from "./durability.ts";
import { inflict } from "./faults.ts";
import { checkHistories, checkWatchers, residueOf } from "./judges.ts";
import type { History, Violation } from "./judges.ts";
import { LeaseHolder } from "./leases.ts";
import type { Operation } from "./linearizability.ts";
import { plantedProgram } from "./plants.ts";
import type { Plant } from "./plants.ts";
import { Random } from "./random.ts";
import { repeat, schedule } from "./schedule.ts";
import type { Fault, FaultName, Planned } from "./schedule.ts";
import { eventually, wait } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { checkTraces } from "./traces.ts";
import { PREFIX, Watcher } from "./watcher.ts";
import { Workload } from "./workload.ts";

export type RunOptions = {
  readonly seed: number;
  readonly size: number;
  readonly seconds: number;
  readonly clients: number;
  readonly keys: number;
  /** Which may come, as the seed has it. */
  readonly faults: readonly FaultName[];
  /** Where it is not empty, these come instead, over and over again. */
  readonly script: readonly Fault[];
  readonly snapshotCount: number;
  /** What is wrong with the members, where the harness is to show that it notices. */
  readonly plants: readonly Plant[];
  readonly note: (what: string) => void;
};

export type Report = {
  readonly seed: number;
  /** The faults that came, in their order. */
  readonly faults: readonly Fault[];
  readonly rounds: number;
  readonly operations: number;
  readonly unanswered: number;
  readonly watched: number;
  readonly leases: number;
  readonly renewals: number;
  /** What `check trace` says of the members' traces. */
  readonly trace: string;
  /** How many histories were judged, each of one key in one round, and those that were too hard. */
  readonly judged: number;
  readonly unknown: readonly string[];
  readonly violations: readonly Violation[];
};

const ROUND_MS = 30_000;
/** How long members have, at the end of a round, to be in agreement with each other. */
const SETTLE_MS = 60_000;
/** What the harness writes at the end of each round. */
const MARK = "end";
/** Where a run ends early, more of the same would only hide what came first. */
const VIOLATIONS_MAX = 20;

export async function run(options: RunOptions): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), "quorate-faults-"));
  try {
    return await runIn(directory, options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runIn(directory: string, options: RunOptions): Promise<Report> {
  const { size, plants, snapshotCount } = options;
  const violations: Violation[] = [];
  const complain = (text: string): void => void violations.push({ of: "ending", text });
  const clocks = options.faults.includes("clock") ? clocksIn(directory) : null;
  const planted = join(directory, "planted");
  if (plants.length > 0) mkdirSync(planted);
  const cluster = await Cluster.start({
    directory,
    size,
    snapshotCount,
    program: plants.length === 0 ? null : plantedProgram(planted, plants),
    environmentOf: (name) => clocks?.environmentOf(name) ?? {},
    onComplaint: complain,
  });
  try {
    return await new Run({ cluster, clocks, note: options.note, complain }, options, violations).all();
  } finally {
    await cluster.close();
  }
}

function clocksIn(directory: string): Clocks {
  const library = findLibfaketime();
  if (library === null) throw new Error("The fault clock needs libfaketime.");
  return new Clocks(directory, library);
}

class Run {
  readonly #stage: Stage;
  readonly #options: RunOptions;
  readonly #violations: Violation[];
  readonly #schedule: Generator<Planned, void>;
  readonly #random: Random;
  readonly #watchers: readonly Watcher[];
  readonly #leases: LeaseHolder;
  readonly #faults: Fault[] = [];
  readonly #residues = new Map<string, readonly Operation[]>();
  readonly #unknown: string[] = [];
  #rounds = 0;
  #operations = 0;
  #unanswered = 0;
  #watched = 0;
  #judged = 0;

  constructor(stage: Stage, options: RunOptions, violations: Violation[]) {
    const { seed, size, faults, script } = options;
    const { cluster } = stage;
    this.#stage = stage;
    this.#options = options;
    this.#violations = violations;
    this.#random = new Random(seed);
    this.#schedule = script.length > 0 ? repeat(script) : schedule({ random: new Random(seed + 2), size, faults });
    this.#leases = new LeaseHolder(cluster, new Random(seed + 1));
    this.#watchers = cluster.names.map((name, place) => new Watcher(name, () => cluster.endpoint(cluster.at(place))));
  }

  async all(): Promise<Report> {
    const { cluster, note } = this.#stage;
    const holding = this.#leases.run();
    const end = performance.now() + this.#options.seconds * 1_000;
    try {
      while (performance.now() < end && this.#violations.length < VIOLATIONS_MAX) await this.#round(end);
      note("faults are over");
      this.#leases.stop();
      await holding;
      await this.#last();
    } catch (error) {
      // Nothing is in the way of the members any more, or of what was asked of them for a minute.
      this.#violations.push({ of: "progress", text: error instanceof Error ? error.message : String(error) });
      // They would not hear that they are to stop, either.
      await Promise.all(cluster.running.map((name) => cluster.kill(name)));
    }
    this.#leases.stop();
    await holding;
    this.#violations.push(...this.#leases.complaints.map((text) => ({ of: "lease" as const, text })));
    for (const watcher of this.#watchers) watcher.close();
    cluster.network.heal();
    await cluster.stop();
    note("members have stopped; holding their traces against core");
    return this.#report(await checkTraces(cluster.traceFiles));
  }

  /** Some time of faults and load, and a look at what it has come to. */
  async #round(end: number): Promise<void> {
    const { cluster, note } = this.#stage;
    this.#rounds += 1;
    const prefix = `${PREFIX}${this.#rounds}/`;
    const keys = Array.from({ length: this.#options.keys }, (_, at) => `${prefix}${at}`);
    const workload = new Workload(cluster, new Map(keys.map((key) => [key, []])), this.#random);
    const working = workload.run(this.#options.clients);
    try {
      await this.#inflictUntil(Math.min(end, performance.now() + ROUND_MS));
    } finally {
      workload.stop();
      await working;
    }
    await workload.readAll();
    const revision = await this.#mark(`${prefix}${MARK}`);
    await this.#settle(revision);
    await this.#compareStores(revision);
    this.#judge(workload.history);
    for (const [key, operations] of workload.history) this.#residues.set(key, residueOf(operations));
    await this.#compact(revision);
    const mebibytes = Math.round(process.memoryUsage().rss / 1024 ** 2);
    note(`round ${this.#rounds} is over: ${this.#operations} operations so far, ${mebibytes} MiB of memory`);
  }

  async #inflictUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      const next = this.#schedule.next();
      if (next.done === true) return await wait(end - performance.now());
      const { restMs, fault } = next.value;
      await wait(restMs);
      this.#faults.push(fault);
      await inflict(this.#stage, fault);
    }
  }

  /** What was written in all rounds is there, what hung on leases is gone, and the disks hold what they should. */
  async #last(): Promise<void> {
    const { cluster } = this.#stage;
    const workload = new Workload(cluster, this.#residues, this.#random);
    await workload.readAll();
    const { unknown, violations } = checkHistories(workload.history, []);
    this.#unknown.push(...unknown);
    this.#violations.push(...violations);
    await this.#leases.checkEnded();
    this.#violations.push(...(await checkDurability(cluster)));
  }

  /** The revision of a write that comes after all the others. */
  async #mark(key: string): Promise<number> {
    const { cluster } = this.#stage;
    return await eventually(() => cluster.ask(cluster.at(0), (client) => client.put(key, MARK)));
  }

  async #settle(revision: number): Promise<void> {
    const end = performance.now() + SETTLE_MS;
    while (this.#watchers.some((watcher) => watcher.revision < revision)) {
      // What a watcher lacks then shows when it is compared with the others.
      if (performance.now() > end) return;
      await wait(50);
    }
  }

  async #compareStores(revision: number): Promise<void> {
    const { cluster } = this.#stage;
    const hashes = new Map<string, string>();
    for (const name of cluster.names) {
      hashes.set(name, await eventually(() => cluster.ask(name, (client) => client.hash(revision))));
    }
    if (new Set(hashes.values()).size === 1) return;
    const text = [...hashes].map(([name, hash]) => `${name} has ${hash}`).join("; ");
    this.#violations.push({ of: "agreement", text: `at revision ${revision} the stores differ: ${text}` });
  }

  async #compact(revision: number): Promise<void> {
    const { cluster } = this.#stage;
    await eventually(async () => {
      try {
        await cluster.ask(cluster.at(0), (client) => client.compact(revision));
      } catch (error) {
        // An attempt whose answer was lost has done it.
        if (!String(error).includes("has been compacted")) throw error;
      }
    });
  }

  #judge(history: History): void {
    const told = this.#watchers.map((watcher) => watcher.take());
    const { unknown, violations } = checkHistories(history, told[0]?.seen ?? []);
    this.#violations.push(...violations, ...checkWatchers(told, history, [MARK]));
    this.#unknown.push(...unknown);
    const operations = [...history.values()].flat();
    this.#judged += history.size;
    this.#operations += operations.length;
    this.#unanswered += operations.filter(({ end }) => end === Infinity).length;
    this.#watched += told.reduce((sum, { seen }) => sum + seen.length, 0);
  }

  #report(trace: Awaited<ReturnType<typeof checkTraces>>): Report {
    const broken: readonly Violation[] = trace.complaint === null ? [] : [{ of: "trace", text: trace.complaint }];
    return {
      seed: this.#options.seed,
      faults: this.#faults,
      rounds: this.#rounds,
      operations: this.#operations,
      unanswered: this.#unanswered,
      watched: this.#watched,
      leases: this.#leases.grants,
      renewals: this.#leases.renewals,
      trace: trace.summary,
      judged: this.#judged,
      unknown: this.#unknown,
      violations: [...this.#violations, ...broken],
    };
  }
}
