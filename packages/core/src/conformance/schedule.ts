/** Schedules: what happens to a cluster, as plain data that fast-check can generate and shrink. */

import fc from "fast-check";
import type { Signature } from "../protocol.ts";
import type { Cluster } from "./cluster.ts";

/**
 * One thing that happens. `persist` writes one step to a disk that lags behind, `flush` all that there are at once. `which` chooses among what can happen in that way, counted around: among the messages in
 * flight, the timers that run, the nodes that are up. Where there is nothing to choose, nothing happens.
 */
export type Action<S extends Signature> =
  | { readonly type: "deliver" | "duplicate" | "lose"; readonly which: number }
  | { readonly type: "persist" | "flush" | "timeout" | "crash" | "start"; readonly which: number }
  | { readonly type: "request"; readonly which: number; readonly request: S["request"] };

/** The types of the actions that bring no data along, with how often each comes up. */
const WEIGHTS = { deliver: 60, persist: 14, flush: 10, start: 6, duplicate: 5, lose: 4, timeout: 4, crash: 3 } as const;
const REQUEST_WEIGHT = 4;

/** Above every number of things to choose from, and even: choices come out nearly uniform. */
const WHICH_MAX = 2 ** 20 - 1;

export function arbitraryWhich(): fc.Arbitrary<number> {
  return fc.nat(WHICH_MAX);
}

/** Any one action, with requests out of `requests`. */
export function arbitraryAction<S extends Signature>(requests: fc.Arbitrary<S["request"]>): fc.Arbitrary<Action<S>> {
  const which = arbitraryWhich();
  const types = Object.entries(WEIGHTS).map(([type, weight]) => ({ value: type as keyof typeof WEIGHTS, weight }));
  const dataless = fc.record({ type: constantOf(types), which });
  const request = fc.record({ type: fc.constant("request" as const), which, request: requests });
  const weight = types.reduce((sum, type) => sum + type.weight, 0);
  return fc.oneof({ arbitrary: dataless, weight }, { arbitrary: request, weight: REQUEST_WEIGHT });
}

function constantOf<T>(choices: readonly { readonly value: T; readonly weight: number }[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(({ value, weight }) => ({ arbitrary: fc.constant(value), weight })));
}

/** A list of up to `lengthMax` things that happen, and not of a few as fast-check would make by default. */
export function arbitrarySchedule<T>(action: fc.Arbitrary<T>, lengthMax: number): fc.Arbitrary<readonly T[]> {
  return fc.array(action, { maxLength: lengthMax, size: "max" });
}

/** Makes `action` happen. */
export function perform<S extends Signature>(cluster: Cluster<S>, action: Action<S>): void {
  const { which } = action;
  switch (action.type) {
    case "deliver":
    case "duplicate":
    case "lose": {
      const envelope = choose(cluster.inFlight, which);
      if (envelope === undefined) return;
      if (action.type !== "duplicate") cluster.remove(envelope);
      if (action.type !== "lose") cluster.deliver(envelope);
      return;
    }
    case "persist":
    case "flush": {
      const behind = cluster.nodes.filter(({ life }) => life !== null && life.unwritten.length > 0);
      const node = choose(behind, which);
      if (node !== undefined) cluster.persist(node.id, action.type === "persist" ? 1 : node.life?.unwritten.length);
      return;
    }
    case "timeout": {
      const running = cluster.nodes.flatMap(({ id, life }) => (life?.timers ?? []).map((timer) => ({ id, timer })));
      const chosen = choose(running, which);
      if (chosen !== undefined) cluster.input(chosen.id, { type: "timeout", timer: chosen.timer });
      return;
    }
    case "crash": {
      const node = choose(
        cluster.nodes.filter(({ life }) => life !== null),
        which,
      );
      if (node !== undefined) cluster.crash(node.id);
      return;
    }
    case "start": {
      const node = choose(
        cluster.nodes.filter(({ life }) => life === null),
        which,
      );
      if (node !== undefined) cluster.start(node.id);
      return;
    }
    case "request": {
      const node = choose(cluster.nodes, which);
      if (node !== undefined) cluster.input(node.id, { type: "request", request: action.request });
      return;
    }
  }
}

/** One of `items`, or undefined if there is none. */
export function choose<T>(items: readonly T[], which: number): T | undefined {
  return items[which % items.length];
}
