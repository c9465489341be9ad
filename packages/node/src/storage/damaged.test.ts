/** A file that is damaged anywhere is refused, or the damage is where nothing is; the process lives, and no data change. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import type { Line } from "./damaged.ts";
import { inFolder, seedOfRun } from "./harness.ts";

const COUNT = Number(process.env["QUORATE_DAMAGES"] ?? 120);
const SEED = seedOfRun();

test(
  `damaged files are refused (QUORATE_SEED=${SEED} QUORATE_DAMAGES=${COUNT})`,
  { timeout: 120_000 + COUNT * 1000 },
  () =>
    inFolder(async (folder) => {
      const program = join(import.meta.dirname, "damaged.ts");
      const child = spawn(process.execPath, ["--import", "tsx", program, folder, String(SEED), String(COUNT)], {
        // LMDB says on standard error what it finds damaged by itself.
        stdio: ["ignore", "pipe", "ignore"],
      });
      const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
      const lines: Line[] = [];
      for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line) as Line);
      expect({ ended: await ended, last: lines.at(-1)?.damage }).toEqual({ ended: 0, last: lines.at(-1)?.damage });
      const verdicts = lines.filter(({ verdict }) => verdict !== null);
      expect(verdicts).toHaveLength(COUNT);
      expect(verdicts.filter(({ verdict }) => verdict !== "same" && verdict !== "corrupt")).toEqual([]);
      // Most of the database is in use, so that most damages matter; free pages and padding do not. Of a journal all does.
      const ofDatabase = verdicts.filter(({ target }) => target === "database");
      const refused = ofDatabase.filter(({ verdict }) => verdict === "corrupt").length;
      expect(refused).toBeGreaterThan(ofDatabase.length / 4);
      expect(refused).toBeLessThan(ofDatabase.length);
      expect(verdicts.length).toBeGreaterThan(ofDatabase.length);
    }),
);
