/** How fast Raft's steps are: proposals through three nodes in one process, without disks or sockets. */

import { measureProposals, proposalRate } from "./measurement.ts";
import type { Proposals } from "./measurement.ts";
import { count, print, row } from "./print.ts";

const BATCHES = [1, 10, 100];
const LENGTHS = [1000, 1_000_000];

export async function benchRaft(): Promise<void> {
  print(
    "\nraft, three nodes in one process that deliver one batch after the other, each batch size in a process of its own\n",
  );
  print(row(["batch", "log entries", "proposals/s", "us/proposal", "us/step", "steps/batch", "ratio"]));
  for (const batch of BATCHES) {
    const measured = await measureProposals(batch, LENGTHS);
    const [first] = measured;
    for (const [at, proposals] of measured.entries()) {
      const ratio = first === undefined ? Number.NaN : proposalRate(first) / proposalRate(proposals);
      print(proposalsRow(batch, LENGTHS[at] ?? Number.NaN, proposals, ratio));
    }
  }
  print("\nThe ratio is what a proposal takes, against one of the same batch with the shortest log.");
}

function proposalsRow(batch: number, length: number, measured: Proposals, ratio: number): string {
  const { proposals, steps, seconds } = measured;
  return row([
    count(batch),
    count(length),
    count(Math.round(proposalRate(measured))),
    ((seconds * 1e6) / proposals).toFixed(2),
    ((seconds * 1e6) / steps).toFixed(2),
    ((steps * batch) / proposals).toFixed(1),
    ratio.toFixed(2),
  ]);
}
