/** What the words on the command line ask for. */

import { parseArgs } from "node:util";
import { findLibfaketime } from "./clocks.ts";
import { smallDiskComplaint } from "./full-disk.ts";
import { PLANTS, PLANT_NAMES } from "./plants.ts";
import type { Plant } from "./plants.ts";
import type { RunOptions } from "./run.ts";
import { FAULT_NAMES } from "./schedule.ts";
import type { Fault, FaultName } from "./schedule.ts";

export type Words =
  | { readonly type: "help" }
  | { readonly type: "wrong"; readonly message: string }
  | {
      readonly type: "run";
      readonly options: Omit<RunOptions, "note">;
      /** What is left out, with the reason. */
      readonly warnings: readonly string[];
    };

/** For each fault that this machine may not allow, why it does not; null if it does. */
export type Complaints = { readonly [name in FaultName]?: () => string | null };

export const USAGE: string = `Usage: npm run faults -- [options]

  --size N          members, 3 to 9 (3)
  --seconds N       how long to inject faults (60)
  --clients N       clients at once (8)
  --keys N          keys that they use (6)
  --seed N          what decides the schedule, 0 to ${2 ** 31 - 1} (the time)
  --faults a,b,...  of ${FAULT_NAMES.join(", ")}
                    (all that this machine allows)
  --snapshots N     commands between two snapshots (500)
  --plant a,b,...   bugs to be found:
${PLANT_NAMES.map((name) => `                      ${name.padEnd(15)}${PLANTS[name].about}`).join("\n")}
  --help            this

It ends with 0 if nothing was violated, with 1 if something was, with 64 if it was called wrongly, and with 70 if it could not
do its work.`;

const LIMITS = {
  size: { low: 3, high: 9, otherwise: 3 },
  seconds: { low: 1, high: 1_000_000, otherwise: 60 },
  clients: { low: 1, high: 1_000, otherwise: 8 },
  keys: { low: 1, high: 1_000, otherwise: 6 },
  seed: { low: 0, high: 2 ** 31 - 1, otherwise: null },
  snapshots: { low: 10, high: 1_000_000, otherwise: 500 },
} as const;

class WordsError extends Error {}

type Values = { readonly [name: string]: string | boolean | undefined };

/** `now` is the seed where none is given. */
export function readWords(args: readonly string[], now: number, complaints: Complaints): Words {
  try {
    const values = valuesOf(args);
    if (values["help"] === true) return { type: "help" };
    const plants = plantsOf(values["plant"]);
    const script = values["faults"] === undefined ? plants.flatMap((plant) => plant.faults) : [];
    const { faults, warnings } = faultsOf(values["faults"], plants.length === 0 ? null : script, complaints);
    const number = (name: keyof typeof LIMITS): number => numberOf(name, values[name], now);
    return {
      type: "run",
      warnings,
      options: {
        seed: number("seed"),
        size: number("size"),
        seconds: number("seconds"),
        clients: number("clients"),
        keys: number("keys"),
        snapshotCount: number("snapshots"),
        faults,
        script,
        plants,
      },
    };
  } catch (error) {
    if (error instanceof WordsError) return { type: "wrong", message: error.message };
    throw error;
  }
}

function valuesOf(args: readonly string[]): Values {
  const names = [...Object.keys(LIMITS), "faults", "plant"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    throw new WordsError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(name: keyof typeof LIMITS, text: string | boolean | undefined, now: number): number {
  const { low, high, otherwise } = LIMITS[name];
  if (typeof text !== "string") return otherwise ?? now;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (value >= low && value <= high) return value;
  throw new WordsError(
    `--${name} is ${text === "" ? "empty" : text}, and has to be a whole number from ${low} to ${high}.`,
  );
}

function plantsOf(text: string | boolean | undefined): readonly Plant[] {
  return typeof text === "string" ? namedIn(text, "bug to plant", PLANT_NAMES).map((name) => PLANTS[name]) : [];
}

/** What was asked for, or a script needs, has to be possible; of what was not, the impossible is left out. */
function faultsOf(
  text: string | boolean | undefined,
  script: readonly Fault[] | null,
  complaints: Complaints,
): { readonly faults: readonly FaultName[]; readonly warnings: readonly string[] } {
  const impossible = (name: FaultName): string | null => complaints[name]?.() ?? null;
  const asked = typeof text === "string" ? namedIn(text, "fault", FAULT_NAMES) : namesOf(script);
  if (asked === null) {
    const reasons = new Map(FAULT_NAMES.map((name) => [name, impossible(name)]));
    return {
      faults: FAULT_NAMES.filter((name) => (reasons.get(name) ?? null) === null),
      warnings: [...reasons].flatMap(([name, reason]) => (reason === null ? [] : [`${name} is left out: ${reason}`])),
    };
  }
  for (const name of asked) {
    const reason = impossible(name);
    if (reason !== null) throw new WordsError(`The fault ${name} can't be had here: ${reason}.`);
  }
  return { faults: asked, warnings: [] };
}

function namesOf(script: readonly Fault[] | null): readonly FaultName[] | null {
  return script === null ? null : FAULT_NAMES.filter((name) => script.some(({ type }) => type === name));
}

/** Those of `known` that are named, in their order. */
function namedIn<Name extends string>(text: string, what: string, known: readonly Name[]): readonly Name[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !known.some((of) => of === name));
  if (unknown.length > 0) {
    const said = unknown.map((name) => (name === "" ? "without a name" : name)).join(", ");
    throw new WordsError(`There is no ${what} ${said}; there is ${known.join(", ")}.`);
  }
  return known.filter((name) => names.includes(name));
}

/** What this machine does not allow. */
export const MACHINE: Complaints = {
  full: smallDiskComplaint,
  clock: () =>
    findLibfaketime() === null
      ? "libfaketime is not installed; on Debian and Ubuntu: apt-get install libfaketime"
      : null,
};
