import type { Report } from "./run.ts";

/** What a run did, and what it found. */
export function printReport(report: Report, print: (line: string) => void): void {
  const injected = [...report.faults.values()].reduce((sum, count) => sum + count, 0);
  print(`seed ${report.seed}`);
  print(`${injected} faults injected`);
  for (const [name, count] of report.faults) print(`  ${name.padEnd(12)} ${count}`);
  print(`${report.operations} operations checked, ${report.unanswered} of them without an answer`);
  print(`${report.watched} events watched, ${report.renewals} renewals of leases`);
  print(`traces: ${report.trace}`);
  if (report.unknown.length > 0) print(`too hard to judge: ${report.unknown.join(", ")}`);
  print(`${report.violations.length} violations`);
  for (const { of, text } of report.violations) print(`  ${of}: ${text}`);
}
