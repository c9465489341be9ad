/** What the engine and the naive explorer must agree on, as one value of either. */

import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../cluster/cluster.ts";
import { Explorer } from "../engine/explorer.ts";
import type { Model } from "../model/model.ts";
import { naiveCluster, naiveExplore, naiveModel } from "../naive/index.ts";
import type { NaiveResult } from "../naive/index.ts";
import { systemOf } from "../subject.ts";

/** Where to stop. Absent means never. */
export interface Bounds {
  readonly statesMax?: number;
  readonly depthMax?: number;
}

/** Explores `subject` with the engine and says what it found in the naive explorer's words. */
export function engineFindings(subject: Cluster | Model, bounds: Bounds = {}): NaiveResult {
  const system = systemOf(subject);
  const explorer = new Explorer(system, bounds);
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

export function naiveFindings(subject: Cluster | Model, { statesMax, depthMax }: Bounds = {}): NaiveResult {
  return subject.kind === "model"
    ? naiveExplore(naiveModel(subject), statesMax, depthMax)
    : naiveExplore(naiveCluster(subject), statesMax, depthMax);
}

/** Throws unless both explorers find the same in `subject`. */
export function assertAgreement(subject: Cluster | Model, bounds: Bounds): NaiveResult {
  const naive = naiveFindings(subject, bounds);
  const engine = engineFindings(subject, bounds);
  if (isDeepStrictEqual(engine, naive)) return naive;
  throw new Error(`the engine found ${JSON.stringify(engine)}, the naive explorer ${JSON.stringify(naive)}`);
}

/**
 * The same cluster once for each of its claims, with that claim alone, and once with none: where several claims break
 * at the same depth, it is the order of the successors that decides which of them is found.
 */
export function claimByClaim({ kind, options }: Cluster): {
  readonly unclaimed: Cluster;
  readonly claims: readonly Cluster[];
} {
  const { always = {}, step = {}, nodeSteps = {}, deadlock = "allowed", ...rest } = options;
  const withClaim = (claim: Partial<Cluster["options"]>): Cluster => ({
    kind,
    options: { ...rest, deadlock: "allowed", ...claim },
  });
  const claims = [
    ...Object.entries(always).map(([name, holds]) => ({ always: { [name]: holds } })),
    ...Object.entries(step).map(([name, holds]) => ({ step: { [name]: holds } })),
    ...Object.entries(nodeSteps).map(([name, holds]) => ({ nodeSteps: { [name]: holds } })),
    ...(deadlock === "forbidden" ? [{ deadlock }] : []),
  ];
  return { unclaimed: withClaim({}), claims: claims.map(withClaim) };
}

/** What a sample of random subjects came to, so that a test can see that it was worth taking. */
export class Sample {
  size = 0;
  deeperThan3 = 0;
  /** How many reached a `sometimes` property. */
  reached = 0;
  /** How many were seen to the end. */
  exhausted = 0;
  readonly actions: Set<string> = new Set();
  readonly #broken: string[] = [];

  add(findings: NaiveResult, statesMax: number): void {
    this.size++;
    this.addVerdict(findings);
    if (findings.depth > 3) this.deeperThan3++;
    if (findings.reached.length > 0) this.reached++;
    for (const action of Object.keys(findings.actions)) this.actions.add(action);
    if (findings.violated === null && findings.distinct < statesMax) this.exhausted++;
  }

  addVerdict({ violated }: NaiveResult): void {
    if (violated !== null) this.#broken.push(violated);
  }

  /** How often a property broke whose name begins with `prefix`. */
  brokenBy(prefix: string): number {
    return this.#broken.filter((name) => name.startsWith(prefix)).length;
  }
}
