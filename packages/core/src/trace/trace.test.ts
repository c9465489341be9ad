/** Digests and the JSON of traces, against the encoding of the conformance suite. */

import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode } from "../conformance/codec.ts";
import { append, emptyLog } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import { asPlain, digester, fromJson, toJson } from "./index.ts";

const text = fc.string({ unit: "binary", maxLength: 200 });
const plain = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -1, 2 ** 53 - 1, "", "\ud800", "~", "#00", "[]"),
    fc.maxSafeInteger(),
    text,
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(fc.oneof(fc.constantFrom("#", "##", "a", "b", "__proto__"), text), tie("value"), { maxKeys: 5 }),
  ),
})).value;

function sha256(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url").slice(0, 16);
}

test("values come back from JSON as they were", () => {
  const property = fc.property(plain, (value) => {
    expect(encode(fromJson(JSON.parse(JSON.stringify(toJson(value)))))).toBe(encode(value));
  });
  fc.assert(property);
});

test("two values have the same digest and text exactly if they are equal", () => {
  const { digest, text: textOf } = digester(sha256);
  const byDigest = new Map<string, string>();
  const byText = new Map<string, string>();
  const property = fc.property(plain, (value) => {
    const encoding = encode(value);
    for (const [of, known] of [
      [digest, byDigest],
      [textOf, byText],
    ] as const) {
      expect(of(decode(encoding))).toBe(of(value));
      expect(known.get(of(value)) ?? encoding).toBe(encoding);
      known.set(of(value), encoding);
    }
  });
  fc.assert(property, { numRuns: 1000 });
});

test("the order of fields and the object do not matter, one deep difference does", () => {
  const { digest } = digester(sha256);
  const deep = (last: string): Plain => ({
    list: Array.from({ length: 50 }, (_, at) => ({ at, text: "x".repeat(at) })),
    last,
  });
  expect(digest({ b: 1, a: deep("x") })).toBe(digest({ a: deep("x"), b: 1 }));
  expect(digest({ b: 1, a: deep("x") })).not.toBe(digest({ b: 1, a: deep("y") }));
});

test("the digest of a long log that grows costs what is new", () => {
  let calls = 0;
  const { digest } = digester((content) => {
    calls += 1;
    return sha256(content);
  });
  const entry = (at: number): Plain => ({ term: 1, command: "x".repeat(100 + (at % 7)) });
  const log = append(
    emptyLog<Plain>(),
    Array.from({ length: 10_000 }, (_, at) => entry(at)),
  );
  digest(log);
  const before = calls;
  digest(append(log, [entry(5)]));
  // The new entry, its command, and a list and a node on each of three levels.
  expect(calls - before).toBeLessThanOrEqual(8);
});

test("what is not plain has neither", () => {
  const { digest } = digester(sha256);
  const wrong: unknown = { a: [undefined] };
  expect(() => digest(wrong as Plain)).toThrow("undefined is not plain");
  expect(() => digest(0.5)).toThrow("0.5 is no safe integer");
  expect(() => asPlain(new Map())).toThrow("instance of a class");
  expect(() => asPlain({ at: () => 1 })).toThrow("function is not plain");
  expect(() => fromJson(0.5)).toThrow("no safe integer");
});
