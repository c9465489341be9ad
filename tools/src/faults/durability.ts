/** Whether what a member has acknowledged lies on the disk, and not only in the memory of the operating system. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Cluster } from "./cluster.ts";
import type { Violation } from "./judges.ts";
import { eventually, wait } from "./stage.ts";

/**
 * How many bytes of `file`, which the process has mapped, the operating system has not written out: 0 once everything is on
 * the disk. Null where the system does not tell. From `/proc/<pid>/smaps`, see proc(5): pages are dirty there until they are
 * written, whoever has changed them.
 */
function unwrittenBytes(pid: number, file: string): number | null {
  let lines: readonly string[];
  try {
    lines = readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n");
  } catch {
    // No such file system, or no such process: nothing can be said.
    return null;
  }
  const start = lines.findIndex((line) => line.endsWith(` ${file}`));
  if (start === -1) return null;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^[0-9a-f]+-[0-9a-f]+ /.test(line));
  const fields = end === -1 ? rest : rest.slice(0, end);
  const dirty = fields.filter((line) => /^(Shared|Private)_Dirty:/.test(line));
  return dirty.reduce((sum, line) => sum + Number(/(\d+) kB/.exec(line)?.[1] ?? 0) * 1024, 0);
}

/** O_DSYNC on Linux: a write returns when it is on the disk. */
const RETURNS_FROM_DISK = 0o10000;

/**
 * Whether each write of the process to its journals returns from the disk: null where the system does not tell. From the flags in
 * `/proc/<pid>/fdinfo`, see proc(5): they are the kernel's own, whatever the process believes.
 */
function waitsForJournals(pid: number): boolean | null {
  let numbers: readonly string[];
  try {
    numbers = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // No such file system, or no such process: nothing can be said.
    return null;
  }
  const flags = numbers.flatMap((number) => flagsOf(pid, number));
  return flags.length === 2 && flags.every((of) => (of & RETURNS_FROM_DISK) !== 0);
}

/** The flags of a descriptor, if it is a journal's. */
function flagsOf(pid: number, number: string): readonly number[] {
  try {
    if (!/\/journal-[01]$/.test(readlinkSync(`/proc/${pid}/fd/${number}`))) return [];
    const found = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${number}`, "utf8"));
    return [parseInt(found?.[1] ?? "0", 8)];
  } catch {
    // Another one that was closed meanwhile: journals stay open.
    return [];
  }
}

/** Most go to the journals; large ones go to the databases at once. */
const WRITES = 20;
const LARGE_WRITES = 2;
const LARGE_CHARACTERS = 600_000;
/** The members that were not needed for the quorum may still be writing what is on the way to them. */
const QUIET_MS = 10_000;

/**
 * Some writes, and then a moment of quiet: all that was acknowledged is on the disks. What members write goes to their journals,
 * by writes that return from the disk, and from there to the database, whose pages are clean once they are written out.
 */
export async function checkDurability(cluster: Cluster): Promise<readonly Violation[]> {
  const first = cluster.at(0);
  for (let at = 0; at < WRITES + LARGE_WRITES; at++) {
    const value = at < WRITES ? `${at}` : `${at}`.padEnd(LARGE_CHARACTERS, "x");
    await eventually(() => cluster.ask(first, (client) => client.put("durable", value)));
  }
  const end = performance.now() + QUIET_MS;
  let dirty = dirtyMembers(cluster);
  while (dirty.length > 0 && performance.now() < end) {
    await wait(100);
    dirty = dirtyMembers(cluster);
  }
  return [...dirty, ...hastyMembers(cluster)].map(({ name, text }) => ({
    of: "durability",
    text: `${name} has acknowledged writes ${text}: a loss of power would lose them`,
  }));
}

type Finding = { readonly name: string; readonly text: string };

function dirtyMembers(cluster: Cluster): readonly Finding[] {
  return cluster.names.flatMap((name) => {
    const pid = cluster.process(name)?.pid ?? null;
    const bytes = pid === null ? null : unwrittenBytes(pid, cluster.dataFile(name));
    return bytes !== null && bytes > 0 ? [{ name, text: `of which ${bytes} bytes have not reached the disk` }] : [];
  });
}

function hastyMembers(cluster: Cluster): readonly Finding[] {
  return cluster.names.flatMap((name) => {
    const pid = cluster.process(name)?.pid ?? null;
    const waits = pid === null ? null : waitsForJournals(pid);
    return waits === false ? [{ name, text: "to a journal without waiting for the disk" }] : [];
  });
}
