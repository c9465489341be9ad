/** Runs one setting of a spec and reports it: what `check`, `check run` and `check mutants` share. */

import { UserError, EXIT } from "./exit.ts";
import type { Console } from "./console.ts";
import type { Spec, ParameterValues } from "../spec.ts";
import { run } from "../run.ts";
import type { RunLimits, RunResult } from "../run.ts";

/** Ends when the user presses Ctrl-C: the run stops, and what it found so far is reported. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

/** Builds the spec's state space and explores it, with progress on the console. */
export async function runSpec(
  console: Console,
  title: string,
  spec: Spec,
  parameters: ParameterValues,
  limits: RunLimits,
  signal: AbortSignal,
): Promise<RunResult> {
  const subject = build(title, spec, parameters);
  const result = await run(subject, limits, (progress) => console.progress(title, progress), signal);
  console.clearProgress();
  return result;
}

function build(title: string, spec: Spec, parameters: ParameterValues): ReturnType<Spec["build"]> {
  try {
    return spec.build(parameters);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(EXIT.load, `${title} can't be built: ${reason}`);
  }
}
