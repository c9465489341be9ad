import type { Properties } from "../properties.ts";
import type { Cursor } from "./frontier.ts";
import type { Recorder } from "./reads.ts";
import type { Predicate, StatePredicate } from "./system.ts";
import { Tracked } from "./tracked.ts";

/** The properties and the constraint of a spec, as remembered predicates. */
export interface Predicates {
  readonly always: readonly StatePredicate[];
  readonly step: readonly Predicate[];
  readonly sometimes: readonly StatePredicate[];
  readonly constraint: Predicate | null;
}

/**
 * Makes the predicates of a spec.
 *
 * @param view makes a view of the state at a cursor for the function named `reader`
 */
export function predicatesOf<View>(
  properties: Properties<View>,
  constraint: ((state: View) => boolean) | undefined,
  recorder: Recorder,
  cursors: { readonly from: Cursor; readonly to: Cursor },
  view: (cursor: Cursor, reader: string, itemwise: () => boolean) => View,
): Predicates {
  const overState = (kind: string, name: string, holds: (state: View) => boolean): StatePredicate => {
    const reader = `${kind} ${name}`.trim();
    const state = view(cursors.to, reader, () => tracked.itemwise);
    const tracked: Tracked<boolean> = trackedBoolean(reader, recorder, () => holds(state));
    return {
      name,
      test: () => tracked.evaluate(),
      get parts() {
        return tracked.parts;
      },
    };
  };
  const overStep = (name: string, holds: (before: View, after: View) => boolean): Predicate => {
    const reader = `step property ${name}`;
    const before = view(cursors.from, reader, () => tracked.itemwise);
    const after = view(cursors.to, reader, () => tracked.itemwise);
    const tracked: Tracked<boolean> = trackedBoolean(reader, recorder, () => holds(before, after));
    return { name, test: () => tracked.evaluate() };
  };
  const entries = <T>(record: { readonly [name: string]: T } | undefined): [string, T][] =>
    Object.entries(record ?? {});
  return {
    always: entries(properties.always).map(([name, holds]) => overState("always property", name, holds)),
    step: entries(properties.step).map(([name, holds]) => overStep(name, holds)),
    sometimes: entries(properties.sometimes).map(([name, holds]) => overState("sometimes property", name, holds)),
    constraint: constraint === undefined ? null : overState("the constraint", "", constraint),
  };
}

function trackedBoolean(reader: string, recorder: Recorder, call: () => unknown): Tracked<boolean> {
  const checked = (): boolean => {
    const result = call();
    if (typeof result !== "boolean") throw new TypeError(`it returned ${String(result)} instead of true or false`);
    return result;
  };
  return new Tracked(reader, recorder, checked);
}
