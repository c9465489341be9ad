/** A short run of the harness, and runs over members that have a bug: it has to find those. `npm run faults` runs for longer. */

import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import type { Report, RunOptions } from "./run.ts";

const LONG_MS = 240_000;

/** Printed if the test fails: `npm run faults -- --seed N` has the same schedule. */
const seed = Date.now() % 1_000_000;

async function runWith(change: Partial<RunOptions>): Promise<Report> {
  const notes: string[] = [`seed ${change.seed ?? seed}`];
  const options: RunOptions = {
    seed,
    size: 3,
    seconds: 12,
    clients: 6,
    keys: 4,
    faults: ["kill", "pause", "partition", "transfer"],
    snapshotCount: 200,
    plant: null,
    sync: true,
    note: (what) => notes.push(what),
    ...change,
  };
  try {
    return await run(options);
  } catch (error) {
    throw new Error(notes.join("\n"), { cause: error });
  }
}

describe("members as they are", () => {
  test(
    "lose nothing and read nothing stale, whatever happens to them",
    async () => {
      const report = await runWith({});
      expect(report.violations, `seed ${report.seed}`).toEqual([]);
      // Without these it would have been easy.
      expect(report.faults.size).toBeGreaterThan(0);
      expect(report.operations).toBeGreaterThan(100);
      expect(report.watched).toBeGreaterThan(100);
    },
    LONG_MS,
  );
});

describe("members with a bug are found out", () => {
  test(
    "that do not wait for their disks",
    async () => {
      const report = await runWith({ seconds: 1, faults: [], sync: false });
      expect(report.violations.map(({ of }) => of)).toContain("durability");
    },
    LONG_MS,
  );

  test(
    "that answer reads from what they happen to know",
    async () => {
      const found: string[] = [];
      // Each partition leaves somebody behind who is asked all the same; a few of them are enough.
      for (let tries = 0; tries < 5 && found.length === 0; tries++) {
        const { violations } = await runWith({
          seed: seed + tries,
          seconds: 6,
          faults: ["partition"],
          plant: "staleReads",
        });
        found.push(...violations.map(({ of }) => of));
      }
      expect(found).toContain("linearizability");
    },
    LONG_MS,
  );
});
