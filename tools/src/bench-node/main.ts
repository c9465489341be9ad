/** `npm run bench:node`: the node beside Debian's etcd, in one run, on this machine, by the same client. */

import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { failover, memoryAfter, putsAlone, putsAt, readsAt, recoveryOf, watchFanOut } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { say } from "./progress.ts";
import { Servers } from "./servers.ts";
import type { Kind } from "./servers.ts";

const USAGE = `Usage: npm run bench:node -- [options]

  --seconds N   of load for each figure of load (5)
  --rounds N    of both, one after the other, for each figure (3): the table has the round whose ratio is the median
  --only TEXT   only the figures whose name has TEXT in it
  --long        also memory after a million keys, and a start after 1 GiB of log: some minutes more

Needs etcd: apt-get install etcd-server. Without it there is nothing to compare with.`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(64);
}

type Values = {
  readonly seconds: string;
  readonly rounds: string;
  readonly only: string;
  readonly long: boolean;
  readonly help: boolean;
};

function read(): Values {
  try {
    return parseArgs({
      options: {
        seconds: { type: "string", default: "5" },
        rounds: { type: "string", default: "3" },
        only: { type: "string", default: "" },
        long: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => process.exit(code));
}
const values = read();
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(`--seconds is ${values.seconds}, and has to be a number above 0.`);
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  fail(`--rounds is ${values.rounds}, and has to be a whole number above 0.`);
if (spawnSync("etcd", ["--version"]).error !== undefined) fail("There is no etcd on this machine.");

const figures: readonly Figure[] = [
  putsAt(1, seconds),
  putsAt(10, seconds),
  putsAt(100, seconds),
  putsAt(1_000, seconds),
  putsAlone(100, seconds),
  readsAt(100, seconds, false),
  readsAt(100, seconds, true),
  watchFanOut(300, 200),
  failover(5),
  ...(values.long ? [recoveryOf(1024 ** 3), memoryAfter(1_000_000)] : []),
].filter(({ name }) => name.includes(values.only));
if (figures.length === 0) fail(`No figure has "${values.only}" in its name.`);

type Result = { readonly value: number; readonly detail: string };
type Round = { readonly [kind in Kind]: Result };

async function measure(figure: Figure, kind: Kind, round: number): Promise<Result> {
  // Each figure has servers of its own: what one leaves behind does not weigh on the next.
  say(`${figure.name}: ${kind}${rounds === 1 ? "" : `, round ${round + 1} of ${rounds}`}`);
  const servers = await Servers.start(kind, mkdtempSync(join(tmpdir(), `bench-${kind}-`)), figure.shape);
  try {
    return await figure.measure(servers);
  } finally {
    await servers.close();
  }
}

/** Who goes first changes, so that a machine that becomes slower or faster meanwhile favours neither. */
async function measureBoth(figure: Figure, round: number): Promise<Round> {
  if (round % 2 === 0) {
    const quorate = await measure(figure, "quorate", round);
    return { quorate, etcd: await measure(figure, "etcd", round) };
  }
  const etcd = await measure(figure, "etcd", round);
  return { etcd, quorate: await measure(figure, "quorate", round) };
}

const ratioOf = ({ quorate, etcd }: Round): number => quorate.value / etcd.value;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
print(`${"".padEnd(46)}${"quorate".padStart(12)}${"etcd".padStart(12)}   ratio`);
for (const figure of figures) {
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) all.push(await measureBoth(figure, round));
  all.sort((a, b) => ratioOf(a) - ratioOf(b));
  const [lowest, median, highest] = [all.at(0), all.at(Math.floor(all.length / 2)), all.at(-1)];
  if (lowest === undefined || median === undefined || highest === undefined) continue;
  const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2)).padStart(12);
  const name = `${figure.name} (${figure.unit}, ${figure.better} is better)`;
  const values = `${format(median.quorate.value)}${format(median.etcd.value)}`;
  const range = rounds === 1 ? "" : `   ${ratioOf(lowest).toFixed(2)} to ${ratioOf(highest).toFixed(2)}`;
  print(`${name.padEnd(46)}${values}   ${ratioOf(median).toFixed(2)}${range}`);
  print(`  quorate: ${median.quorate.detail}`);
  print(`  etcd:    ${median.etcd.detail}`);
}
