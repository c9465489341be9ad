import type { Report } from "./run.ts";

/** What a run did, and what it found. */
export function printReport(report: Report, print: (line: string) => void): void {
  print(`seed ${report.seed}`);
  print(`${report.faults.length} faults injected`);
  for (const [name, count] of countsOf(report.faults.map(({ type }) => type))) print(`  ${name.padEnd(12)} ${count}`);
  print(`${report.operations} operations checked, ${report.unanswered} of them without an answer`);
  print(`${report.judged} histories judged, ${report.unknown.length} of them too hard to judge`);
  for (const key of report.unknown) print(`  ${key}`);
  print(`${report.watched} events watched, ${report.renewals} renewals of ${report.leases} leases`);
  print(`traces: ${report.trace}`);
  print(`${report.violations.length} violations`);
  for (const { of, text } of report.violations) print(`  ${of}: ${text}`);
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of [...names].sort()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
