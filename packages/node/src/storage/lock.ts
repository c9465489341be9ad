/**
 * One process a data directory. The file `lock` names the process that has it; one whose process is gone counts for nothing,
 * so that a member that was killed can start again.
 */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "./error.ts";

/** Takes the lock, and returns how to give it back. */
export function takeLock(directory: string): () => void {
  const path = join(directory, "lock");
  const own = JSON.stringify(holderOf(process.pid));
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, own);
  try {
    while (!tryLink(mine, path)) {
      const held = readText(path);
      if (held === null) continue;
      const pid = livingHolder(held);
      if (pid !== null) throw lockedBy(directory, pid);
      retire(path, held, directory);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (readText(path) === own) rmSync(path, { force: true });
  };
}

/** Creates the lock whole or not at all: false if there is one. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Puts the lock of a dead process away. Should another process have done so and locked meanwhile, it gets its own back. */
function retire(path: string, stale: string, directory: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  const taken = readText(aside);
  if (taken !== null && taken !== stale) {
    tryLink(aside, path);
    rmSync(aside);
    throw lockedBy(directory, livingHolder(taken));
  }
  rmSync(aside, { force: true });
}

function lockedBy(directory: string, pid: number | null): StorageError {
  const who = pid === null ? "another process" : `process ${pid}`;
  return new StorageError(
    "locked",
    `${directory} is in use by ${who}. Stop that, or give this member a data directory of its own.`,
  );
}

/** A process, told apart from others that had its number before or will have it. */
type Holder = { readonly pid: number; readonly started: string };

function holderOf(pid: number): Holder {
  return { pid, started: startOf(pid) };
}

/** When a process was started, in ticks since the boot, with the boot's name. Empty where the system does not tell. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  const boot = readText("/proc/sys/kernel/random/boot_id");
  if (stat === null || boot === null) return "";
  // The name of the program, in parentheses, may have spaces in it; the start is the 20th field after it.
  return `${boot.trim()} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
}

function livingHolder(held: string): number | null {
  let holder: unknown;
  try {
    holder = JSON.parse(held);
  } catch {
    // A lock is made whole: what can't be read was made by nobody who still runs.
    return null;
  }
  if (holder === null || typeof holder !== "object" || !("pid" in holder) || !("started" in holder)) return null;
  const { pid, started } = holder;
  if (typeof pid !== "number" || typeof started !== "string" || !isRunning(pid)) return null;
  return startOf(pid) === started ? pid : null;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone meanwhile, or never there: there is nothing to read, which is an answer.
    return null;
  }
}
