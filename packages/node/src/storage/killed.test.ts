/** A process that is killed at any moment loses nothing that it was told is written, and leaves no lock behind. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFolder, open, randomFrom, seedOfRun } from "./harness.ts";
import { numberOf, stateOf } from "./killed.ts";

const ROUNDS = 6;
/** How the processes are timed is not replayed. */
const SEED = seedOfRun();

/** Runs the writer, kills it some microseconds after it has printed `writes` lines, and returns the last number printed. */
async function writeUntilKilled(directory: string, seed: number, writes: number, delayMs: number): Promise<number> {
  const program = join(import.meta.dirname, "killed.ts");
  const writer = spawn(process.execPath, ["--import", "tsx", program, directory, String(seed)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => writer.once("close", (_, signal) => resolve(signal)));
  let complaint = "";
  writer.stderr.on("data", (text: Buffer) => {
    complaint += text.toString();
  });
  let last = 0;
  let lines = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    lines++;
    if (lines === writes) setTimeout(() => writer.kill("SIGKILL"), delayMs);
  }
  expect([await ended, complaint]).toEqual(["SIGKILL", ""]);
  return last;
}

test(`kill -9 loses nothing that was written (QUORATE_SEED=${SEED})`, { timeout: 120_000 }, () =>
  inFolder(async (directory) => {
    const random = randomFrom(SEED);
    const seed = random(1000) + 1;
    let number = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const printed = await writeUntilKilled(directory, seed, random(160) + 1, random(12));
      expect(printed).toBeGreaterThan(number);
      const storage = await open(directory);
      const durable = storage.durable ?? expect.fail("the directory has a state");
      await storage.close();
      number = numberOf(durable);
      // The write that was under way may have got through, as a whole.
      expect([printed, printed + 1]).toContain(number);
      expect(durable).toStrictEqual(stateOf(seed, number));
    }
  }),
);
