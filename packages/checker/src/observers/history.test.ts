import { nodeId } from "@quorate/core";
import type { Signature } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../cluster/cluster.ts";
import { deepFreeze } from "../values/freeze.ts";
import { emptyHistory, invoked, operationObserver, returned } from "./history.ts";
import type { History, OperationEvent } from "./history.ts";

type TestHistory = History<string, number>;
type Change = (history: TestHistory) => TestHistory;

const call =
  (thread: string, operation: string): Change =>
  (history) =>
    invoked(history, thread, operation);
const back =
  (thread: string, result: number): Change =>
  (history) =>
    returned(history, thread, result);
const historyOf = (...changes: readonly Change[]): TestHistory =>
  changes.reduce<TestHistory>((history, change) => deepFreeze(change(history)), emptyHistory());

describe("a history", () => {
  test("remembers the last completed operation of every other thread, at the invocation", () => {
    const first = [call("1", "a"), back("1", 10), call("2", "b"), call("1", "c"), back("1", 11), back("2", 20)];
    expect(historyOf(...first, call("1", "d"), call("3", "e"))).toEqual({
      wellFormed: true,
      threads: {
        "1": {
          completed: [
            { operation: "a", after: {}, result: 10 },
            { operation: "c", after: {}, result: 11 },
          ],
          inFlight: { operation: "d", after: { "2": 0 } },
        },
        "2": { completed: [{ operation: "b", after: { "1": 0 }, result: 20 }], inFlight: null },
        "3": { completed: [], inFlight: { operation: "e", after: { "1": 1, "2": 0 } } },
      },
    });
  });

  test("does not distinguish the order of the events of overlapping operations", () => {
    expect(historyOf(call("1", "a"), call("2", "b"), back("2", 2), back("1", 1))).toEqual(
      historyOf(call("2", "b"), call("1", "a"), back("1", 1), back("2", 2)),
    );
  });

  test("distinguishes what came one after the other", () => {
    expect(historyOf(call("1", "a"), back("1", 1), call("2", "b"))).not.toEqual(
      historyOf(call("1", "a"), call("2", "b"), back("1", 1)),
    );
  });

  test.each([
    [
      "a second invocation",
      [call("1", "a"), call("1", "b")],
      { completed: [], inFlight: { operation: "a", after: {} } },
    ],
    ["a response before any invocation", [back("1", 1)], { completed: [], inFlight: null }],
    [
      "a second response",
      [call("1", "a"), back("1", 1), back("1", 1)],
      { completed: [{ operation: "a", after: {}, result: 1 }], inFlight: null },
    ],
  ])("is ill-formed for ever after %s", (_, changes, thread) => {
    const history = historyOf(...changes);
    expect(history).toEqual({ wellFormed: false, threads: { "1": thread } });
    expect(historyOf(...changes, call("2", "c"), back("2", 2), back("1", 1))).toEqual(history);
  });

  test("is ill-formed after a response to another thread", () => {
    expect(historyOf(call("1", "a"), back("2", 1)).wellFormed).toBe(false);
  });

  test("may have threads named like something that every object inherits", () => {
    const history = historyOf(call("constructor", "a"), back("constructor", 1), call("__proto__", "b"));
    expect(history.wellFormed).toBe(true);
    expect(Object.keys(history.threads)).toEqual(["constructor", "__proto__"]);
  });
});

test("an observer gathers what an event contains, in order", () => {
  const event: NodeEvent<Signature> = { type: "crash", node: nodeId("1"), disk: null };
  const read = (): readonly OperationEvent<string, number>[] => [
    { type: "invocation", thread: "1", operation: "a" },
    { type: "response", thread: "1", result: 1 },
    { type: "invocation", thread: "1", operation: "b" },
  ];
  const observer = operationObserver<Signature, string, number>(read);
  expect(observer.observe(observer.initial, event)).toEqual(historyOf(call("1", "a"), back("1", 1), call("1", "b")));
});
