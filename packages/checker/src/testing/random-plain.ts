/** Random plain values, and pairs that differ in nothing or in one small thing. */

import type { Plain } from "@quorate/core";
import fc from "fast-check";

const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("", "a", "b", "0", "#00", "__proto__", "constructor", "\ud800", "é", "e\u0301"),
);
const integer: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0),
);
const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 3 });

export const randomPlain: fc.Arbitrary<Plain> = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Plain[]>(null, true, false),
    integer,
    text,
    bytes,
    fc.array(tie("plain"), { maxLength: 3 }),
    fc.dictionary(text, tie("plain"), { maxKeys: 3, noNullPrototype: false }),
  ),
})).plain;

/** A copy of a value that shares nothing with it, with the fields of its records in the opposite order. */
export function reversedCopy(value: Plain): Plain {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Uint8Array.from([0, ...value]).subarray(1);
  if (isList(value)) return value.map(reversedCopy);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([field, part]) => [field, reversedCopy(part)]),
  );
}

/** A value that differs from `value` in one place, which `choices` leads to. */
export function nearMiss(value: Plain, choices: readonly number[]): Plain {
  const [choice = 0, ...rest] = choices;
  if (value === null) return choice % 2 === 0 ? "null" : {};
  if (typeof value === "boolean") return choice % 2 === 0 ? !value : String(value);
  if (typeof value === "number") return choice % 2 === 0 ? String(value) : value === 0 ? 1 : -value;
  if (typeof value === "string") return choice % 2 === 0 ? `${value}\u0000` : [value];
  if (value instanceof Uint8Array) return choice % 2 === 0 ? [...value] : Uint8Array.from([...value, 0]);
  if (isList(value)) {
    const at = choice % (value.length + 1);
    return at === value.length ? [...value, null] : value.with(at, nearMiss(value[at] ?? null, rest));
  }
  const fields = Object.keys(value);
  const field = fields[choice % (fields.length + 1)];
  if (field === undefined) return Object.fromEntries([...Object.entries(value), ["another", null]]);
  if (rest.length === 0) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, name === field ? nearMiss(part, rest) : part]),
  );
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
