import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plain } from "@quorate/core";
import { deepFreeze } from "../values/freeze.ts";
import { emptyHistory, invoked, returned } from "./history.ts";
import type { History, OperationEvent } from "./history.ts";
import { isLinearizable, linearization } from "./linearizability.ts";
import type { SequentialSpecification } from "./linearizability.ts";
import { register } from "./register.ts";
import type { RegisterOperation, RegisterResult } from "./register.ts";

type QueueOperation = { readonly type: "enq"; readonly item: string } | { readonly type: "deq" };
type QueueResult = { readonly type: "ok"; readonly item: string | null };

/** The queue of Herlihy and Wing, whose dequeue waits while the queue is empty. */
const queue: SequentialSpecification<readonly string[], QueueOperation, QueueResult> = {
  initial: [],
  outcomes: (items, operation) => {
    if (operation.type === "enq") return [{ state: [...items, operation.item], result: { type: "ok", item: null } }];
    return items.slice(0, 1).map((item) => ({ state: items.slice(1), result: { type: "ok", item } }));
  },
};

/** An object that is not deterministic: any item may come out. */
const bag: typeof queue = {
  initial: [],
  outcomes: (items, operation) =>
    operation.type === "enq"
      ? queue.outcomes(items, operation)
      : items.map((item, index) => ({ state: items.toSpliced(index, 1), result: { type: "ok", item } })),
};

type RegisterEvent = OperationEvent<RegisterOperation<string>, RegisterResult<string>>;
type QueueEvent = OperationEvent<QueueOperation, QueueResult>;

const write = (thread: string, value: string): RegisterEvent => ({
  type: "invocation",
  thread,
  operation: { type: "write", value },
});
const read = (thread: string): RegisterEvent => ({ type: "invocation", thread, operation: { type: "read" } });
const written = (thread: string): RegisterEvent => ({ type: "response", thread, result: { type: "writeOk" } });
const got = (thread: string, value: string): RegisterEvent => ({
  type: "response",
  thread,
  result: { type: "readOk", value },
});
const enq = (thread: string, item: string): QueueEvent => ({
  type: "invocation",
  thread,
  operation: { type: "enq", item },
});
const deq = (thread: string): QueueEvent => ({ type: "invocation", thread, operation: { type: "deq" } });
const ok = (thread: string, item: string | null = null): QueueEvent => ({
  type: "response",
  thread,
  result: { type: "ok", item },
});

function historyOf<O extends Plain, R extends Plain>(...events: readonly OperationEvent<O, R>[]): History<O, R> {
  return events.reduce<History<O, R>>(
    (history, event) =>
      deepFreeze(
        event.type === "invocation"
          ? invoked(history, event.thread, event.operation)
          : returned(history, event.thread, event.result),
      ),
    emptyHistory(),
  );
}

describe("the queue histories of Herlihy and Wing, section 1.2", () => {
  test("H1: overlapping enqueues take effect in either order", () => {
    const enqueues = [enq("A", "x"), enq("B", "y"), ok("B"), ok("A")];
    const dequeues = [deq("B"), ok("B", "x"), deq("A"), ok("A", "y")];
    const h1 = historyOf(...enqueues, ...dequeues, enq("A", "z"));
    expect(linearization(queue, h1)).toEqual([
      { thread: "A", operation: { type: "enq", item: "x" }, result: { type: "ok", item: null } },
      { thread: "B", operation: { type: "enq", item: "y" }, result: { type: "ok", item: null } },
      { thread: "B", operation: { type: "deq" }, result: { type: "ok", item: "x" } },
      { thread: "A", operation: { type: "deq" }, result: { type: "ok", item: "y" } },
    ]);
  });

  test("H2: what was enqueued first, by another process, comes out first", () => {
    expect(
      isLinearizable(queue, historyOf(enq("A", "x"), ok("A"), enq("B", "y"), ok("B"), deq("A"), ok("A", "y"))),
    ).toBe(false);
  });

  test("H3: an enqueue takes effect before it returns", () => {
    expect(isLinearizable(queue, historyOf(enq("A", "x"), deq("B"), ok("B", "x")))).toBe(true);
  });

  test("H4: no item comes out twice", () => {
    const twice = [deq("A"), deq("C"), ok("A", "y"), ok("C", "y")];
    expect(isLinearizable(queue, historyOf(enq("A", "x"), enq("B", "y"), ok("A"), ok("B"), ...twice))).toBe(false);
  });
});

describe("a register", () => {
  const a = register("a");
  const linearizable = (...events: readonly RegisterEvent[]): boolean => isLinearizable(a, historyOf(...events));

  test("nothing has happened", () => {
    expect(linearization(a, emptyHistory())).toEqual([]);
  });

  test("a read returns the initial value, the last write's, and no other", () => {
    expect(linearizable(read("1"), got("1", "a"))).toBe(true);
    expect(linearizable(read("1"), got("1", "b"))).toBe(false);
    expect(linearizable(write("1", "b"), written("1"), read("1"), got("1", "b"))).toBe(true);
    expect(linearizable(write("1", "b"), written("1"), read("1"), got("1", "a"))).toBe(false);
  });

  test("real time orders operations of different threads, which sequential consistency does not", () => {
    expect(linearizable(write("1", "b"), written("1"), read("2"), got("2", "a"))).toBe(false);
    expect(linearizable(read("2"), got("2", "b"), write("1", "b"), written("1"))).toBe(false);
  });

  test("a read that overlaps a write returns the old value or the new one", () => {
    expect(linearizable(read("1"), write("2", "b"), written("2"), got("1", "a"))).toBe(true);
    expect(linearizable(read("1"), write("2", "b"), written("2"), got("1", "b"))).toBe(true);
    expect(linearizable(read("1"), write("2", "b"), written("2"), got("1", "c"))).toBe(false);
  });

  test("a write in flight may be observed, and then stays so", () => {
    expect(linearizable(write("1", "b"), read("2"), got("2", "b"))).toBe(true);
    expect(linearizable(write("1", "b"), read("2"), got("2", "a"), read("2"), got("2", "b"))).toBe(true);
    expect(linearizable(write("1", "b"), read("2"), got("2", "b"), read("2"), got("2", "a"))).toBe(false);
    expect(linearizable(write("1", "b"), read("2"), got("2", "b"), read("3"), got("3", "a"))).toBe(false);
  });

  test("a write in flight takes effect after what ended before it began", () => {
    expect(linearizable(read("1"), got("1", "b"), write("2", "b"))).toBe(false);
    expect(linearizable(write("1", "b"), written("1"), read("1"), got("1", "b"), write("2", "a"))).toBe(true);
  });

  test("an ill-formed history has no order", () => {
    expect(linearization(a, historyOf(got("1", "a")))).toBeNull();
    expect(linearization(a, historyOf(read("1"), read("1"), got("1", "a")))).toBeNull();
  });

  test("threads may be named like something that every object inherits", () => {
    expect(linearizable(write("constructor", "b"), written("constructor"), read("2"), got("2", "b"))).toBe(true);
    expect(
      linearizable(write("constructor", "b"), written("constructor"), read("__proto__"), got("__proto__", "a")),
    ).toBe(false);
  });

  test("an order in which nothing in flight is needed leaves it out", () => {
    expect(linearization(a, historyOf(write("2", "b"), read("1"), got("1", "a")))).toEqual([
      { thread: "1", operation: { type: "read" }, result: { type: "readOk", value: "a" } },
    ]);
  });
});

test("an object that is not deterministic may take any of its ways", () => {
  const out = (item: string): QueueEvent[] => [deq("B"), ok("B", item)];
  const filled = [enq("A", "x"), ok("A"), enq("A", "y"), ok("A")];
  expect(isLinearizable(bag, historyOf(...filled, ...out("y"), ...out("x")))).toBe(true);
  expect(isLinearizable(bag, historyOf(...filled, ...out("y"), ...out("y")))).toBe(false);
  // What is in flight may have taken the y and no other.
  expect(isLinearizable(bag, historyOf(...filled, deq("C"), ...out("x"), ...out("x")))).toBe(false);
});

test("long histories take no long search", () => {
  const values = Array.from({ length: 2_000 }, (_, index) => `v${index}`);
  const sequential = values.flatMap((value) => [write("1", value), written("1"), read("2"), got("2", value)]);
  expect(isLinearizable(register(""), historyOf(...sequential))).toBe(true);
  // Six threads write the same at the same time, again and again; then one reads what nobody wrote.
  const threads = ["1", "2", "3", "4", "5", "6"];
  const round = [...threads.map((thread) => write(thread, "v")), ...threads.map(written)];
  const rounds = Array.from({ length: 30 }, () => round).flat();
  expect(isLinearizable(register(""), historyOf(...rounds, read("1"), got("1", "w")))).toBe(false);
});

describe("against every permutation, by the definition", () => {
  const threads = fc.constantFrom("1", "2", "3");
  const items = fc.constantFrom("x", "y");

  test("registers", () => {
    agree(register<string>("x"), {
      operations: fc.oneof(
        fc.constant<RegisterOperation<string>>({ type: "read" }),
        items.map((value): RegisterOperation<string> => ({ type: "write", value })),
      ),
      result: (operation, value): RegisterResult<string> =>
        operation.type === "read" ? { type: "readOk", value } : { type: "writeOk" },
    });
  });

  test("queues", () => agree(queue, queueEvents));
  test("bags", () => agree(bag, queueEvents));

  const queueEvents = {
    operations: fc.oneof(
      fc.constant<QueueOperation>({ type: "deq" }),
      items.map((item): QueueOperation => ({ type: "enq", item })),
    ),
    result: (operation: QueueOperation, item: string): QueueResult => ({
      type: "ok",
      item: operation.type === "deq" ? item : null,
    }),
  };

  function agree<St extends Plain, O extends Plain, R extends Plain>(
    specification: SequentialSpecification<St, O, R>,
    {
      operations,
      result,
    }: { readonly operations: fc.Arbitrary<O>; readonly result: (operation: O, item: string) => R },
  ): void {
    const steps = fc.array(fc.record({ thread: threads, operation: operations, item: items }), { maxLength: 11 });
    let linearizable = 0;
    let not = 0;
    fc.assert(
      fc.property(steps, (steps) => {
        const inFlight = new Map<string, O>();
        const events = steps.map(({ thread, operation, item }): OperationEvent<O, R> => {
          const waiting = inFlight.get(thread);
          if (waiting === undefined) inFlight.set(thread, operation);
          else inFlight.delete(thread);
          return waiting === undefined
            ? { type: "invocation", thread, operation }
            : { type: "response", thread, result: result(waiting, item) };
        });
        const expected = hasLinearization(specification, events);
        if (expected) linearizable++;
        else not++;
        expect(isLinearizable(specification, historyOf(...events))).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    // Neither answer may be a rarity.
    expect(Math.min(linearizable, not)).toBeGreaterThan(100);
  }
});

/**
 * The definition, from the events themselves: the history, extended by responses to some of its pending invocations and
 * cut of the others, has the same operations as a legal sequential one, which keeps the order of those that did not
 * overlap.
 */
function hasLinearization<St extends Plain, O extends Plain, R extends Plain>(
  specification: SequentialSpecification<St, O, R>,
  events: readonly OperationEvent<O, R>[],
): boolean {
  const operations = events.flatMap((event, from) => {
    if (event.type !== "invocation") return [];
    const response = events.findIndex((other, at) => at > from && other.thread === event.thread);
    const answer = events[response];
    const done = answer?.type === "response" ? { at: response, result: answer.result } : null;
    return [{ operation: event.operation, from, done }];
  });
  const legalFrom = (state: St, rest: typeof operations): boolean =>
    rest.every(({ done }) => done === null) ||
    rest.some((next) => {
      if (rest.some(({ done }) => done !== null && done.at < next.from)) return false;
      return specification.outcomes(state, next.operation).some(
        (outcome) =>
          (next.done === null || isDeepStrictEqual(outcome.result, next.done.result)) &&
          legalFrom(
            outcome.state,
            rest.filter((other) => other !== next),
          ),
      );
    });
  return legalFrom(specification.initial, operations);
}
