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
  --only TEXT   only the figures whose name has TEXT in it
  --long        also memory after a million keys, and a start after 1 GiB of log: some minutes more

Needs etcd: apt-get install etcd-server. Without it there is nothing to compare with.`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(64);
}

type Values = { readonly seconds: string; readonly only: string; readonly long: boolean; readonly help: boolean };

function read(): Values {
  try {
    return parseArgs({
      options: {
        seconds: { type: "string", default: "5" },
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
if (spawnSync("etcd", ["--version"]).error !== undefined) fail("There is no etcd on this machine.");

const figures: readonly Figure[] = [
  putsAt(1, seconds),
  putsAt(10, seconds),
  putsAt(100, seconds),
  putsAt(1_000, seconds),
  putsAlone(100, seconds),
  readsAt(100, seconds, false),
  readsAt(100, seconds, true),
  watchFanOut(300, 50),
  failover(5),
  ...(values.long ? [recoveryOf(1024 ** 3), memoryAfter(1_000_000)] : []),
].filter(({ name }) => name.includes(values.only));
if (figures.length === 0) fail(`No figure has "${values.only}" in its name.`);

const kinds: readonly Kind[] = ["quorate", "etcd"];

async function measure(figure: Figure, kind: Kind): Promise<{ readonly value: number; readonly detail: string }> {
  // Each figure has servers of its own: what one leaves behind does not weigh on the next.
  say(`${figure.name}: ${kind}`);
  const servers = await Servers.start(kind, mkdtempSync(join(tmpdir(), `bench-${kind}-`)), figure.shape);
  try {
    return await figure.measure(servers);
  } finally {
    await servers.close();
  }
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
print(`${"".padEnd(46)}${"quorate".padStart(12)}${"etcd".padStart(12)}   ratio`);
for (const figure of figures) {
  const results: { readonly value: number; readonly detail: string }[] = [];
  for (const kind of kinds) results.push(await measure(figure, kind));
  const [own, other] = results;
  if (own === undefined || other === undefined) continue;
  const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2)).padStart(12);
  const name = `${figure.name} (${figure.unit}, ${figure.better} is better)`;
  print(`${name.padEnd(46)}${format(own.value)}${format(other.value)}   ${(own.value / other.value).toFixed(2)}`);
  print(`  quorate: ${own.detail}`);
  print(`  etcd:    ${other.detail}`);
}
