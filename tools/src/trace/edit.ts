/** Changes to traces that are written already. */

import { readFileSync, writeFileSync } from "node:fs";
import type { StepRecord, TraceRecord } from "@quorate/core/trace";

/** Changes the first record that `change` returns another one for; says at which line. */
export function edit(file: string, change: (record: TraceRecord) => TraceRecord | null): number {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  for (const [at, line] of lines.entries()) {
    const changed = change(JSON.parse(line) as TraceRecord);
    if (changed === null) continue;
    lines[at] = JSON.stringify(changed);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return at + 1;
  }
  throw new Error(`Nothing in ${file} is to be changed.`);
}

/** The same for steps alone. */
export function editStep(file: string, change: (record: StepRecord) => StepRecord | null): number {
  return edit(file, (record) => (record.type === "step" ? change(record) : null));
}

/** What a node that was killed has not written: the last lines, and half of the one before. */
export function tear(file: string, lines: number): void {
  const whole = readFileSync(file, "utf8").trimEnd().split("\n");
  const kept = whole.slice(0, whole.length - lines);
  const last = kept.pop() ?? "";
  writeFileSync(file, [...kept, last.slice(0, last.length / 2)].join("\n"));
}
