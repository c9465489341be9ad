import { isDeepStrictEqual } from "node:util";
import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CodecError, decode, DEPTH_MAX, encode, VALUES_MAX } from "./codec.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 80 }),
  // Any code units, lone surrogates among them.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.integer({ min: 0, max: 0xff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("__proto__", "constructor", "toString", ""),
);
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<Plain[]>(null, true, false),
    fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value)),
    fc.integer({ min: -130, max: 130 }).map((value) => (value === 0 ? 0 : value)),
    text,
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie("plain"), { maxLength: 5 }),
    fc.array(fc.tuple(text, tie("plain")), { maxLength: 5 }).map((fields) => Object.fromEntries(fields)),
  ),
}));

/** Vitest's own comparison takes a field named `constructor` for the class, and much time for megabytes. */
function expectSame(found: Plain, expected: Plain): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toStrictEqual(expected);
  expect(isDeepStrictEqual(found, expected)).toBe(true);
}

function nested(depth: number): Plain {
  let value: Plain = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

test("what is read is what was written, and nothing of it is shared with the bytes", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const bytes = encode(value);
      const read = decode(bytes);
      bytes.fill(0xff);
      expectSame(read, value);
    }),
    { numRuns: 2_000 },
  );
});

test.each([0, 63, 64, 127, 128, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -1, -64, -(2 ** 31) - 1, -(2 ** 53) + 1])(
  "the integer %d is exact",
  (value) => {
    expect(decode(encode(value))).toBe(value);
  },
);

test.each([0, 24, 25, 63, 64, 65_535, 200_000])("strings of %d code units are exact, narrow and wide", (length) => {
  for (const unit of ["a", "\xff", "\u0100", "\ud800"]) {
    expect(decode(encode(unit.repeat(length))) === unit.repeat(length)).toBe(true);
  }
});

test("strings that differ in their middle alone are told apart, and so are values that are parts of longer bytes", () => {
  const alike = Array.from({ length: 300 }, (_, number) => `key/${String(number).padStart(4, "0")}/end`);
  expect(decode(encode(alike))).toStrictEqual(alike);
  const records = alike.map((name) => ({ [name]: name }));
  expect(decode(encode(records))).toStrictEqual(records);
  const [one, other] = [encode(alike), encode(records)];
  const both = Buffer.concat([one, other]);
  expect(decode(both, 0, one.length)).toStrictEqual(alike);
  expect(decode(both, one.length)).toStrictEqual(records);
  expect(() => decode(both, 0, one.length - 1)).toThrow(`of ${one.length - 1}`);
  expect(() => decode(both, 0, one.length + 1)).toThrow("bytes after the value");
});

test("more names than are kept are still each known once", () => {
  const many = Object.fromEntries(Array.from({ length: 9_000 }, (_, number) => [`field ${number}`, number]));
  for (let round = 0; round < 3; round++) expect(decode(encode([many, many]))).toStrictEqual([many, many]);
  const twice = Uint8Array.from([8, 2, 9, 1, 0, 0x81, 0x61, 0, 9, 1, 0, 0x81, 0x61, 0]);
  expect(() => decode(twice)).toThrow("comes as a new one twice");
});

test("minus zero is zero", () => {
  expect(decode(encode(-0))).toBe(0);
});

test("the reserved bytes are zeros, whatever was written before", () => {
  encode("\xff".repeat(100));
  const bytes = encode("a", 9);
  expect([...bytes.subarray(0, 9)]).toEqual(Array.from({ length: 9 }, () => 0));
  expect(decode(bytes.subarray(9))).toBe("a");
});

test("values of megabytes pass, and the memory for them is given back", () => {
  const value = { chunk: new Uint8Array(9_000_000).fill(7), text: "x".repeat(5_000_000) };
  expectSame(decode(encode(value)), value);
  expect(decode(encode({ a: [1] }))).toStrictEqual({ a: [1] });
});

test("a name is written once", () => {
  const items = Array.from({ length: 100 }, (_, index) => ({ aLongNameOfAField: index % 60 }));
  expect(encode(items).length).toBeLessThan(100 * 4 + 40);
});

test.each<[string, unknown]>([
  ["a fraction", 0.5],
  ["an integer that is not safe", 2 ** 53],
  ["not a number", NaN],
  ["undefined", undefined],
  ["an undefined field", { a: undefined }],
  ["a hole", [, 1]], // oxlint-disable-line no-sparse-arrays
  ["a function", () => 1],
  ["a bigint", 1n],
  ["an instance", new Map()],
  ["a date", [new Date()]],
])("%s is not written", (_, value) => {
  expect(() => Reflect.apply(encode, undefined, [value])).toThrow(CodecError);
  expect(decode(encode("still well"))).toBe("still well");
});

test("nesting is bounded for the writer and for the reader alike", () => {
  expect(decode(encode(nested(DEPTH_MAX)))).toStrictEqual(nested(DEPTH_MAX));
  expect(() => encode(nested(DEPTH_MAX + 1))).toThrow(`nested more than ${DEPTH_MAX} deep`);
  const deep = Buffer.concat([Buffer.alloc(2_000_000, Buffer.from([8, 1])), Buffer.from([0])]);
  expect(() => decode(deep)).toThrow(`nested more than ${DEPTH_MAX} deep`);
});

test("so is the number of values", () => {
  const many = Buffer.concat([Buffer.from([8, 0x80, 0x80, 0x80, 2]), Buffer.alloc(VALUES_MAX)]);
  expect(() => decode(many)).toThrow(`more than ${VALUES_MAX} parts`);
});

test.each([
  ["nothing", []],
  ["an unknown tag", [0x0a]],
  ["an unknown high tag", [0xc0]],
  ["bytes after the value", [0, 0]],
  ["a string that is cut", [0x83, 0x61, 0x62]],
  ["a wide string that is cut", [6, 1, 0x61]],
  ["a byte string longer than all there is", [7, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ["an array longer than all there is", [8, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ["an integer beyond 2^53", [3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ["an integer without end", [3, ...Array.from({ length: 400 }, () => 0x80), 0]],
  ["the negative of 2^53", [4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ["a field twice", [9, 2, 0, 0x81, 0x61, 0, 1, 0]],
  ["a field twice, named twice", [9, 2, 0, 0x81, 0x61, 0, 0, 0x81, 0x61, 0]],
  ["a name that was not given", [9, 1, 1, 0]],
  ["a name that is no string", [9, 1, 0, 0x40, 0]],
])("%s is not read", (_, bytes) => {
  expect(() => decode(Uint8Array.from(bytes))).toThrow(CodecError);
});

test("any bytes are read or refused, and what is read is what its own bytes say", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // The bytes of a value with a few of them changed or the end cut off get further than random ones.
    fc
      .tuple(plain, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(8))
      .map(([value, changes, cut]) => {
        const whole = encode(value);
        for (const [at, byte] of changes) whole[at % whole.length] = byte;
        return whole.subarray(0, Math.max(0, whole.length - (cut > 4 ? cut - 4 : 0)));
      }),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      let value: Plain;
      try {
        value = decode(some);
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
        return;
      }
      expectSame(decode(encode(value)), value);
    }),
    { numRuns: 5_000 },
  );
});
