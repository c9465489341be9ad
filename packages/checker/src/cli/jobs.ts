/** The runs that the gate is made of. A job is plain data, so that it can be handed to a thread. */

import { existsSync } from "node:fs";
import type { SpecFiles } from "../catalog/catalog.ts";
import { readManifest } from "../catalog/catalog.ts";
import { loadMutants, loadSpec } from "../catalog/load.ts";
import { gateSettings, setting } from "../catalog/settings.ts";
import type { Setting } from "../catalog/settings.ts";
import { loadMutantSpec } from "../mutants/load-mutant.ts";
import type { Mutant } from "../mutants/mutant.ts";
import type { Progress, RunLimits, RunResult } from "../run.ts";
import type { ParameterValues, Spec } from "../spec.ts";
import type { Trace } from "../trace/trace.ts";
import { EXIT, UserError } from "./exit.ts";
import type { Engine } from "./fresh-engine.ts";
import { runSpec } from "./run-spec.ts";

export type Job =
  | { readonly type: "model"; readonly files: SpecFiles; readonly setting: Setting }
  | { readonly type: "mutant"; readonly files: SpecFiles; readonly mutant: Mutant };

/** The gate models of a spec. */
export async function modelJobs(files: SpecFiles): Promise<readonly Job[]> {
  const settings = gateSettings(await loadSpec(files), readManifest(files), files.name);
  return settings.map((found) => ({ type: "model", files, setting: found }));
}

/** Which of a spec's mutants: the bug zoo, those that take out a guard, or those of certain ids. */
export type MutantChoice = "zoo" | "guards" | { readonly ids: readonly string[] };

/** The chosen mutants of a spec. */
export async function mutantJobs(files: SpecFiles, choice: MutantChoice): Promise<readonly Job[]> {
  if (!existsSync(files.mutantsFile)) return [];
  const chosen = (await loadMutants(files)).filter((mutant) => isChosen(mutant, choice));
  return chosen.map((mutant) => ({ type: "mutant", files, mutant }));
}

function isChosen({ id, kind }: Mutant, choice: MutantChoice): boolean {
  if (typeof choice === "object") return choice.ids.includes(id);
  return (kind === "guard") === (choice === "guards");
}

/** A job's name, for people. */
export function jobTitle(job: Job): string {
  return job.type === "model"
    ? `${job.files.name}:${job.setting.model}`
    : `mutant ${job.mutant.id} of ${job.files.name}`;
}

/** How many transitions make up for the time in which a new engine is slow, since none of it is compiled yet. */
const LARGE = 400_000;

/** Whether a job is so large that it is worth an engine that has done nothing else. */
export function isLarge(job: Job): boolean {
  return job.type === "model" && (job.setting.expect?.generated ?? 0) >= LARGE;
}

/** What a job's spec was run with. */
export interface JobResult {
  readonly parameters: ParameterValues;
  readonly result: RunResult;
  /** Of a mutant that was caught: whether the property breaks as soon without the edit, which then proves nothing. */
  readonly breaksUnedited: boolean;
}

/**
 * The law that a mutant names where it makes a function of the code throw: on bad input, or because an assertion fails.
 * It is no property of a spec; every run is held to it.
 */
const TOTALITY = "totality";

/** What a mutant's run has broken of what it is named for, with the path to it; null if nothing. */
export interface Catch {
  /** The property's name, and how it shows where that is not by a state that breaks it. */
  readonly text: string;
  readonly trace: Trace | null;
  /** Whether all states had to be seen to know it. */
  readonly isUnreached: boolean;
}

/** How a mutant is caught in a run that is held to its property alone. */
export function catchOf({ property }: Mutant, result: RunResult): Catch | null {
  const { failure } = result;
  if (property === TOTALITY && failure !== null) {
    return { text: `${TOTALITY}, a step throws`, trace: failure.trace, isUnreached: false };
  }
  const caught = result.properties.find(({ verdict }) => verdict === "violated" || verdict === "unreached");
  if (caught === undefined) return null;
  const isUnreached = caught.verdict === "unreached";
  return { text: isUnreached ? `${caught.name}, never reached` : caught.name, trace: caught.trace, isUnreached };
}

/** Does one job, on the engine that is given, or that of this thread. */
export async function doJob(job: Job, onProgress: (progress: Progress) => void, engine?: Engine): Promise<JobResult> {
  const original = await loadSpec(job.files);
  if (job.type === "model") {
    const { parameters } = job.setting;
    const result = await runSpec(jobTitle(job), original, parameters, {}, onProgress, undefined, engine);
    return { parameters, result, breaksUnedited: false };
  }
  const { mutant } = job;
  const { parameters } = setting(original, null, jobTitle(job), mutant.parameters);
  const spec = withOnly(await loadMutantSpec(job.files, mutant), mutant.property);
  const result = await runSpec(jobTitle(job), spec, parameters, {}, onProgress, undefined, engine);
  const caught = catchOf(mutant, result);
  if (caught === null) return { parameters, result, breaksUnedited: false };
  // Where a property breaks, the search as deep as that tells. That something is never reached, only the whole one does.
  const limits = caught.isUnreached ? {} : { depthMax: result.depth };
  const breaksUnedited = await breaks(job, withOnly(original, mutant.property), parameters, limits, engine);
  return { parameters, result, breaksUnedited };
}

/** Whether the spec as it is breaks within the limits. One that refuses the mutant's parameters does not. */
async function breaks(
  job: Extract<Job, { type: "mutant" }>,
  spec: Spec,
  parameters: ParameterValues,
  limits: RunLimits,
  engine: Engine | undefined,
): Promise<boolean> {
  try {
    const result = await runSpec(jobTitle(job), spec, parameters, limits, () => {}, undefined, engine);
    return catchOf(job.mutant, result) !== null;
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
