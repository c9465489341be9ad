/**
 * Linearizability after Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects" (1990):
 * each operation appears to take effect at one instant between its invocation and its response.
 *
 * The search is Wing and Gong's, "Testing and Verifying Concurrent Objects" (1993): take away an operation that nothing
 * still there precedes, apply it, and go on with the rest. As Lowe's "Testing for linearizability" (2017) adds, a
 * position from which the search has failed is not searched again: how far each thread has got and the object's state
 * say all about what can follow. The cost is bounded by the number of such positions, and a sequential history has one
 * for each of its operations.
 */

import type { Plain } from "@quorate/core";
import { encode } from "../values/encode.ts";
import type { History, Invocation } from "./history.ts";

/** One way in which an operation may turn out. */
export type Outcome<State extends Plain, Result extends Plain> = { readonly state: State; readonly result: Result };

/** What an object does when it is used by one thread. All of it is pure. */
export interface SequentialSpecification<State extends Plain, Operation extends Plain, Result extends Plain> {
  readonly initial: State;
  /**
   * Every way in which `operation` may turn out when the object is in `state`: one for a deterministic object, none
   * where the operation has to wait.
   */
  outcomes(state: State, operation: Operation): readonly Outcome<State, Result>[];
}

/** An operation in its place in a sequential order, with what it returns there. */
export type LinearizedOperation<Operation extends Plain, Result extends Plain> = {
  readonly thread: string;
  readonly operation: Operation;
  readonly result: Result;
};

/** A place in the search: what has taken effect, and the step that led here. */
type Position<State extends Plain, Operation extends Plain, Result extends Plain> = {
  /** How many operations of each thread have taken effect, the one in flight included. */
  readonly taken: readonly number[];
  readonly state: State;
  readonly last: {
    readonly from: Position<State, Operation, Result>;
    readonly step: LinearizedOperation<Operation, Result>;
  } | null;
};

/** Whether the operations of `history` can be put in an order that `specification` allows and real time agrees with. */
export function isLinearizable<State extends Plain, Operation extends Plain, Result extends Plain>(
  specification: SequentialSpecification<State, Operation, Result>,
  history: History<Operation, Result>,
): boolean {
  return linearization(specification, history) !== null;
}

/**
 * An order of the operations of `history` that `specification` allows and real time agrees with, or null if there is
 * none. It contains every completed operation; those in flight may have taken effect or not, and only those that had to
 * are in it. A history that is not well-formed has no such order.
 */
export function linearization<State extends Plain, Operation extends Plain, Result extends Plain>(
  specification: SequentialSpecification<State, Operation, Result>,
  history: History<Operation, Result>,
): readonly LinearizedOperation<Operation, Result>[] | null {
  if (!history.wellFormed) return null;
  const threads = Object.entries(history.threads).sort(([a], [b]) => (a < b ? -1 : 1));
  const indexOf = new Map(threads.map(([thread], index) => [thread, index]));

  const mayBeNext = ({ after }: Invocation<Operation>, taken: readonly number[]): boolean =>
    Object.entries(after).every(([thread, last]) => {
      const index = indexOf.get(thread);
      return index === undefined || (taken[index] ?? 0) > last;
    });

  const nextPositions = (from: Position<State, Operation, Result>): Position<State, Operation, Result>[] =>
    threads.flatMap(([thread, { completed, inFlight }], index) => {
      const count = from.taken[index] ?? 0;
      const done = completed[count];
      const next = done ?? (count === completed.length ? inFlight : null);
      if (next === null || !mayBeNext(next, from.taken)) return [];
      const { operation } = next;
      const outcomes = specification.outcomes(from.state, operation);
      const possible = done === undefined ? outcomes : outcomes.filter(({ result }) => same(result, done.result));
      return possible.map(({ state, result }) => ({
        taken: from.taken.with(index, count + 1),
        state,
        last: { from, step: { thread, operation, result } },
      }));
    });

  const start = { taken: threads.map(() => 0), state: specification.initial, last: null };
  const visited = new Set<string>();
  const open: Position<State, Operation, Result>[] = [start];
  for (let position = open.pop(); position !== undefined; position = open.pop()) {
    const { taken, state } = position;
    if (threads.every(([, { completed }], index) => (taken[index] ?? 0) >= completed.length)) return orderTo(position);
    const key = encode([taken, state]);
    if (visited.has(key)) continue;
    visited.add(key);
    // Last in is first out, and the first thread is to be tried first.
    open.push(...nextPositions(position).reverse());
  }
  return null;
}

function orderTo<State extends Plain, Operation extends Plain, Result extends Plain>(
  end: Position<State, Operation, Result>,
): readonly LinearizedOperation<Operation, Result>[] {
  const order: LinearizedOperation<Operation, Result>[] = [];
  for (let { last } = end; last !== null; last = last.from.last) order.push(last.step);
  return order.reverse();
}

function same(a: Plain, b: Plain): boolean {
  return encode(a) === encode(b);
}
