/** The process of `full.test.ts`: writes until there is no room, and prints how that went. Argument: the directory. */

import { log } from "@quorate/core";
import { StorageError } from "./error.ts";
import { open } from "./harness.ts";
import type { Durable } from "./harness.ts";

export type Outcome = { readonly acknowledged: number; readonly fault: string; readonly next: string };

/** The state after `count` writes. */
export function stateAfter(count: number): Durable {
  const entries = Array.from({ length: count }, (_, at) => `${at} ${"x".repeat(3000)}`);
  return { head: count, entries: log.append(log.emptyLog(), entries), snapshot: null };
}

async function main(directory: string): Promise<void> {
  const storage = await open(directory);
  let state = stateAfter(0);
  let acknowledged = 0;
  const write = (next: Durable): Promise<string> =>
    storage.write(next).then(
      () => "written",
      (error: unknown) => (error instanceof StorageError ? error.fault : String(error)),
    );
  let fault = "written";
  for (let number = 1; fault === "written" && number < 10_000; number++) {
    state = { ...state, head: number, entries: log.append(state.entries, [`${number - 1} ${"x".repeat(3000)}`]) };
    fault = await write(state);
    if (fault === "written") acknowledged = number;
  }
  // There would be room for this one.
  const next = await write({ ...state, head: "less", entries: log.emptyLog() });
  await storage.close();
  process.stdout.write(JSON.stringify({ acknowledged, fault, next } satisfies Outcome));
}

const [directory] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && directory !== undefined) await main(directory);
