/** Where there is no more room, the write fails, and what was acknowledged is there at the next start. */

import { spawn } from "node:child_process";
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
    const command = `trap "" XFSZ; ulimit -f 800; exec "$0" --import tsx "$1" "$2"`;
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
