/** Runs a spec that a user wrote: what is wrong with it is said as the user's error, not as the checker's. */

import type { Cluster } from "../cluster/cluster.ts";
import type { Model } from "../model/model.ts";
import * as engine from "../run.ts";
import type { Progress, RunLimits, RunResult } from "../run.ts";
import type { ParameterValues, Spec } from "../spec.ts";
import { EXIT, UserError } from "./exit.ts";
import type { Engine } from "./fresh-engine.ts";

/** Builds and runs a spec. @throws UserError if it can't be built or explored */
export async function runSpec(
  title: string,
  spec: Spec,
  parameters: ParameterValues,
  limits: RunLimits,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
  { run, SubjectError }: Engine = engine,
): Promise<RunResult> {
  const subject = buildSpec(title, spec, parameters);
  try {
    return await run(subject, limits, onProgress, signal);
  } catch (error) {
    if (error instanceof SubjectError) throw new UserError(EXIT.evaluation, `${title}: ${error.message}.`);
    throw error;
  }
}

/** The state space of a spec for one choice of its parameters. @throws UserError with the spec's own reason */
export function buildSpec(title: string, spec: Spec, parameters: ParameterValues): Cluster | Model {
  try {
    const subject: Cluster | Model | undefined = spec.build(parameters);
    if (subject?.kind === "cluster" || subject?.kind === "model") return subject;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(EXIT.load, `${title} can't be built: ${reason}`);
  }
  throw new UserError(EXIT.load, `${title} can't be built: its build must return cluster(...) or model(...).`);
}
