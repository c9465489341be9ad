import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearMiss, randomPlain, reversedCopy } from "../testing/random-plain.ts";
import { encode, NotPlainError } from "./encode.ts";

describe("the canonical encoding", () => {
  test.each<[string, unknown, string]>([
    ["null", null, "null"],
    ["a boolean", true, "true"],
    ["an integer", -12, "-12"],
    ["minus zero as zero", -0, "0"],
    ["the largest integer", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["a string", 'say "hi"\n', String.raw`"say \"hi\"\n"`],
    ["a string beyond ASCII", "é", '"é"'],
    ["half a surrogate pair", "\ud800", String.raw`"\ud800"`],
    ["a long string", "x".repeat(40), `"${"x".repeat(40)}"`],
    ["a byte string", Uint8Array.of(0, 1, 255), "#0001ff"],
    ["a part of a byte string", Uint8Array.of(0, 1, 255).subarray(1), "#01ff"],
    ["a string that looks like a byte string", "#00", '"#00"'],
    ["the empty byte string", new Uint8Array(0), "#"],
    ["an empty list", [], "[]"],
    ["an empty record", {}, "{}"],
    ["a record without a prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [
      "fields by code unit",
      { b: 1, a: [2, { d: 3, c: null }], B: 4, "10": 5, "9": 6 },
      '{"10":5,"9":6,"B":4,"a":[2,{"c":null,"d":3}],"b":1}',
    ],
    ["a field called __proto__", JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])("writes %s", (_, value, encoding) => {
    expect(encode(value)).toBe(encoding);
  });

  test("is the same for values that differ in the order of fields alone", () => {
    fc.assert(fc.property(randomPlain, (value) => encode(value) === encode(reversedCopy(value))));
  });

  test("differs for values that differ in one small thing", () => {
    const choices = fc.array(fc.nat(3), { maxLength: 4 });
    fc.assert(fc.property(randomPlain, choices, (value, path) => encode(value) !== encode(nearMiss(value, path))));
  });
});

describe("what is not plain is refused, with its place", () => {
  const cycle: { list: unknown[] } = { list: [1] };
  cycle.list.push({ back: cycle });
  const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);

  test.each<[string, unknown, string, string]>([
    ["a function", () => 1, "", "a function"],
    ["a function in a record", { a: { f: () => 1 } }, ".a.f", "a function"],
    ["undefined", undefined, "", "undefined"],
    ["an undefined field", { a: 1, b: undefined }, ".b", "undefined"],
    // oxlint-disable-next-line no-sparse-arrays
    ["a hole in a list", [1, , 3], "[1]", "undefined"],
    ["NaN", [{ n: Number.NaN }], "[0].n", "NaN, not an integer"],
    ["infinity", Number.POSITIVE_INFINITY, "", "Infinity, not an integer"],
    ["a fraction", { log: [0, { command: 1.5 }] }, ".log[1].command", "1.5, not an integer"],
    ["an inexact integer", { n: 2 ** 53 }, ".n", "9007199254740992, an integer too large to be exact"],
    ["a symbol", [Symbol("s")], "[0]", "a symbol"],
    ["a bigint", { n: 1n }, ".n", "a bigint"],
    ["a Map", { m: new Map() }, ".m", "an instance of Map"],
    ["a Date", [[new Date(0)]], "[0][0]", "an instance of Date"],
    ["an instance of a class", { a: new (class Ballot {})() }, ".a", "an instance of Ballot"],
    ["an instance of a class without a name", new (class {})(), "", "an instance of an unnamed class"],
    ["a cycle", cycle, ".list[1].back", "a cycle"],
    ["the first of several", { a: 1.5, b: undefined }, ".a", "1.5, not an integer"],
    ["what is nested too deep", deep(600), "", "nested more than 500 deep"],
  ])("%s", (_, value, path, found) => {
    const refusal = (): NotPlainError | null => {
      try {
        encode(value);
        return null;
      } catch (error) {
        if (error instanceof NotPlainError) return error;
        throw error;
      }
    };
    expect(refusal()).toMatchObject({ name: "NotPlainError", path, found });
    expect(refusal()?.message).toContain(`${path === "" ? "the value" : path} is ${found}; plain data is`);
  });

  test("what is shared but no cycle is plain", () => {
    const shared = { n: 1 };
    expect(encode([shared, shared])).toBe('[{"n":1},{"n":1}]');
    expect(encode(deep(400))).toHaveLength(801);
  });
});
