/** `check` without a command: the gate. Every spec's gate models against their expected counts, then the mutants. */

import { findRoot, listSpecs, readManifest } from "../catalog/catalog.ts";
import type { SpecFiles } from "../catalog/catalog.ts";
import { loadSpec } from "../catalog/load.ts";
import { gateSettings } from "../catalog/settings.ts";
import type { Setting } from "../catalog/settings.ts";
import { judge } from "../expectation.ts";
import { reportTrace, titleOf } from "../report/text.ts";
import type { Spec } from "../spec.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, gravest, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { runMutants } from "./mutants-command.ts";
import { interruption, runSpec } from "./run-setting.ts";
import { saveTraces } from "./traces.ts";

/** Runs the gate over the specs below `root`, or below the `specs` folder found from here. */
export async function gateCommand(root: string | undefined): Promise<ExitCode> {
  const console = openConsole(false);
  const signal = interruption();
  const started = performance.now();
  const specs = listSpecs(root ?? findRoot("."));
  if (specs.length === 0) throw new UserError(EXIT.load, `There is no spec below ${root ?? findRoot(".")}.`);
  const codes: ExitCode[] = [];
  for (const files of specs) {
    const spec = await loadSpec(files);
    for (const setting of gateSettings(spec, readManifest(files), files.name)) {
      codes.push(await gateModel(console, files, spec, setting, signal));
      if (signal.aborted) return gravest(codes);
    }
  }
  codes.push(...(await runMutants(console, specs, signal)));
  const good = codes.filter((code) => code === EXIT.ok).length;
  const verdict = good === codes.length ? console.colors.green("The gate holds") : console.colors.red("The gate does not hold");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.report(`\n${verdict}: ${good} of ${codes.length} models and mutants came out as expected, in ${seconds} s.`);
  return gravest(codes);
}

async function gateModel(
  console: Console,
  { name }: SpecFiles,
  spec: Spec,
  { model, parameters, expect }: Setting,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { colors } = console;
  const result = await runSpec(console, titleOf(name, model, parameters), spec, parameters, {}, signal);
  const { exitCode, differences } = judge(result, expect);
  const mark = exitCode === EXIT.ok ? colors.green("ok  ") : colors.red("FAIL");
  const verdict = expect?.verdict === "violated" && exitCode === EXIT.ok ? `violated: ${expect.property} (as expected)` : result.verdict;
  const counts = `${count(result.distinct)} distinct, ${count(result.generated)} generated, depth ${result.depth}`;
  console.report(`${mark}  ${`${name}:${model}`.padEnd(58)} ${verdict}  ${colors.dim(`${counts}, ${result.seconds.toFixed(2)} s`)}`);
  for (const difference of differences) console.report(colors.red(`        ${difference}`));
  if (exitCode === EXIT.ok || exitCode === EXIT.expectation) return exitCode;
  reportTrace(console, result);
  for (const file of saveTraces(result, { spec: name, model, parameters, file: null }).values()) {
    console.report(`Saved as ${file}; run it again with: npx check replay ${file}\n`);
  }
  return exitCode;
}
