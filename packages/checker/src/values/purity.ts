/**
 * Every real call of a protocol's, a spec's or an observer's function goes through here: on frozen input, twice, with
 * equal results. Real calls are rare, since their results are remembered, so this costs next to nothing and catches
 * clocks, randomness, hidden state and mutation where they happen.
 */

import type { Table } from "../engine/table.ts";
import { encode, hasMetBytes, NotPlainError } from "./encode.ts";
import { isEqual } from "./equal.ts";

/** A function that must be pure is not. */
export class ImpureError extends Error {
  override readonly name = "ImpureError";

  constructor(functionName: string, what: string, input: string) {
    super(`${functionName} is not pure: ${what}${onInput(input)}`);
  }
}

/** A function of the spec or of a protocol threw. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";

  constructor(functionName: string, cause: unknown, input: string) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${functionName} threw ${reason}${onInput(input)}`, { cause });
  }
}

/** What a function was given, if it was given anything: what it reads of a state is no input. */
function onInput(input: string): string {
  return input === "" ? "" : `\n  on input ${input}`;
}

/** Thrown to give up an evaluation and start it over; never an error of the function that it passes through. */
export class Restart extends Error {}

/** What the message of an error shows of an input at the most. */
const INPUT_CHARACTERS_MAX = 2_000;

/**
 * Calls `call` twice and returns its first result.
 *
 * @param inputs what the call is given, already frozen; byte strings among it, which can't be, are compared afterwards
 * @param check looks through the first result: what it throws is the call's error. The second one has to be equal anyway
 * @throws ImpureError if the results differ or an input was changed
 * @throws EvaluationError if the call throws, or its results differ and are not plain
 */
export function callTwice<T>(
  functionName: string,
  inputs: readonly unknown[],
  call: () => T,
  check: ((result: T) => void) | null = null,
): T {
  const bytes = hasMetBytes() && inputs.some(holdsBytes) ? inputs.map(encode) : null;
  const first = attempt(functionName, inputs, call);
  if (check !== null) attempt(functionName, inputs, () => check(first));
  const second = attempt(functionName, inputs, call);
  if (!isEqual(first, second)) {
    const [firstText, secondText] = attempt(functionName, inputs, () => [encode(first), encode(second)] as const);
    const difference = firstDifference(firstText, secondText);
    throw new ImpureError(functionName, `two calls with equal input differ: ${difference}`, show(inputs));
  }
  if (bytes !== null && inputs.some((input, index) => encode(input) !== bytes[index])) {
    throw new ImpureError(functionName, "it changes a byte string of its input", show(inputs));
  }
  return first;
}

/** Interns a result of `functionName`: what is not plain in it is that function's error. */
export function internResult<T>(functionName: string, inputs: readonly unknown[], table: Table<T>, result: T): number {
  return attempt(functionName, inputs, () => table.intern(result));
}

/**
 * Interns what was made of a result of `functionName`. Where it is not plain, the error speaks of the result itself.
 *
 * @param result the part of the result that `made` holds, named as the function names it
 */
export function internChecked<T>(
  functionName: string,
  inputs: readonly unknown[],
  table: Table<T>,
  made: T,
  result: unknown,
): number {
  return attempt(functionName, inputs, () => {
    try {
      return table.intern(made);
    } catch (error) {
      if (error instanceof NotPlainError) encode(result);
      throw error;
    }
  });
}

function attempt<T>(functionName: string, inputs: readonly unknown[], call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Restart || error instanceof ImpureError || error instanceof EvaluationError) throw error;
    if (error instanceof NotPlainError) {
      throw new EvaluationError(
        functionName,
        new TypeError(`its result is not plain data: ${error.message}`),
        show(inputs),
      );
    }
    if (error instanceof TypeError && isMutationOfFrozen(error)) {
      throw new ImpureError(functionName, `it changes its input (${error.message})`, show(inputs));
    }
    throw new EvaluationError(functionName, error, show(inputs));
  }
}

/** How V8 words an assignment to, an addition to, or a deletion from a frozen object. */
function isMutationOfFrozen(error: TypeError): boolean {
  return /read only property|not extensible|Cannot delete property|Cannot redefine property/.test(error.message);
}

/** Whether a frozen value holds a byte string, remembered, since states share most of their structure. */
const knownToHoldBytes = new WeakMap<object, boolean>();

function holdsBytes(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Uint8Array) return true;
  const known = knownToHoldBytes.get(value);
  if (known !== undefined) return known;
  const holds = Object.values(value).some(holdsBytes);
  knownToHoldBytes.set(value, holds);
  return holds;
}

/** Where two texts part, with a little of each. */
function firstDifference(first: string, second: string): string {
  let at = 0;
  while (at < first.length && first[at] === second[at]) at++;
  const from = Math.max(0, at - 40);
  const excerpt = (text: string): string =>
    `${from > 0 ? "…" : ""}${text.slice(from, at + 40)}${at + 40 < text.length ? "…" : ""}`;
  return `${excerpt(first)} and then ${excerpt(second)}`;
}

function show(inputs: readonly unknown[]): string {
  const text = inputs.map((input) => showOne(input)).join(", ");
  return text.length > INPUT_CHARACTERS_MAX ? `${text.slice(0, INPUT_CHARACTERS_MAX)}…` : text;
}

function showOne(input: unknown): string {
  try {
    return encode(input);
  } catch (error) {
    // Only for the eyes: what has no encoding is described rather than left out.
    return error instanceof NotPlainError ? `(${error.message})` : String(error);
  }
}
