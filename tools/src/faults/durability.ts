/** Whether what a member has acknowledged lies on the disk, and not only in the memory of the operating system. */

import { readFileSync } from "node:fs";

/**
 * How many bytes of `file`, which the process has mapped, the operating system has not written out: 0 once everything is on
 * the disk. Null where the system does not tell. From `/proc/<pid>/smaps`, see proc(5): pages are dirty there until they are
 * written, whoever has changed them.
 */
export function unwrittenBytes(pid: number, file: string): number | null {
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
