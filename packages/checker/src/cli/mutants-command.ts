/** `check mutants`: the bug zoo. Each mutant brings back a documented bug, and the property named for it must break. */

import { existsSync } from "node:fs";
import { findRoot, listSpecs, select } from "../catalog/catalog.ts";
import type { SpecFiles } from "../catalog/catalog.ts";
import { loadMutants, loadSpec } from "../catalog/load.ts";
import { setting } from "../catalog/settings.ts";
import { loadMutantSpec } from "../mutants/load-mutant.ts";
import type { Mutant } from "../mutants/mutant.ts";
import type { RunResult } from "../run.ts";
import type { Spec } from "../spec.ts";
import { traceText } from "../trace/text.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, gravest, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { interruption, runSpec } from "./run-setting.ts";
import { saveTraces } from "./traces.ts";

export interface MutantsOptions {
  readonly specs?: string;
  /** The mutants to run, by id; all unless given. */
  readonly only: readonly string[];
  /** Whether to print each mutant's trace. */
  readonly show?: true;
}

/** Runs the mutants of the specs that `word` selects, or of all. */
export async function mutantsCommand(word: string | undefined, options: MutantsOptions): Promise<ExitCode> {
  const console = openConsole(false);
  const root = (): string => options.specs ?? findRoot(".");
  const specs = word === undefined ? listSpecs(root()) : select(word, root).map(({ files }) => files);
  const codes = await runMutants(console, specs, interruption(), options);
  if (codes.length === 0) {
    const which = options.only.length > 0 ? `numbered ${options.only.join(", ")} ` : "";
    throw new UserError(EXIT.load, `There are no mutants ${which}among ${word ?? "the specs"}.`);
  }
  const caught = codes.filter((code) => code === EXIT.ok).length;
  console.report(`\n${caught} of ${codes.length} mutants caught by the property named for them.`);
  return gravest(codes);
}

/** Runs the mutants of `specs`, a line each; returns an exit code for each. */
export async function runMutants(
  console: Console,
  specs: readonly SpecFiles[],
  signal: AbortSignal,
  { only, show }: Pick<MutantsOptions, "only" | "show"> = { only: [] },
): Promise<readonly ExitCode[]> {
  const codes: ExitCode[] = [];
  for (const files of specs) {
    if (!existsSync(files.mutantsFile)) continue;
    const chosen = (await loadMutants(files)).filter(({ id }) => only.length === 0 || only.includes(id));
    for (const mutant of chosen) {
      codes.push(await runMutant(console, files, mutant, show === true, signal));
      if (signal.aborted) return codes;
    }
  }
  return codes;
}

async function runMutant(
  console: Console,
  files: SpecFiles,
  mutant: Mutant,
  show: boolean,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { colors } = console;
  const label = `mutant ${mutant.id} of ${files.name}`;
  const original = await loadSpec(files);
  try {
    const spec = withOnly(await loadMutantSpec(files, mutant), mutant.property);
    const { parameters } = setting(original, null, label, mutant.parameters);
    const result = await runSpec(console, label, spec, parameters, {}, signal);
    const fault = faultOf(mutant, result);
    const mark = fault === null ? colors.green("ok  ") : colors.red("FAIL");
    const broken = result.properties.find(({ verdict }) => verdict === "violated");
    const found = `${count(result.distinct)} states, depth ${broken?.trace?.length ?? result.depth}, ${result.seconds.toFixed(2)} s`;
    console.report(`${mark}  ${label.padEnd(58)} ${broken?.name ?? "survived"}  ${colors.dim(found)}`);
    console.report(colors.dim(`        ${mutant.about} (${mutant.source})`));
    if (fault !== null) console.report(colors.red(`        ${fault}`));
    const saved = saveTraces(result, { spec: files.name, model: "", parameters, mutant: mutant.id, file: null });
    for (const file of saved.values()) if (show) console.report(colors.dim(`        ${file}`));
    if (show && broken?.trace) console.report(`\n${traceText(broken.trace)}\n`);
    return fault === null ? EXIT.ok : EXIT.expectation;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.report(`${colors.red("FAIL")}  ${label.padEnd(58)} ${error.message}`);
    return error.exitCode;
  }
}

/** The spec held to one property alone: a mutant counts as caught by the property named for it, not by another. */
function withOnly(spec: Spec, property: string): Spec {
  const only = <T>(record: { readonly [name: string]: T } | undefined): { readonly [name: string]: T } =>
    Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => name === property));
  return {
    ...spec,
    build: (parameters) => {
      const subject = spec.build(parameters);
      const { always, step, sometimes } = subject.options;
      const options = { always: only<unknown>(always), step: only<unknown>(step), sometimes: only<unknown>(sometimes) };
      return { ...subject, options: { ...subject.options, ...options } } as ReturnType<Spec["build"]>;
    },
  };
}

/** Why a mutant counts as not caught, or null if it is caught. */
function faultOf({ property }: Mutant, result: RunResult): string | null {
  if (result.failure !== null) return `It fails before ${property} can break: ${result.failure.error.message}`;
  const broken = result.properties.find(({ verdict }) => verdict === "violated");
  if (broken === undefined) return `It survives: ${property} does not break (${result.verdict}).`;
  return broken.name === property ? null : `It is caught by ${broken.name}, and should be by ${property}.`;
}
