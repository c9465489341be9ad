/** `npm run faults`: runs the harness, and prints what it did and what it found. */

import { parseArgs } from "node:util";
import { FAULT_NAMES } from "./faults.ts";
import type { FaultName } from "./faults.ts";
import { run } from "./run.ts";
import { printReport } from "./report.ts";

const USAGE = `Usage: npm run faults -- [options]

  --size N          members (3)
  --seconds N       how long to inject faults (60)
  --clients N       clients at once (8)
  --keys N          keys that they use (6)
  --seed N          what decides the schedule (the time)
  --faults a,b,...  of ${FAULT_NAMES.join(", ")} (all)
  --snapshots N     commands between two snapshots (500)
  --plant NAME      a bug to be found: staleReads or noSync

It ends with 1 if something was violated, 64 if it was called wrongly.`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(64);
}

type Values = { readonly [name: string]: string | boolean | (string | boolean)[] | undefined };

function optionsOf(args: readonly string[]): Values {
  const names = ["size", "seconds", "clients", "keys", "seed", "faults", "snapshots", "plant"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const values = optionsOf(process.argv.slice(2));
if (values["help"] === true) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}

function number(name: string, otherwise: number): number {
  const text = values[name];
  if (typeof text !== "string") return otherwise;
  if (!/^\d+$/.test(text) || Number(text) < 1)
    fail(`--${name} is ${text}, and has to be a whole number of at least 1.`);
  return Number(text);
}

function isFault(name: string): name is FaultName {
  return FAULT_NAMES.some((of) => of === name);
}

function faults(): readonly FaultName[] {
  const text = values["faults"];
  if (typeof text !== "string") return FAULT_NAMES;
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => !isFault(name));
  if (unknown.length > 0) fail(`There is no fault ${unknown.join(", ")}.`);
  return names.filter(isFault);
}

const plant = values["plant"];
if (plant !== undefined && plant !== "staleReads" && plant !== "noSync")
  fail(`There is no bug ${String(plant)} to plant.`);
const started = performance.now();
const report = await run({
  seed: number("seed", Date.now() % 1_000_000),
  size: number("size", 3),
  seconds: number("seconds", 60),
  clients: number("clients", 8),
  keys: number("keys", 6),
  faults: faults(),
  snapshotCount: number("snapshots", 500),
  plant: plant === "staleReads" ? "staleReads" : null,
  sync: plant !== "noSync",
  note: (what) => {
    process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1).padStart(7)} s  ${what}\n`);
  },
});
printReport(report, (line) => {
  process.stdout.write(`${line}\n`);
});
process.exit(report.violations.length === 0 ? 0 : 1);
