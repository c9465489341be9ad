/** Where there is no more room, the write fails, and what was acknowledged is there at the next start. */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Outcome } from "./full.ts";
import { stateAfter } from "./full.ts";
import { inFolder, open } from "./harness.ts";

// A limit on the size of files stands in for a small disk: LMDB gets the error from the same call.
test.skipIf(process.platform === "win32")("a disk without room stops the writing, and loses nothing", () =>
  inFolder(async (directory) => {
    const program = join(import.meta.dirname, "full.ts");
    const command = `trap "" XFSZ; ulimit -f 8000; exec "$0" --import tsx "$1" "$2"`;
    const child = spawn("sh", ["-c", command, process.execPath, program, directory], {
      // LMDB says on standard error what it could not write.
      stdio: ["ignore", "pipe", "ignore"],
    });
    const outcome = JSON.parse(await text(child.stdout)) as Outcome;
    expect(outcome).toMatchObject({ fault: "full", next: "full" });
    expect(outcome.acknowledged).toBeGreaterThan(10);
    const storage = await open(directory);
    expect(storage.durable).toStrictEqual(stateAfter(outcome.acknowledged));
    await storage.write(stateAfter(outcome.acknowledged + 1));
    await storage.close();
  }),
);

/** A mount that nobody else sees: as root for the asking, else in a namespace of users in which this one is root. */
const PRIVATE_MOUNTS = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
const canMount = spawnSync("unshare", [...PRIVATE_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

// Where a page of several still fits, the system writes that and gives no error: LMDB then speaks of an input/output error.
test.skipIf(!canMount)("a disk is full also where the last write was cut short", () =>
  inFolder(async (directory) => {
    const program = join(import.meta.dirname, "full.ts");
    mkdirSync(directory, { recursive: true });
    const sizes = [4501, 4505, 4509].map((kibibytes) => `${kibibytes}k`);
    const command = `
      program=$1; directory=$2; shift 2
      for size in "$@"; do
        mount -t tmpfs -o "size=$size" tmpfs "$directory" && "$0" --import tsx "$program" "$directory" && echo
      done`;
    const words = [...PRIVATE_MOUNTS, "sh", "-c", command, process.execPath, program, directory, ...sizes];
    const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "ignore"] });
    const lines = (await text(child.stdout)).trim().split("\n");
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    expect(outcomes.map(({ fault, next }) => [fault, next])).toEqual(sizes.map(() => ["full", "full"]));
  }),
);
