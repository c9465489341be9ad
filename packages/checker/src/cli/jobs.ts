/** The runs that the gate is made of. A job is plain data, so that it can be handed to a thread. */

import { existsSync } from "node:fs";
import type { SpecFiles } from "../catalog/catalog.ts";
import { readManifest } from "../catalog/catalog.ts";
import { loadMutants, loadSpec } from "../catalog/load.ts";
import { gateSettings, setting } from "../catalog/settings.ts";
import type { Setting } from "../catalog/settings.ts";
import { loadMutantSpec } from "../mutants/load-mutant.ts";
import type { Mutant } from "../mutants/mutant.ts";
import type { Progress, PropertyResult, RunLimits, RunResult } from "../run.ts";
import type { ParameterValues, Spec } from "../spec.ts";
import { EXIT, UserError } from "./exit.ts";
import { runSpec } from "./run-spec.ts";

export type Job =
  | { readonly type: "model"; readonly files: SpecFiles; readonly setting: Setting }
  | { readonly type: "mutant"; readonly files: SpecFiles; readonly mutant: Mutant };

/** The gate models of a spec. */
export async function modelJobs(files: SpecFiles): Promise<readonly Job[]> {
  const settings = gateSettings(await loadSpec(files), readManifest(files), files.name);
  return settings.map((found) => ({ type: "model", files, setting: found }));
}

/** The mutants of a spec; those named in `only` if it names any. */
export async function mutantJobs(files: SpecFiles, only: readonly string[] = []): Promise<readonly Job[]> {
  if (!existsSync(files.mutantsFile)) return [];
  const chosen = (await loadMutants(files)).filter(({ id }) => only.length === 0 || only.includes(id));
  return chosen.map((mutant) => ({ type: "mutant", files, mutant }));
}

/** A job's name, for people. */
export function jobTitle(job: Job): string {
  return job.type === "model"
    ? `${job.files.name}:${job.setting.model}`
    : `mutant ${job.mutant.id} of ${job.files.name}`;
}

/** What a job's spec was run with. */
export interface JobResult {
  readonly parameters: ParameterValues;
  readonly result: RunResult;
  /** Of a mutant that was caught: whether the property breaks as soon without the edit, which then proves nothing. */
  readonly breaksUnedited: boolean;
}

/** The property that a mutant's run has broken, or has never reached though it is to be sometimes; null if none. */
export function catcher({ properties }: RunResult): PropertyResult | null {
  return properties.find(({ verdict }) => verdict === "violated" || verdict === "unreached") ?? null;
}

/** Does one job. */
export async function doJob(job: Job, onProgress: (progress: Progress) => void): Promise<JobResult> {
  const original = await loadSpec(job.files);
  if (job.type === "model") {
    const { parameters } = job.setting;
    const result = await runSpec(jobTitle(job), original, parameters, {}, onProgress);
    return { parameters, result, breaksUnedited: false };
  }
  const { mutant } = job;
  const { parameters } = setting(original, null, jobTitle(job), mutant.parameters);
  const spec = withOnly(await loadMutantSpec(job.files, mutant), mutant.property);
  const result = await runSpec(jobTitle(job), spec, parameters, {}, onProgress);
  const caught = catcher(result);
  if (caught === null) return { parameters, result, breaksUnedited: false };
  // Where a property breaks, the search as deep as that tells. That something is never reached, only the whole one does.
  const limits = caught.verdict === "violated" ? { depthMax: result.depth } : {};
  const breaksUnedited = await breaks(job, withOnly(original, mutant.property), parameters, limits);
  return { parameters, result, breaksUnedited };
}

/** Whether the spec as it is breaks within the limits. One that refuses the mutant's parameters does not. */
async function breaks(job: Job, spec: Spec, parameters: ParameterValues, limits: RunLimits): Promise<boolean> {
  try {
    return catcher(await runSpec(jobTitle(job), spec, parameters, limits, () => {})) !== null;
  } catch (error) {
    if (error instanceof UserError && error.exitCode === EXIT.load) return false;
    throw error;
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
      const { nodeSteps } = subject.kind === "cluster" ? subject.options : {};
      const options = {
        always: only<unknown>(always),
        step: only<unknown>(step),
        nodeSteps: only<unknown>(nodeSteps),
        sometimes: only<unknown>(sometimes),
        deadlock: property === "deadlock" ? subject.options.deadlock : "allowed",
      };
      return { ...subject, options: { ...subject.options, ...options } } as ReturnType<Spec["build"]>;
    },
  };
}
