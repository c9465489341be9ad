/** What the values of flags look like: each schema reads a text, and says what it expects where that fails. */

import { z } from "zod";
import type { InitialMember } from "./options.ts";
import { readUrl } from "./urls.ts";

export type Value<T> = z.ZodType<T, string>;

/** A value, or what would have been one. */
type Read<T> = { readonly value: T } | { readonly expected: string };

function value<T>(read: (text: string) => Read<T>): Value<T> {
  return z.string().transform((text, context) => {
    const result = read(text.trim());
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.expected });
    return z.NEVER;
  });
}

export const word: (what: string) => Value<string> = (what) =>
  value((text) =>
    text === "" || /[\s,=]/.test(text) ? { expected: `${what}, without spaces, commas or =` } : { value: text },
  );

/** A text that may be left out. */
export const optional: Value<string | null> = value((text) => ({ value: text === "" ? null : text }));

export const flag: Value<boolean> = value((text) => {
  if (/^(true|t|1)$/i.test(text)) return { value: true };
  if (/^(false|f|0)$/i.test(text)) return { value: false };
  return { expected: "true or false" };
});

export const integer: (unit: string, min: number, max: number) => Value<number> = (unit, min, max) =>
  value((text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return { value: number };
    return { expected: `a whole number of ${unit} from ${min} to ${max}` };
  });

export function oneOf<const T extends string>(...words: readonly T[]): Value<T> {
  return value((text) => {
    const found = words.find((candidate) => candidate === text);
    return found === undefined ? { expected: `one of ${words.join(", ")}` } : { value: found };
  });
}

/** URLs with commas between them. None at all is an empty list, if `mayBeEmpty`. */
export const urls: (mayBeEmpty: boolean) => Value<readonly string[]> = (mayBeEmpty) =>
  value((text) => readUrls(text, mayBeEmpty));

/** As `urls`; null where it is left to the default, and no URL for `none`. */
export const metricsUrls: Value<readonly string[] | null> = value((text): Read<readonly string[] | null> => {
  if (text === "") return { value: null };
  return text === "none" ? { value: [] } : readUrls(text, false);
});

function readUrls(text: string, mayBeEmpty: boolean): Read<readonly string[]> {
  const parts = partsOf(text);
  if (parts.length === 0 && !mayBeEmpty) return { expected: "at least one URL such as http://127.0.0.1:2379" };
  const found: string[] = [];
  for (const part of parts) {
    const result = readUrl(part);
    if (!result.ok) return { expected: parts.length === 1 ? result.expected : `for "${part}" ${result.expected}` };
    if (found.includes(result.url)) return { expected: `each URL once, and ${result.url} is there twice` };
    found.push(result.url);
  }
  return { value: found };
}

/** `a=http://10.0.0.1:2380,b=http://10.0.0.2:2380`: a name that is repeated has several URLs, as in etcd. */
export const members: Value<readonly InitialMember[]> = value((text) => {
  const found = new Map<string, string[]>();
  for (const part of partsOf(text)) {
    const [, name, address] = /^([^=\s]+)=(.*)$/.exec(part) ?? [];
    if (name === undefined || address === undefined) {
      return { expected: `name=URL with commas between them, such as a=http://10.0.0.1:2380, and not "${part}"` };
    }
    const result = readUrl(address);
    if (!result.ok) return { expected: `for ${name} ${result.expected}` };
    for (const [other, taken] of found) {
      if (!taken.includes(result.url)) continue;
      return {
        expected: `each URL once, and ${result.url} is given to ${other === name ? `${name} twice` : `${other} and to ${name}`}`,
      };
    }
    found.set(name, [...(found.get(name) ?? []), result.url]);
  }
  return { value: [...found].map(([name, peerUrls]) => ({ name, peerUrls })) };
});

export const words: Value<readonly string[]> = value((text) => ({ value: partsOf(text) }));

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds from a duration as Go writes it, such as 5m or 1h30m; null if it is none. */
export function readDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  }
  return Math.round(sum);
}

function partsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
