import { expect } from "vitest";
import type { RunResult } from "../run.ts";

/** What went wrong, and the actions that led to it. */
export function failureOf({ verdict, failure }: RunResult): {
  name: string;
  message: string;
  actions: readonly string[];
} {
  expect(verdict).toBe("failed");
  if (failure === null) throw new Error("there is no failure");
  const actions = failure.trace.map(({ action }) => action?.name ?? "initial");
  return { name: failure.error.name, message: failure.error.message, actions };
}
