/** A short run of the harness, and runs over members that have a bug: it has to find those. `npm run faults` runs for longer. */

import { expect, test } from "vitest";
import { MACHINE } from "./options.ts";
import { PLANTS, PLANT_NAMES } from "./plants.ts";
import type { Plant, PlantName } from "./plants.ts";
import { run } from "./run.ts";
import type { Report, RunOptions } from "./run.ts";
import { FAULT_NAMES } from "./schedule.ts";
import type { FaultName } from "./schedule.ts";

const LONG_MS = 600_000;

/** Printed if the test fails: `npm run faults -- --seed N` has the same schedule. */
const seed = Date.now() % 1_000_000;

async function runWith(change: Partial<RunOptions>): Promise<Report> {
  const notes: string[] = [`seed ${change.seed ?? seed}`];
  const options: RunOptions = {
    seed,
    size: 3,
    seconds: 8,
    clients: 6,
    keys: 4,
    faults: [],
    script: [],
    snapshotCount: 200,
    plants: [],
    note: (what) => notes.push(what),
    ...change,
  };
  try {
    return await run(options);
  } catch (error) {
    throw new Error(notes.join("\n"), { cause: error });
  }
}

function isPossible(name: FaultName): boolean {
  return (MACHINE[name]?.() ?? null) === null;
}

test(
  "members as they are lose nothing and read nothing stale, and a seed has one schedule",
  async () => {
    const faults: readonly FaultName[] = ["kill", "pause", "partition", "transfer", "churn"];
    const report = await runWith({ faults, seconds: 12 });
    expect(report.violations.map(({ of, text }) => `${of}: ${text}`).join("\n"), `seed ${report.seed}`).toBe("");
    // Without these it would have been easy.
    expect(report.faults.length).toBeGreaterThan(0);
    expect(report.operations).toBeGreaterThan(100);
    expect(report.watched).toBeGreaterThan(100);
    expect(report.renewals).toBeGreaterThan(0);

    const again = await runWith({ faults, seconds: 4 });
    const both = Math.min(report.faults.length, again.faults.length);
    expect(both).toBeGreaterThan(0);
    expect(again.faults.slice(0, both)).toEqual(report.faults.slice(0, both));
  },
  LONG_MS,
);

// Where it is not possible, `npm run faults -- --faults NAME` says what is missing.
test.skipIf(!isPossible("full"))(
  "a member whose disk has no room ends as it should, and comes back",
  async () => {
    const report = await runWith({ faults: ["full"], seconds: 1 });
    expect(report.faults.map(({ type }) => type)).toEqual(["full"]);
    expect(report.violations.map(({ of, text }) => `${of}: ${text}`).join("\n"), `seed ${report.seed}`).toBe("");
  },
  LONG_MS,
);

test.skipIf(!isPossible("clock"))(
  "nothing goes by the wall clock",
  async () => {
    const report = await runWith({ faults: ["clock"] });
    expect(report.faults.length).toBeGreaterThan(0);
    expect(report.violations.map(({ of, text }) => `${of}: ${text}`).join("\n"), `seed ${report.seed}`).toBe("");
  },
  LONG_MS,
);

/** What is done to the members is the same each time; what the load does in the meantime is not. */
const TRIES = 3;

const RUNS: readonly (readonly PlantName[])[] = [
  ["noSync", "lostEvents", "shortLeases", "hastySends"],
  ["staleReads", "unequalStores", "noDatabaseSync"],
  ["wallLeases"],
  ["wallTimers"],
  ["endlessLeases", "noReason"],
];

for (const names of RUNS) {
  const plants: readonly Plant[] = names.map((name) => PLANTS[name]);
  const script = plants.flatMap(({ faults }) => faults);
  const faults = FAULT_NAMES.filter((name) => script.some(({ type }) => type === name));
  test.skipIf(!faults.every(isPossible))(
    `members with bugs are found out: ${names.join(", ")}`,
    async () => {
      const missing = new Set(plants.map(({ judge }) => judge));
      for (let tries = 0; tries < TRIES && missing.size > 0; tries++) {
        const { violations } = await runWith({ seed: seed + tries, seconds: 10, faults, script, plants });
        for (const { of } of violations) missing.delete(of);
      }
      expect([...missing], `seed ${seed}`).toEqual([]);
    },
    LONG_MS,
  );
}

test("all bugs are planted in one of these runs", () => {
  const planted = RUNS.flat();
  expect(planted.toSorted()).toEqual(PLANT_NAMES.toSorted());
});
