/**
 * `check mutants`: the bug zoo. Each mutant brings back a documented bug, and the property named for it must break. With
 * `--guards`, each takes out one guard of the code.
 */

import { findRoot, listSpecs, select } from "../catalog/catalog.ts";
import type { Mutant, MutantReference } from "../mutants/mutant.ts";
import type { RunResult } from "../run.ts";
import { reportTrace } from "../report/text.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, gravest, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { catchOf, jobTitle, mutantJobs } from "./jobs.ts";
import type { Job, JobResult, MutantChoice } from "./jobs.ts";
import { doJobs } from "./pool.ts";
import { interruption } from "./interruption.ts";
import { saveTraces } from "./traces.ts";

export interface MutantsOptions {
  readonly specs?: string;
  /** The mutants to run, by id, whatever their kind. */
  readonly only?: readonly string[];
  /** Whether to run those that take out a guard, instead of the bug zoo. */
  readonly guards?: true;
  /** Whether to print each mutant's trace. */
  readonly show?: true;
}

/** Runs the mutants of the specs that `word` selects, or of all. */
export async function mutantsCommand(word: string | undefined, options: MutantsOptions): Promise<ExitCode> {
  const console = openConsole(false);
  const root = (): string => options.specs ?? findRoot(".");
  const specs = word === undefined ? listSpecs(root()) : select(word, root).map(({ files }) => files);
  const jobs: Job[] = [];
  for (const files of specs) jobs.push(...(await mutantJobs(files, choiceOf(options))));
  const ids = new Set(jobs.map((job) => (job.type === "mutant" ? job.mutant.id : "")));
  const missing = options.only?.find((id) => !ids.has(id));
  if (missing !== undefined) throw new UserError(EXIT.load, `There is no mutant ${missing} ${among(word)}.`);
  if (jobs.length === 0)
    throw new UserError(EXIT.load, `There are no ${options.guards === true ? "guards" : "mutants"} ${among(word)}.`);
  const codes: ExitCode[] = [];
  const signal = interruption();
  await doJobs(console, jobs, signal, (job, end) => {
    if (end instanceof UserError) {
      console.report(`${console.colors.red("FAIL")}  ${end.message}`);
      codes.push(end.exitCode);
    } else if (job.type === "mutant") {
      codes.push(reportMutant(console, job, end, options.show === true));
    }
  });
  if (signal.aborted) return reportInterruption(console, codes, jobs.length);
  const caught = codes.filter((code) => code === EXIT.ok).length;
  console.report(`\n${caught} of ${jobs.length} mutants caught, each by the property named for it.`);
  return gravest(codes);
}

function choiceOf({ only, guards }: MutantsOptions): MutantChoice {
  if (only !== undefined) return { ids: only };
  return guards === true ? "guards" : "zoo";
}

function among(word: string | undefined): string {
  return `among those of ${word ?? "all specs"}`;
}

/** Says how far the jobs had come when the user stopped them. */
export function reportInterruption(console: Console, codes: readonly ExitCode[], jobs: number): ExitCode {
  console.report(console.colors.yellow(`\nIncomplete: stopped after ${codes.length} of ${jobs} models and mutants.`));
  return gravest([...codes, EXIT.incomplete]);
}

/** Prints one mutant's line, saves its trace, and says whether it was caught. */
export function reportMutant(
  console: Console,
  job: Extract<Job, { type: "mutant" }>,
  { parameters, result, breaksUnedited }: JobResult,
  show = false,
): ExitCode {
  const { colors } = console;
  const { files, mutant } = job;
  const fault = faultOf(mutant, result, breaksUnedited);
  const mark = fault === null ? colors.green("ok  ") : colors.red("FAIL");
  const caught = catchOf(mutant, result);
  const depth = caught?.trace?.length ?? result.depth;
  const found = `${count(result.distinct)} states, depth ${depth}, ${result.seconds.toFixed(2)} s`;
  const uncaught = result.failure === null ? "survived" : "failed";
  const verdict = caught === null ? uncaught : `caught by ${caught.text}`;
  console.report(`${mark}  ${jobTitle(job).padEnd(58)} ${verdict}  ${colors.dim(found)}`);
  console.report(colors.dim(`        ${mutant.about} ${mutant.source}.`));
  if (mutant.reference !== undefined) console.report(colors.dim(`        ${referenceText(mutant.reference)}`));
  if (fault !== null) console.report(colors.red(`        ${fault}`));
  const saved = saveTraces(result, { spec: files.name, model: "", parameters, mutant: mutant.id, file: null });
  if (show && caught?.trace) {
    reportTrace(console, result);
    for (const file of saved.values())
      console.report(`Saved as ${file}; run it again with: npx check replay ${file}\n`);
  }
  return fault === null ? EXIT.ok : EXIT.expectation;
}

/** What others report of the bug, in the words in which it is said what was found here. */
function referenceText({ by, distinct, depth, seconds }: MutantReference): string {
  const found = `${count(distinct)} states, depth ${depth}`;
  return `${by} reports ${seconds === null ? found : `${found}, ${seconds} s`}.`;
}

/** Why a mutant counts as not caught, or null if it is caught. */
function faultOf(mutant: Mutant, result: RunResult, breaksUnedited: boolean): string | null {
  const { property } = mutant;
  const caught = catchOf(mutant, result);
  const breaks = caught?.isUnreached === true ? "is not reached" : "breaks";
  if (breaksUnedited)
    return `It proves nothing: ${property} ${breaks} without the edit too, under the same parameters.`;
  if (caught !== null) return null;
  if (result.failure !== null) return `It fails before ${property} can break: ${result.failure.error.message}`;
  const isReached = result.properties.some(({ verdict }) => verdict === "reached");
  return `It survives: ${property} ${isReached ? "is still reached" : `does not break (${result.verdict})`}.`;
}
