/**
 * The process that takes the right to write to a member's database, and keeps it: whatever the member writes waits, as it
 * would for a disk that does not answer. It prints `held` and goes on until it is killed. Its argument is the directory.
 */

import { writeSync } from "node:fs";
import { open } from "lmdb";

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("Name the directory.");
const database = open({ path: directory, noSubdir: false, maxDbs: 1 });
database.transactionSync(() => {
  writeSync(1, "held\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
