/**
 * One measurement of Raft, in a process of its own so that no warm code is shared: proposals in batches of one size, with
 * logs of several lengths in turn. Prints what they took as JSON, one for each length.
 */

import { argv, stdout } from "node:process";
import { proposalRate } from "./measurement.ts";
import type { Proposals } from "./measurement.ts";
import { Trio } from "./trio.ts";

const WARM_UP_SECONDS = 1;
/** Other work on the machine slows some slices down, so the fastest one counts. They take turns, so that all are slowed down alike. */
const SLICES = 20;
const SLICE_SECONDS = 0.2;

const [batch = 1, ...lengths] = argv.slice(2).map(Number);
const trios = lengths.map((length) => new Trio(length));
for (const trio of trios) trio.propose(batch, WARM_UP_SECONDS);
const rounds = Array.from({ length: SLICES }, () => trios.map((trio) => trio.propose(batch, SLICE_SECONDS)));
stdout.write(`${JSON.stringify(trios.map((_, at) => fastest(rounds.flatMap((round) => round.slice(at, at + 1)))))}\n`);

function fastest(slices: readonly Proposals[]): Proposals {
  return slices.reduce((a, b) => (proposalRate(a) > proposalRate(b) ? a : b));
}
