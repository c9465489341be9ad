import fc from "fast-check";
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

type Register = { readonly value: string | null; readonly revision: number };

/** More than all revisions that are told, and one for each change that nobody was told of. */
const REVISION_MAX = 10;

/** The definition, word for word: whether some order of all that was answered and of some that was not is a register's. */
function isExplained(operations: readonly Operation[], register: Register): boolean {
  if (operations.every(({ end }) => end === Infinity)) return true;
  const earliestEnd = Math.min(...operations.map(({ end }) => end));
  return operations.some((next, at) => {
    if (next.call > earliestEnd) return false;
    return afterwards(next.action, register).some((after) => isExplained(operations.toSpliced(at, 1), after));
  });
}

/** What the register may be after an action: where nobody was told the revision of a change it is any that is left. */
function afterwards(action: Action, register: Register): readonly Register[] {
  const { value, revision } = register;
  const written = (next: string | null, told: number | null): readonly Register[] =>
    Array.from({ length: REVISION_MAX }, (_, at) => at + 1)
      .filter((at) => at > revision && (told === null || at === told))
      .map((at) => ({ value: next, revision: at }));
  switch (action.type) {
    case "get":
      return action.value === value && (value === null || action.revision === revision) ? [register] : [];
    case "put":
      return written(action.value, action.revision);
    case "delete":
      if (action.existed !== null && action.existed !== (value !== null)) return [];
      return value === null ? [register] : written(null, action.revision);
    case "cas":
      if (action.succeeded !== null && action.succeeded !== (value === action.expected)) return [];
      return value === action.expected ? written(action.value, action.revision) : [register];
  }
}

test("the verdict on a small history is that of trying all orders", () => {
  const value = fc.constantFrom("a", "b", "c");
  const known = fc.constantFrom(value, fc.constant(null)).chain((of) => of);
  const at = fc.integer({ min: 1, max: 4 });
  const answered = fc.oneof(
    fc.record({ type: fc.constant("get" as const), value: known, revision: at }),
    fc.record({ type: fc.constant("put" as const), value, revision: at }),
    fc.record({ type: fc.constant("delete" as const), revision: at, existed: fc.boolean() }),
    fc.record({ type: fc.constant("cas" as const), expected: known, value, succeeded: fc.boolean(), revision: at }),
  );
  const unanswered = fc.oneof(
    fc.record({ type: fc.constant("put" as const), value, revision: fc.constant(null) }),
    fc.record({ type: fc.constant("delete" as const), revision: fc.constant(null), existed: fc.constant(null) }),
    fc.record({
      type: fc.constant("cas" as const),
      expected: known,
      value,
      succeeded: fc.constant(null),
      revision: fc.constant(null),
    }),
  );
  const call = fc.integer({ min: 0, max: 20 });
  const operations = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(call, fc.integer({ min: 0, max: 9 }), answered) },
      { weight: 1, arbitrary: fc.tuple(call, fc.constant(Infinity), unanswered) },
    ),
    { maxLength: 6 },
  );
  const verdicts = { ok: 0, violated: 0, unknown: 0 };
  fc.assert(
    fc.property(operations, (drawn) => {
      const history = drawn.map(([from, length, action]) => operation(from, from + length, action));
      const { type } = checkRegister(history, STEPS);
      verdicts[type] += 1;
      expect(type).toBe(isExplained(history, { value: null, revision: 0 }) ? "ok" : "violated");
    }),
    { numRuns: 3_000 },
  );
  // Both kinds were among them.
  expect(verdicts.ok).toBeGreaterThan(100);
  expect(verdicts.violated).toBeGreaterThan(100);
});
