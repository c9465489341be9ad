/**
 * The naive explorer: breadth first over whole states, compared by their structure, with nothing interned, remembered or
 * hashed. It is slow and obviously right, and the engine must agree with it.
 */

import type { Properties } from "../properties.ts";
import { encode } from "../values/encode.ts";

export interface NaiveTransition<S> {
  readonly action: string;
  readonly state: S;
}

/** A front end in the naive explorer's terms. `view` turns a state into what properties read. */
export interface NaiveSystem<S, View> {
  initial(): readonly S[];
  successors(state: S): readonly NaiveTransition<S>[];
  view(state: S): View;
  readonly properties: Properties<View>;
  constraint(state: View): boolean;
  readonly deadlock: "forbidden" | "allowed";
}

export interface NaiveResult {
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  /** The first `always` or `step` property found broken, or `deadlock`; null if none is. */
  readonly violated: string | null;
  /** How many states the shortest path to the violation has. */
  readonly violatedAt: number | null;
  /** The `sometimes` properties that were reached, in the order of the spec. */
  readonly reached: readonly string[];
  /** How often each action was taken. Actions never taken are not listed. */
  readonly actions: { readonly [name: string]: number };
}

/**
 * Explores every reachable state of `system`, or until a property breaks, or until `maxStates` are found; states at
 * depth `maxDepth` are not expanded.
 */
export function naiveExplore<S, View>(
  system: NaiveSystem<S, View>,
  maxStates: number = Number.POSITIVE_INFINITY,
  maxDepth: number = Number.POSITIVE_INFINITY,
): NaiveResult {
  const { always = {}, step = {}, sometimes = {} } = system.properties;
  const visited = new Set<string>();
  const reached = new Set<string>();
  const actions: { [name: string]: number } = {};
  let generated = 0;
  let depth = 0;
  let level: S[] = [];
  const result = (violated: string | null): NaiveResult => ({
    distinct: visited.size,
    generated,
    depth,
    violated,
    violatedAt: violated === null ? null : violated === "deadlock" ? depth : depth + 1,
    reached: Object.keys(sometimes).filter((name) => reached.has(name)),
    actions,
  });

  /** Takes one generated state in, and returns the name of the property that it breaks. */
  const visit = (state: S, next: S[]): string | null => {
    generated++;
    const view = system.view(state);
    const within = system.constraint(view);
    const encoding = encode(state);
    if (visited.has(encoding)) return null;
    if (within) {
      visited.add(encoding);
      next.push(state);
    }
    for (const [name, holds] of Object.entries(sometimes)) if (holds(view)) reached.add(name);
    return Object.entries(always).find(([, holds]) => !holds(view))?.[0] ?? null;
  };

  const first: S[] = [];
  for (const state of system.initial()) {
    const violated = visit(state, first);
    if (violated !== null) return result(violated);
  }
  level = first;
  while (level.length > 0 && depth < maxDepth) {
    depth++;
    const next: S[] = [];
    for (const state of level) {
      const transitions = system.successors(state);
      if (transitions.length === 0 && system.deadlock === "forbidden") return result("deadlock");
      for (const transition of transitions) {
        actions[transition.action] = (actions[transition.action] ?? 0) + 1;
        const before = system.view(state);
        const after = system.view(transition.state);
        const broken = Object.entries(step).find(([, holds]) => !holds(before, after));
        const violated = visit(transition.state, next) ?? broken?.[0] ?? null;
        if (violated !== null) return result(violated);
        if (visited.size >= maxStates) return result(null);
      }
    }
    level = next;
  }
  return result(null);
}
