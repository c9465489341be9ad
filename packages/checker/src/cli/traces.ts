/** Saves counterexamples. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunResult } from "../run.ts";
import type { ParameterValues } from "../spec.ts";
import { toItf } from "../trace/itf.ts";
import { EXIT, UserError } from "./exit.ts";

/** The folder, below the current one, for traces whose file is not named. */
const FOLDER = "traces";

export interface TraceTarget {
  readonly spec: string;
  readonly model: string;
  readonly parameters: ParameterValues;
  readonly mutant?: string;
  /** Where to, if the user said so. */
  readonly file: string | null;
}

/** Saves the counterexample of each violated property; returns the files by property. */
export function saveTraces(result: RunResult, target: TraceTarget): ReadonlyMap<string, string> {
  const violated = result.properties.filter(({ verdict, trace }) => verdict === "violated" && trace !== null);
  return new Map(
    violated.map(({ name, kind, trace }) => {
      const file = target.file ?? join(FOLDER, fileName(target, name));
      const origin = { spec: target.spec, parameters: target.parameters, property: name, kind };
      const mutant = target.mutant === undefined ? {} : { mutant: target.mutant };
      write(file, `${JSON.stringify(toItf(trace ?? [], { ...origin, ...mutant }), null, 1)}\n`);
      return [name, file] as const;
    }),
  );
}

function fileName({ spec, model, mutant }: TraceTarget, property: string): string {
  const parts = [spec.replace(/\.[cm]?[jt]s$/, ""), mutant === undefined ? model : `mutant-${mutant}`, property];
  return `${parts.map((part) => part.replace(/[^\w-]+/g, "-").replace(/^-+|-+$/g, "")).join("-")}.itf.json`;
}

function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(EXIT.system, `The trace can't be saved: ${reason}. Name another file with --trace.`);
  }
}
