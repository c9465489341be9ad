import { describe, expect, test } from "vitest";
import { checkRegister } from "./linearizability.ts";
import type { Action, Operation } from "./linearizability.ts";

const STEPS = 100_000;

function operation(call: number, end: number, action: Action): Operation {
  return { client: 0, call, end, action };
}

const put = (value: string, revision: number | null): Action => ({ type: "put", value, revision });
const get = (value: string | null, revision: number | null): Action => ({ type: "get", value, revision });

describe("linearizable are", () => {
  test.each<[string, readonly Operation[]]>([
    ["nothing", []],
    ["a read after its write", [operation(0, 1, put("a", 2)), operation(2, 3, get("a", 2))]],
    [
      "a read beside a write that sees the old value, and one that sees the new",
      [
        operation(0, 1, put("a", 2)),
        operation(2, 9, put("b", 3)),
        operation(3, 4, get("a", 2)),
        operation(5, 6, get("b", 3)),
      ],
    ],
    [
      "a write without an answer that took place later",
      [operation(0, Infinity, put("a", null)), operation(5, 6, get(null, null)), operation(7, 8, get("a", 4))],
    ],
    [
      "a write without an answer that never took place",
      [operation(0, Infinity, put("a", null)), operation(5, 6, get(null, null))],
    ],
    [
      "a comparison that failed because another write came before",
      [
        operation(0, 1, put("a", 2)),
        operation(2, 9, put("b", 3)),
        operation(2, 9, { type: "cas", expected: "a", value: "c", succeeded: false, revision: 3 }),
      ],
    ],
  ])("%s", (_, operations) => {
    expect(checkRegister(operations, STEPS).type).toBe("ok");
  });
});

describe("not linearizable are", () => {
  test.each<[string, readonly Operation[]]>([
    ["a stale read", [operation(0, 1, put("a", 2)), operation(2, 3, put("b", 3)), operation(4, 5, get("a", 2))]],
    ["a lost write", [operation(0, 1, put("a", 2)), operation(2, 3, get(null, null))]],
    [
      "a read that goes back",
      [
        operation(0, 1, put("a", 2)),
        operation(2, 9, put("b", 3)),
        operation(3, 4, get("b", 3)),
        operation(5, 6, get("a", 2)),
      ],
    ],
    ["revisions that go back", [operation(0, 1, put("a", 5)), operation(2, 3, put("b", 4))]],
    [
      "revisions that go back beside a write without an answer",
      [operation(0, 1, put("a", 5)), operation(2, Infinity, put("b", null)), operation(3, 4, get("b", 3))],
    ],
    [
      "two changes without a revision between two that leave no room for them",
      [
        operation(0, 1, put("a", 5)),
        operation(2, Infinity, put("b", null)),
        operation(3, 4, { type: "cas", expected: "b", value: "c", succeeded: true, revision: 6 }),
      ],
    ],
    ["a value out of nowhere", [operation(0, 1, get("z", 2))]],
    [
      "two comparisons that both found the value",
      [
        operation(0, 1, put("a", 2)),
        operation(2, 9, { type: "cas", expected: "a", value: "b", succeeded: true, revision: 3 }),
        operation(2, 9, { type: "cas", expected: "a", value: "c", succeeded: true, revision: 4 }),
      ],
    ],
    [
      "a delete of what is there that found nothing",
      [operation(0, 1, put("a", 2)), operation(2, 3, { type: "delete", revision: 2, existed: false })],
    ],
  ])("%s", (_, operations) => {
    expect(checkRegister(operations, STEPS).type).toBe("violated");
  });
});

test("what takes too long is unknown, and not in order", () => {
  const writes = Array.from({ length: 20 }, (_, at) => operation(0, 100, put(`${at}`, null)));
  const verdict = checkRegister([...writes, operation(200, 201, get("nobody wrote this", 3))], 1_000);
  expect(verdict).toEqual({ type: "unknown", steps: 1_000 });
});
