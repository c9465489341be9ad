import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plain } from "../plain.ts";
import { decode, encode, plainFault } from "./codec.ts";
import { copy, frozenCopy } from "./copy.ts";
import { difference } from "./difference.ts";

const bytes = fc.uint8Array({ maxLength: 4 });
/** Names that a careless encoding confuses, or loses. */
const field = fc.oneof(fc.constantFrom("#", "##", "__proto__", "constructor", "0", ""), fc.string());

const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.string(), bytes),
    fc.array(tie("plain"), { maxLength: 4 }),
    fc.dictionary(field, tie("plain"), { maxKeys: 4 }),
  ),
}));

/** The same value with the fields of its records in the opposite order. */
function reversed(value: Plain): Plain {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return (value as readonly Plain[]).map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reversed(part)]),
  );
}

describe("plain values", () => {
  test("survive encoding and decoding", () => {
    fc.assert(fc.property(plain, (value) => difference(decode(encode(value)), value) === null));
  });

  test("have one encoding, whatever the order of their fields", () => {
    fc.assert(fc.property(plain, (value) => encode(reversed(value)) === encode(value)));
  });

  test("have different encodings exactly if they differ", () => {
    fc.assert(
      fc.property(plain, plain, (one, other) => (difference(one, other) === null) === (encode(one) === encode(other))),
    );
  });

  test("are equal to their copies, and share nothing with them", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copied = frozenCopy(value);
        const isObject = typeof value === "object" && value !== null;
        return (
          difference(copied, value) === null && (copied !== value || !isObject) && encode(copied) === encode(value)
        );
      }),
    );
  });
});

const cycle: Record<string, unknown> = {};
cycle["next"] = [cycle];

describe("what is not plain is named, with its place", () => {
  test.each([
    ["the value is undefined", undefined],
    ["the value is a function", () => 0],
    [".log[1].at is 0.5, not a safe integer", { log: [0, { at: 0.5 }] }],
    [".n is NaN, not a safe integer", { n: Number.NaN }],
    [".n is 9007199254740992, not a safe integer", { n: 2 ** 53 }],
    [".n is a bigint", { n: 1n }],
    [".m is an instance of a class", { m: new Map() }],
    [".next[0] is a cycle", cycle],
    ["[0] has a symbol for a field", [{ [Symbol("brand")]: 1 }]],
    [".list has holes or named fields", { list: Object.assign([1], { extra: 1 }) }],
  ])("%s", (fault, value) => {
    expect(plainFault(value)).toBe(fault);
    expect(() => encode(value)).toThrow(new TypeError(`Only plain values can be encoded: ${fault}.`));
  });

  test("what two places share is no cycle", () => {
    const shared = { n: 1 };
    expect(plainFault([shared, shared])).toBe(null);
  });
});

describe("difference", () => {
  test.each([
    [".votes[1].round", { votes: [1, { round: 1 }] }, { votes: [1, { round: 2 }] }],
    [".a", { a: 1 }, { b: 1 }],
    ["the whole value", { a: 1 }, { a: 1, b: 1 }],
    [".bytes", { bytes: Uint8Array.of(1, 2) }, { bytes: Uint8Array.of(1, 3) }],
    [".bytes", { bytes: Uint8Array.of(1) }, { bytes: [1] }],
    ["the whole value", [], {}],
    ["the whole value", null, {}],
  ])("is at %s", (place, one, other) => {
    expect(difference(one, other)).toBe(place);
  });
});

test("a copy holds what is not plain as it is", () => {
  const map = new Map();
  expect(copy({ map }).map).toBe(map);
});
