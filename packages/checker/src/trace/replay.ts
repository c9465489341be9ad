/** Runs a saved trace again, action by action. */

import type { Predicate, System } from "../engine/system.ts";
import { encode } from "../values/encode.ts";
import { actionText } from "./text.ts";
import { enter, successorsOf } from "./trace.ts";
import type { Successor, Trace, TraceStep } from "./trace.ts";

export type ReplayResult =
  | { readonly verdict: "violated" | "holds"; readonly trace: Trace }
  /** The system can't follow the trace: an action is not possible any more, or leads elsewhere. */
  | { readonly verdict: "diverged"; readonly trace: Trace; readonly reason: string };

/** Follows `trace` through `system`, and tells whether `property` still breaks at its end. */
export function replay(
  system: System,
  trace: Trace,
  property: { readonly property: string; readonly kind: string },
): ReplayResult {
  const followed: TraceStep[] = [];
  if (!isClaimed(system, property)) {
    return { verdict: "diverged", trace: followed, reason: `there is no property ${property.property}.` };
  }
  for (const [index, step] of trace.entries()) {
    const found = follow(system, step, index === 0);
    if (typeof found === "string")
      return { verdict: "diverged", trace: followed, reason: `step ${index + 1}, ${found}` };
    followed.push({ action: step.action, state: step.state });
    const last = index === trace.length - 1;
    if (last) Object.assign(system.to, { words: found.words, at: 0, length: found.length });
    if (last && property.kind === "step") break;
    enter(system, found);
  }
  return { verdict: breaks(system, property) ? "violated" : "holds", trace: followed };
}

/** Whether the property is still claimed, by its name and its kind. */
function isClaimed(system: System, { property, kind }: { readonly property: string; readonly kind: string }): boolean {
  if (kind === "deadlock") return system.deadlock === "forbidden";
  return predicatesOf(system, kind).some(({ name }) => name === property);
}

/** The successor that `step` describes, or why there is none. */
function follow(system: System, { action, state }: TraceStep, initial: boolean): Successor | string {
  const successors = successorsOf(system, initial);
  const description = action === null ? null : encode(action);
  const taken = successors.filter(
    (successor) => initial || encode(system.describeAction(successor.action, successor.detail)) === description,
  );
  const what = action === null ? "the initial state" : actionText(action);
  if (taken.length === 0) return `${what}, is not possible.`;
  const same = taken.find((successor) => encode(system.describeState(successor)) === encode(state));
  return same ?? `${what}, now leads to another state.`;
}

function breaks(system: System, { property, kind }: { readonly property: string; readonly kind: string }): boolean {
  if (kind === "deadlock") return successorsOf(system, false).length === 0;
  const predicate = predicatesOf(system, kind).find(({ name }) => name === property);
  return predicate !== undefined && !predicate.test();
}

function predicatesOf(system: System, kind: string): readonly Predicate[] {
  return kind === "step" ? [...system.step, ...system.nodeStep] : system.always;
}
