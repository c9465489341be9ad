/**
 * Concurrent histories as plain data: which operations threads invoked on an object, what came back, and which
 * operation had ended before which began.
 *
 * Real time is kept in the weakest form that decides linearizability: an invocation remembers, for every other thread,
 * the last operation which that thread had completed. Histories that differ only in how the events of overlapping
 * operations interleaved are thus equal, and a model checker does not tell their states apart. Stateright's
 * `LinearizabilityTester` keeps exactly the same, so that counts of states are comparable.
 */

import type { Plain, Signature } from "@quorate/core";
import type { NodeEvent, Observer } from "../cluster/cluster.ts";

/** An operation that a thread invoked. */
export type Invocation<Operation extends Plain> = {
  readonly operation: Operation;
  /**
   * What came before it in real time: by thread, the index of the last operation which that thread had completed. The
   * invoking thread itself and threads that had completed nothing are left out.
   */
  readonly after: { readonly [thread: string]: number };
};

/** An operation that returned. */
export type Completed<Operation extends Plain, Result extends Plain> = Invocation<Operation> & {
  readonly result: Result;
};

/** One thread: it is sequential, so at most one of its operations is in flight. */
export type ThreadHistory<Operation extends Plain, Result extends Plain> = {
  readonly completed: readonly Completed<Operation, Result>[];
  readonly inFlight: Invocation<Operation> | null;
};

/**
 * What happened to an object. Once a history is not well-formed, because a thread invoked an operation while it had one
 * in flight or because something returned that nobody waited for, it stays as it is.
 */
export type History<Operation extends Plain, Result extends Plain> = {
  readonly wellFormed: boolean;
  readonly threads: { readonly [thread: string]: ThreadHistory<Operation, Result> };
};

/** What observers read out of an event of the cluster. */
export type OperationEvent<Operation extends Plain, Result extends Plain> =
  | { readonly type: "invocation"; readonly thread: string; readonly operation: Operation }
  | { readonly type: "response"; readonly thread: string; readonly result: Result };

/** The history in which nothing has happened yet. */
export function emptyHistory<Operation extends Plain, Result extends Plain>(): History<Operation, Result> {
  return { wellFormed: true, threads: {} };
}

/** `history` after `thread` invoked `operation`. */
export function invoked<Operation extends Plain, Result extends Plain>(
  history: History<Operation, Result>,
  thread: string,
  operation: Operation,
): History<Operation, Result> {
  if (!history.wellFormed) return history;
  const { completed, inFlight } = threadOf(history, thread);
  if (inFlight !== null) return { ...history, wellFormed: false };
  const others = Object.entries(history.threads).filter(
    ([other, { completed }]) => other !== thread && completed.length > 0,
  );
  const after = Object.fromEntries(others.map(([other, { completed }]) => [other, completed.length - 1]));
  return withThread(history, thread, { completed, inFlight: { operation, after } });
}

/** `history` after the operation that `thread` had in flight returned `result`. */
export function returned<Operation extends Plain, Result extends Plain>(
  history: History<Operation, Result>,
  thread: string,
  result: Result,
): History<Operation, Result> {
  if (!history.wellFormed) return history;
  const { completed, inFlight } = threadOf(history, thread);
  if (inFlight === null) return { ...withThread(history, thread, { completed, inFlight }), wellFormed: false };
  return withThread(history, thread, { completed: [...completed, { ...inFlight, result }], inFlight: null });
}

/**
 * An observer that gathers a history. `read` gives the invocations and the responses that an event of the cluster
 * contains, in the order in which they count.
 */
export function operationObserver<S extends Signature, Operation extends Plain, Result extends Plain>(
  read: (event: NodeEvent<S>) => readonly OperationEvent<Operation, Result>[],
): Observer<S, History<Operation, Result>> {
  return {
    initial: emptyHistory(),
    observe: (history, event) => read(event).reduce(extended, history),
  };
}

function extended<Operation extends Plain, Result extends Plain>(
  history: History<Operation, Result>,
  event: OperationEvent<Operation, Result>,
): History<Operation, Result> {
  switch (event.type) {
    case "invocation":
      return invoked(history, event.thread, event.operation);
    case "response":
      return returned(history, event.thread, event.result);
  }
}

function threadOf<Operation extends Plain, Result extends Plain>(
  { threads }: History<Operation, Result>,
  thread: string,
): ThreadHistory<Operation, Result> {
  // A thread may be called `constructor`.
  const known = Object.hasOwn(threads, thread) ? threads[thread] : undefined;
  return known ?? { completed: [], inFlight: null };
}

function withThread<Operation extends Plain, Result extends Plain>(
  history: History<Operation, Result>,
  thread: string,
  now: ThreadHistory<Operation, Result>,
): History<Operation, Result> {
  return { ...history, threads: { ...history.threads, [thread]: now } };
}
