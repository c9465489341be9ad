/** `check run`: one spec or several, in full. */

import { findRoot, isPath, readManifest, select } from "../catalog/catalog.ts";
import type { Selection } from "../catalog/catalog.ts";
import { loadSpec } from "../catalog/load.ts";
import { gateSettings, modelSetting, readAssignments, setting } from "../catalog/settings.ts";
import type { Setting } from "../catalog/settings.ts";
import { judge } from "../expectation.ts";
import { resultJson } from "../report/json.ts";
import { reportActions, reportCounts, reportProperties, reportTrace, titleOf } from "../report/text.ts";
import type { Progress, RunLimits } from "../run.ts";
import type { Spec } from "../spec.ts";
import { openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, gravest, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { interruption } from "./interruption.ts";
import { runSpec } from "./run-spec.ts";
import { saveTraces } from "./traces.ts";

export interface RunOptions {
  readonly specs?: string;
  readonly set?: readonly string[];
  readonly maxStates?: number;
  readonly maxDepth?: number;
  readonly timeLimit?: number;
  readonly json?: true;
  readonly trace?: string;
}

/** Runs what `words` select, and returns what to exit with. */
export async function runCommand(words: readonly string[], given: RunOptions): Promise<ExitCode> {
  const console = openConsole(given.json === true);
  const signal = interruption();
  const { specs: names, assignments } = told(words, given.set ?? []);
  const options = { ...given, set: assignments };
  const selections = names.flatMap((word) => select(word, () => options.specs ?? findRoot(".")));
  const settings: { readonly selection: Selection; readonly spec: Spec; readonly setting: Setting }[] = [];
  for (const selection of selections) {
    const spec = await loadSpec(selection.files);
    for (const found of settingsOf(spec, selection, assignments)) settings.push({ selection, spec, setting: found });
  }
  if (options.trace !== undefined && settings.length > 1) {
    throw new UserError(
      EXIT.usage,
      `--trace names one file, and ${settings.length} models are to run; name one model.`,
    );
  }
  const codes: ExitCode[] = [];
  for (const [index, { selection, spec, setting: found }] of settings.entries()) {
    if (index > 0) console.report("");
    codes.push(await runOne(console, selection.files.name, spec, found, options, signal));
    if (signal.aborted && index + 1 < settings.length) {
      console.report(console.colors.yellow(`\nStopped after ${index + 1} of ${settings.length} models.`));
      return gravest([...codes, EXIT.incomplete]);
    }
  }
  return gravest(codes);
}

/**
 * Tells the specs among `words` from the assignments that follow a `--set`: several may stand behind one. A word is an
 * assignment if it reads `name=value`; a path that does so begins with `./` or ends in `.ts`.
 */
function told(
  words: readonly string[],
  set: readonly string[],
): { readonly specs: readonly string[]; readonly assignments: readonly string[] } {
  const more = words.filter((word) => /^[A-Za-z_][\w-]*=/.test(word) && !isPath(word));
  const specs = words.filter((word) => !more.includes(word));
  const [first] = more;
  if (first !== undefined && set.length === 0) {
    throw new UserError(EXIT.usage, `${first} is no spec; a parameter is given as --set ${first}.`);
  }
  if (specs.length === 0) {
    throw new UserError(EXIT.usage, "It is not said which spec to run. `check list` shows them.");
  }
  return { specs, assignments: [...set, ...more] };
}

/** The models that a word of the command line means, with `--set` applied. */
function settingsOf(spec: Spec, { files, model }: Selection, assignments: readonly string[]): readonly Setting[] {
  const manifest = readManifest(files);
  const values = readAssignments(spec, files.name, assignments);
  if (model !== null) {
    const base = modelSetting(spec, manifest, files.name, model);
    return [assignments.length === 0 ? base : setting(spec, manifest, files.name, { ...base.parameters, ...values })];
  }
  if (assignments.length > 0) return [setting(spec, manifest, files.name, values)];
  return gateSettings(spec, manifest, files.name);
}

async function runOne(
  console: Console,
  name: string,
  spec: Spec,
  { model, parameters, expect }: Setting,
  options: RunOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const title = `${name}:${model}`;
  const onProgress = (progress: Progress): void => console.progress(title, progress);
  const result = await runSpec(title, spec, parameters, limitsOf(options), onProgress, signal);
  console.clearProgress();
  const { exitCode, differences } = judge(result, expect);
  const files = saveTraces(result, { spec: name, model, parameters, file: options.trace ?? null });
  console.report(console.colors.bold(titleOf(title, spec, parameters)));
  reportTrace(console, result);
  for (const file of files.values()) console.report(`Saved as ${file}; run it again with: npx check replay ${file}\n`);
  reportProperties(console, result);
  for (const difference of differences) console.report(console.colors.red(`  Not as expected: ${difference}.`));
  if (expect?.property !== undefined && files.has(expect.property)) {
    console.report(console.colors.green(`  As expected: ${expect.property} breaks.`));
  }
  reportActions(console, result);
  reportCounts(console, result);
  if (options.json === true) process.stdout.write(`${resultJson(name, model, parameters, result, files)}\n`);
  return exitCode;
}

function limitsOf({ maxStates, maxDepth, timeLimit }: RunOptions): RunLimits {
  return {
    ...(maxStates === undefined ? {} : { statesMax: maxStates }),
    ...(maxDepth === undefined ? {} : { depthMax: maxDepth }),
    ...(timeLimit === undefined ? {} : { millisecondsMax: timeLimit }),
  };
}
