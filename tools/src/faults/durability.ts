/** Whether what a member has acknowledged lies on the disk, and not only in the memory of the operating system. */

import { readFileSync } from "node:fs";
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

const WRITES = 20;
/** The members that were not needed for the quorum may still be writing what is on the way to them. */
const QUIET_MS = 10_000;

/** Some writes, and then a moment of quiet: all that was acknowledged is on the disks. */
export async function checkDurability(cluster: Cluster): Promise<readonly Violation[]> {
  const first = cluster.at(0);
  for (let at = 0; at < WRITES; at++) {
    await eventually(() => cluster.ask(first, (client) => client.put("durable", `${at}`)));
  }
  const end = performance.now() + QUIET_MS;
  let dirty = dirtyMembers(cluster);
  while (dirty.length > 0 && performance.now() < end) {
    await wait(100);
    dirty = dirtyMembers(cluster);
  }
  return dirty.map(({ name, bytes }) => ({
    of: "durability",
    text: `${name} has acknowledged writes of which ${bytes} bytes have not reached the disk: a loss of power would lose them`,
  }));
}

function dirtyMembers(cluster: Cluster): readonly { readonly name: string; readonly bytes: number }[] {
  return cluster.names.flatMap((name) => {
    const pid = cluster.process(name)?.pid ?? null;
    const bytes = pid === null ? null : unwrittenBytes(pid, cluster.dataFile(name));
    return bytes !== null && bytes > 0 ? [{ name, bytes }] : [];
  });
}
