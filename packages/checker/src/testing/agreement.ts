/** What the engine and the naive explorer must agree on, as one value of either. */

import type { Cluster } from "../cluster/cluster.ts";
import { Explorer } from "../engine/explorer.ts";
import type { Model } from "../model/model.ts";
import { naiveCluster, naiveExplore, naiveModel } from "../naive/index.ts";
import type { NaiveResult } from "../naive/index.ts";
import { systemOf } from "../subject.ts";

/** Explores `subject` with the engine and says what it found in the naive explorer's words. */
export function engineFindings(subject: Cluster | Model, statesMax: number = Number.POSITIVE_INFINITY): NaiveResult {
  const system = systemOf(subject);
  const explorer = new Explorer(system, { statesMax });
  // In slices, as `run` does.
  while (!explorer.done) explorer.advance(100);
  const { ending } = explorer;
  if (ending?.type === "failed") throw ending.error;
  const violated = ending?.type === "violated" ? ending : null;
  const taken = explorer.actionCounts.filter((action) => action.taken > 0);
  return {
    distinct: explorer.distinct,
    generated: explorer.generated,
    depth: explorer.depth,
    violated: violated?.name ?? null,
    violatedAt: violated?.path.length ?? null,
    reached: system.sometimes.map(({ name }) => name).filter((name) => explorer.reached.has(name)),
    actions: Object.fromEntries(taken.map((action) => [action.name, action.taken])),
  };
}

export function naiveFindings(subject: Cluster | Model, statesMax: number = Number.POSITIVE_INFINITY): NaiveResult {
  return subject.kind === "model"
    ? naiveExplore(naiveModel(subject), statesMax)
    : naiveExplore(naiveCluster(subject), statesMax);
}

/** What a sample of random subjects came to, so that a test can see that it was worth taking. */
export class Sample {
  size = 0;
  violated: { [property: string]: number } = {};
  deep = 0;
  reached = 0;
  actions = new Set<string>();
  exhausted = 0;
  statesMost = 0;

  add(findings: NaiveResult, statesMax: number): void {
    this.size++;
    if (findings.violated !== null) this.violated[findings.violated] = (this.violated[findings.violated] ?? 0) + 1;
    if (findings.depth > 3) this.deep++;
    if (findings.reached.length > 0) this.reached++;
    for (const action of Object.keys(findings.actions)) this.actions.add(action);
    if (findings.violated === null && findings.distinct < statesMax) this.exhausted++;
    this.statesMost = Math.max(this.statesMost, findings.distinct);
  }
}
