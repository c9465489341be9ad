/**
 * The process of `damaged.test.ts`: damages copies of a directory one after the other and opens them. It is a process of its
 * own because what it looks for would end it by a signal.
 *
 * Arguments: a folder to work in, a seed, how many damages. It prints a line of JSON for each before it opens, and after.
 */

import { closeSync, cpSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { log } from "@quorate/core";
import { dataFile } from "./database.ts";
import { StorageError } from "./error.ts";
import { crashed, open, randomFrom } from "./harness.ts";
import type { Durable } from "./harness.ts";
import { journalFile } from "./journal/files.ts";

const PAGE = 4096;

/** Which of a directory's files: LMDB's, or the journal's with an even or an odd number. */
type Target = "database" | 0 | 1;
type Damage =
  | { readonly type: "cut"; readonly size: number }
  | { readonly type: "flip"; readonly at: number; readonly bit: number }
  | { readonly type: "zeros" | "stale"; readonly page: number };
/** `same` is a damage that touched nothing that counts. */
type Verdict = "same" | "corrupt" | `not noticed: ${string}`;
export type Line = { readonly target: Target; readonly damage: Damage; readonly verdict: Verdict | null };

function fileOf(directory: string, target: Target): string {
  return target === "database" ? dataFile(directory) : journalFile(directory, target);
}

/**
 * A state with a history, so that the file has trees of some depth, values with pages of their own, and free pages. The
 * directory is what a crash leaves of it, with journals that matter.
 */
async function write(directory: string): Promise<{ readonly directory: string; readonly state: Durable }> {
  const storage = await open(directory, { sync: false });
  let entries: Durable["entries"] = log.emptyLog();
  let state: Durable = { head: 0, entries, snapshot: null };
  for (let number = 1; number <= 400; number++) {
    entries = log.append(
      entries,
      Array.from({ length: 12 }, (_, at) => "e".repeat((number * 37 + at * 501) % 900)),
    );
    if (number % 9 === 0) entries = log.truncateAfter(entries, log.lastIndex(entries) - 7);
    if (number % 60 === 0) entries = log.dropThrough(entries, log.lastIndex(entries) - 500);
    const chunks = Array.from({ length: 6 }, (_, at) => [at + (number >> 3), "c".repeat(3000 * at)]);
    const snapshot = number % 20 === 0 ? { head: number, chunks } : state.snapshot;
    state = { head: { number }, entries, snapshot };
    await storage.write(state);
  }
  // The journal has something in more than one page, and the other one what came before that.
  for (let number = 0; number < 30; number++) {
    state = { ...state, head: { number, text: "h".repeat(1000 * number) } };
    await storage.write(state);
  }
  const left = crashed(directory, "left");
  await storage.close();
  return { directory: left, state };
}

function damageOf(random: (below: number) => number, size: number): Damage {
  const page = random(size / PAGE);
  switch (random(8)) {
    case 0:
      return { type: "cut", size: random(2) === 0 ? page * PAGE : random(size) };
    case 1:
      return { type: "zeros", page };
    case 2:
      return { type: "stale", page };
    case 3:
      // A meta page; every other time its transaction's number.
      return { type: "flip", at: random(2) * PAGE + (random(2) === 0 ? 152 : random(180)), bit: random(8) };
    case 4:
    case 5:
      return { type: "flip", at: page * PAGE + random(80), bit: random(8) };
    default:
      return { type: "flip", at: random(size), bit: random(8) };
  }
}

function inflict(path: string, damage: Damage): void {
  switch (damage.type) {
    case "cut":
      truncateSync(path, damage.size);
      return;
    case "zeros":
      overwrite(path, damage.page * PAGE, Buffer.alloc(PAGE));
      return;
    case "stale": {
      // What a disk leaves that wrote a page to the wrong place: another page, whole.
      const bytes = readFileSync(path);
      const other = (damage.page * 7 + 3) % (bytes.length / PAGE);
      overwrite(path, damage.page * PAGE, bytes.subarray(other * PAGE, (other + 1) * PAGE));
      return;
    }
    case "flip": {
      const byte = readFileSync(path).readUInt8(damage.at);
      overwrite(path, damage.at, Buffer.from([byte ^ (1 << damage.bit)]));
    }
  }
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

/** Opens, and where that is granted writes on and opens again. */
async function judge(directory: string, written: Durable): Promise<Verdict> {
  try {
    let state = written;
    for (let round = 0; round < 3; round++) {
      const storage = await open(directory, { sync: false });
      const found = storage.durable;
      const isSame = isDeepStrictEqual(found, state);
      if (isSame) {
        const entries = log.append(state.entries, ["z".repeat(5000), round]);
        const chunks = [["new", round], ...(state.snapshot?.chunks ?? []).slice(1)];
        state = {
          head: { round },
          entries: log.dropThrough(entries, entries.before + 100),
          snapshot: { head: 1, chunks },
        };
        await storage.write(state);
      }
      await storage.close();
      if (!isSame) return found === null ? "not noticed: nothing is there" : "not noticed: another state";
    }
    return "same";
  } catch (error) {
    if (error instanceof StorageError && error.fault === "corrupt") return "corrupt";
    return `not noticed: ${String(error)}`;
  }
}

async function main(folder: string, seed: number, count: number): Promise<void> {
  const { directory: original, state } = await write(join(folder, "original"));
  const random = randomFrom(seed);
  const targets = ["database", "database", "database", 0, 1] as const;
  for (let number = 0; number < count; number++) {
    const target = targets[random(targets.length)] ?? "database";
    const damage = damageOf(random, statSync(fileOf(original, target)).size);
    const directory = join(folder, `damaged-${number}`);
    cpSync(original, directory, { recursive: true });
    inflict(fileOf(directory, target), damage);
    print({ target, damage, verdict: null });
    print({ target, damage, verdict: await judge(directory, state) });
    rmSync(directory, { recursive: true });
  }
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const [folder, seed, count] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && folder !== undefined) await main(folder, Number(seed), Number(count));
