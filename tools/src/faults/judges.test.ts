import { describe, expect, test } from "vitest";
import { checkHistories, checkWatchers, residueOf } from "./judges.ts";
import type { History, Told } from "./judges.ts";
import type { Action, Operation } from "./linearizability.ts";
import type { Seen } from "./watcher.ts";

const KEY = "register/1/0";

function history(...operations: readonly Operation[]): History {
  return new Map([[KEY, operations]]);
}

function operation(call: number, end: number, action: Action): Operation {
  return { client: 0, call, end, action };
}

const put = (value: string, revision: number | null): Action => ({ type: "put", value, revision });
const get = (value: string | null, revision: number | null): Action => ({ type: "get", value, revision });
const event = (value: string | null, revision: number): Seen => ({ key: KEY, value, revision });
const told = (name: string, ...seen: readonly Seen[]): Told => ({ name, seen, complaints: [] });

const WRITTEN = history(
  operation(0, 1, put("a", 2)),
  operation(2, Infinity, put("b", null)),
  operation(3, 4, { type: "delete", revision: 4, existed: true }),
);

describe("watchers", () => {
  const all = [event("a", 2), event("b", 3), event(null, 4)];

  test("that are told all that happened are right, with or without what nobody knows of", () => {
    expect(checkWatchers([told("m1", ...all), told("m2", ...all)], WRITTEN, [])).toEqual([]);
    expect(checkWatchers([told("m1", event("a", 2), event(null, 4))], WRITTEN, [])).toEqual([]);
    expect(checkWatchers([told("m1", ...all, event("end", 5))], WRITTEN, ["end"])).toEqual([]);
  });

  test.each<[string, readonly Told[], string, string]>([
    ["lack a change", [told("m1", event("a", 2), event("b", 3))], "watch", "was told nothing"],
    ["are told of another value", [told("m1", event("b", 2), event(null, 4))], "watch", "was told b"],
    ["are told what nobody wrote", [told("m1", ...all, event("z", 5))], "watch", "nobody wrote z"],
    ["complain", [{ ...told("m1", ...all), complaints: ["it went back"] }], "watch", "it went back"],
    ["differ in number", [told("m1", ...all), told("m2", event("a", 2))], "agreement", "event 1 is"],
    ["differ in order", [told("m1", ...all), told("m2", ...all.toReversed())], "agreement", "event 0 is"],
  ])("that %s are found", (_, watchers, of, text) => {
    const violations = checkWatchers(watchers, WRITTEN, []);
    expect(violations.map((violation) => violation.of)).toContain(of);
    expect(violations.map((violation) => violation.text).join("\n")).toContain(text);
  });
});

describe("what is left of a key", () => {
  const operations = [
    operation(0, 1, put("a", 2)),
    operation(2, 3, put("b", 3)),
    operation(4, Infinity, put("c", null)),
    operation(5, 6, get("b", 3)),
  ];
  const laterRead = (value: string | null, revision: number | null): string => {
    const later = [...residueOf(operations), operation(10, 11, get(value, revision))];
    const { violations } = checkHistories(history(...later), []);
    return violations.length === 0 ? "right" : "wrong";
  };

  test("allows what it was, and what nobody knows the end of", () => {
    expect(residueOf(operations)).toHaveLength(2);
    expect(laterRead("b", 3)).toBe("right");
    expect(laterRead("c", 9)).toBe("right");
  });

  test("allows nothing older, nothing else, and no loss", () => {
    expect(laterRead("a", 2)).toBe("wrong");
    expect(laterRead("b", 4)).toBe("wrong");
    expect(laterRead(null, null)).toBe("wrong");
  });

  test("is nothing where there was nothing", () => {
    const gone = [operation(0, 1, put("a", 2)), operation(2, 3, { type: "delete", revision: 3, existed: true })];
    expect(residueOf([...gone, operation(4, 5, get(null, null))])).toEqual([]);
  });
});

test("a history that breaks the order is told with its end", () => {
  const { violations, unknown } = checkHistories(
    history(operation(0, 1, put("a", 2)), operation(2, 3, get(null, null))),
    [],
  );
  expect(unknown).toEqual([]);
  expect(violations).toMatchObject([{ of: "linearizability" }]);
  expect(violations[0]?.text).toContain(`client 0, 2.0 to 3.0: {"type":"get","value":null,"revision":null}`);
});
