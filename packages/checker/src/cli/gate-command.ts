/** `check` without a command: the gate. Every spec's gate models against their expected counts, then the mutants. */

import { existsSync } from "node:fs";
import { findRoot, listSpecs } from "../catalog/catalog.ts";
import type { Setting } from "../catalog/settings.ts";
import { judge } from "../expectation.ts";
import { reportTrace } from "../report/text.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, gravest, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { modelJobs, mutantJobs } from "./jobs.ts";
import type { Job, JobResult } from "./jobs.ts";
import { reportInterruption, reportMutant } from "./mutants-command.ts";
import { doJobs } from "./pool.ts";
import { interruption } from "./interruption.ts";
import { saveTraces } from "./traces.ts";

/** Runs the gate over the specs below `root`, or below the `specs` folder found from here. */
export async function gateCommand(root: string | undefined): Promise<ExitCode> {
  const console = openConsole(false);
  const started = performance.now();
  const folder = root ?? findRoot(".");
  const jobs: Job[] = [];
  for (const files of listSpecs(folder)) {
    if (!existsSync(files.manifestFile)) {
      console.note(`check: warning: ${files.name} has no manifest.json, so its counts are held to nothing.`);
    }
    jobs.push(...(await modelJobs(files)), ...(await mutantJobs(files, "zoo")));
  }
  if (jobs.length === 0) throw new UserError(EXIT.load, `There is no spec with a gate model below ${folder}.`);

  const codes: ExitCode[] = [];
  const signal = interruption();
  await doJobs(console, jobs, signal, (job, end) => {
    if (end instanceof UserError) {
      console.report(`${console.colors.red("FAIL")}  ${end.message}`);
      codes.push(end.exitCode);
    } else {
      codes.push(
        job.type === "model" ? reportModel(console, job.files.name, job.setting, end) : reportMutant(console, job, end),
      );
    }
  });
  if (signal.aborted) return reportInterruption(console, codes, jobs.length);
  const good = codes.filter((code) => code === EXIT.ok).length;
  const { green, red } = console.colors;
  const verdict = good === jobs.length ? green("The gate holds") : red("The gate does not hold");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.report(`\n${verdict}: ${good} of ${jobs.length} models and mutants came out as expected, in ${seconds} s.`);
  return gravest(codes);
}

/** Prints one model's line, and its counterexample if it has one that nobody expects. */
function reportModel(
  console: Console,
  name: string,
  { model, expect }: Setting,
  { parameters, result }: JobResult,
): ExitCode {
  const { colors } = console;
  const { exitCode, differences } = judge(result, expect);
  const mark = exitCode === EXIT.ok ? colors.green("ok  ") : colors.red("FAIL");
  const expected = expect?.property !== undefined && exitCode === EXIT.ok;
  const verdict = expected ? `${expect.property} breaks, as expected` : result.verdict;
  const counts = `${count(result.distinct)} distinct, ${count(result.generated)} generated, depth ${result.depth}`;
  console.report(
    `${mark}  ${`${name}:${model}`.padEnd(58)} ${verdict}  ${colors.dim(`${counts}, ${result.seconds.toFixed(2)} s`)}`,
  );
  for (const difference of differences) console.report(colors.red(`        ${difference}`));
  if (exitCode === EXIT.ok || exitCode === EXIT.expectation) return exitCode;
  reportTrace(console, result);
  for (const file of saveTraces(result, { spec: name, model, parameters, file: null }).values()) {
    console.report(`Saved as ${file}; run it again with: npx check replay ${file}\n`);
  }
  return exitCode;
}
