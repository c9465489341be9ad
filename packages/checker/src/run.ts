/** Runs one model to its end, or to a limit, and says what was found. */

import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Cluster } from "./cluster/cluster.ts";
import { Explorer } from "./engine/explorer.ts";
import type { ActionCount, LimitName, Limits } from "./engine/explorer.ts";
import type { Predicate, System } from "./engine/system.ts";
import type { Model } from "./model/model.ts";
import type { PropertyKind } from "./properties.ts";
import { systemOf } from "./subject.ts";
import type { Trace } from "./trace/trace.ts";
import { traceOf } from "./trace/trace.ts";
import { NotPlainError } from "./values/encode.ts";

export interface RunLimits extends Limits {
  readonly millisecondsMax?: number;
}

/** How far a run has come. */
export interface Progress {
  readonly generated: number;
  readonly distinct: number;
  readonly queued: number;
  readonly depth: number;
  readonly seconds: number;
}

export interface PropertyResult {
  readonly name: string;
  readonly kind: PropertyKind;
  /** `unknown`: the run ended before every state was seen. */
  readonly verdict: "holds" | "violated" | "reached" | "unreached" | "unknown";
  /** The shortest path to the violation, or to the first state where a `sometimes` property holds. */
  readonly trace: Trace | null;
}

export interface RunResult extends Progress {
  /** `failed`: a function of the spec or of a protocol threw or is not pure. */
  readonly verdict: "holds" | "violated" | "incomplete" | "failed";
  readonly properties: readonly PropertyResult[];
  readonly actions: readonly ActionCount[];
  /** By number of new successors, how many states have so many. */
  readonly outdegrees: readonly number[];
  readonly limit: LimitName | null;
  readonly failure: { readonly error: Error; readonly trace: Trace } | null;
  /** TLC's two estimates of the chance that two states were taken for one. */
  readonly collisionProbability: { readonly optimistic: number; readonly actual: number };
  readonly memory: Explorer["memory"];
  /** How many transitions were counted without being computed, since they were known to lead to known states. */
  readonly passedOver: number;
  /** How often a function was really called to compute a transition. */
  readonly calls: number;
}

/** A state space that can't be explored at all, for a reason that lies in none of its functions. */
export class SubjectError extends Error {
  override readonly name = "SubjectError";
}

/** How many states are expanded between two looks at the clock. */
const SLICE_STATES = 2_000;

/**
 * Explores `subject`. `onProgress` is called some tens of times a second at most.
 *
 * @throws SubjectError if `subject` is not made of plain data, or its initial states lack something
 */
export async function run(
  subject: Cluster | Model,
  limits: RunLimits = {},
  onProgress: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<RunResult> {
  const started = performance.now();
  const system = open(subject);
  const explorer = new Explorer(system, limits);
  const progress = (): Progress => ({
    generated: explorer.generated,
    distinct: explorer.distinct,
    queued: explorer.queued,
    depth: explorer.depth,
    seconds: (performance.now() - started) / 1000,
  });
  let yielded = started;
  while (!explorer.done) {
    advance(subject, explorer);
    const now = performance.now();
    if (!explorer.done && now - started > (limits.millisecondsMax ?? Number.POSITIVE_INFINITY))
      explorer.stop("time-limit");
    if (now - yielded < 50) continue;
    yielded = now;
    onProgress(progress());
    await yieldToEvents();
    if (signal?.aborted === true) explorer.stop("interrupted");
  }
  if (explorer.distinct === 0 && explorer.ending === null) {
    const why = explorer.generated === 0 ? "it has no initial state" : "its constraint excludes every initial state";
    throw new SubjectError(`${why}, so every property would hold of nothing`);
  }
  return resultOf(system, explorer, progress());
}

function open(subject: Cluster | Model): System {
  try {
    return systemOf(subject);
  } catch (error) {
    throw new SubjectError(`it can't be set up: ${reasonOf(error)}`, { cause: error });
  }
}

/** Expands the next states. Errors of the spec's functions end the search; what it throws beside them is told apart. */
function advance(subject: Cluster | Model, explorer: Explorer): void {
  try {
    explorer.advance(SLICE_STATES);
  } catch (error) {
    if (explorer.depth === 0) {
      const names = subject.kind === "model" ? Object.keys(subject.variables) : [];
      const advice = names.length === 0 ? "" : `. Each must give ${names.join(", ")}: functions by key, sets as lists`;
      throw new SubjectError(`its initial states can't be read: ${reasonOf(error)}${advice}`, { cause: error });
    }
    if (error instanceof RangeError || error instanceof NotPlainError) {
      throw new SubjectError(`it can't be explored: ${reasonOf(error)}`, { cause: error });
    }
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}

function resultOf(system: System, explorer: Explorer, progress: Progress): RunResult {
  const { ending } = explorer;
  const properties = propertiesOf(system, explorer);
  const distinct = explorer.distinct;
  return {
    ...progress,
    verdict: verdictOf(explorer, properties),
    properties,
    actions: explorer.actionCounts,
    outdegrees: explorer.outdegrees,
    limit: ending?.type === "limit" ? ending.limit : null,
    failure: ending?.type === "failed" ? { error: ending.error, trace: traceOf(system, ending.path) } : null,
    collisionProbability: {
      optimistic: (distinct * Math.max(0, explorer.generated - distinct)) / 2 ** 64,
      actual: 1 / explorer.smallestGap(),
    },
    memory: explorer.memory,
    passedOver: explorer.passedOver,
    calls: system.calls,
  };
}

function verdictOf({ ending }: Explorer, properties: readonly PropertyResult[]): RunResult["verdict"] {
  if (ending?.type === "failed") return "failed";
  if (ending?.type === "violated") return "violated";
  if (ending?.type === "limit") return "incomplete";
  return properties.some(({ verdict }) => verdict === "unreached") ? "violated" : "holds";
}

function propertiesOf(system: System, explorer: Explorer): readonly PropertyResult[] {
  const { ending, reached } = explorer;
  const violated = ending?.type === "violated" ? ending : null;
  const trace = violated === null ? null : traceOf(system, violated.path);
  const unbroken = ending === null ? "holds" : "unknown";
  const safety = (kind: "always" | "step", predicates: readonly Predicate[]) =>
    predicates.map(({ name }): PropertyResult => {
      const broken = violated !== null && violated.kind === kind && violated.name === name;
      return { name, kind, verdict: broken ? "violated" : unbroken, trace: broken ? trace : null };
    });
  const sometimes = system.sometimes.map(({ name }): PropertyResult => {
    const path = reached.get(name);
    if (path !== undefined) return { name, kind: "sometimes", verdict: "reached", trace: traceOf(system, path) };
    return { name, kind: "sometimes", verdict: ending === null ? "unreached" : "unknown", trace: null };
  });
  const deadlock = violated?.kind === "deadlock";
  const forbidden: readonly PropertyResult[] =
    system.deadlock === "forbidden"
      ? [
          {
            name: "deadlock",
            kind: "deadlock",
            verdict: deadlock ? "violated" : unbroken,
            trace: deadlock ? trace : null,
          },
        ]
      : [];
  const steps = [...system.step, ...system.nodeStep];
  return [...safety("always", system.always), ...safety("step", steps), ...forbidden, ...sometimes];
}
