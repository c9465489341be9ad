/**
 * The process that `killed.test.ts` kills: it writes states on and on, and prints the number of each once it is written.
 *
 * Arguments: the directory, and a seed for what the states are.
 */

import { log } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { open } from "./harness.ts";
import type { Durable } from "./harness.ts";

/** The state number `number` of a seed: a function of both, so that whoever reads it back can tell it whole from mixed. */
export function stateOf(seed: number, number: number): Durable {
  const before = Math.max(0, number - 40);
  // Each tenth term has overwritten the last entries of the one before.
  const entries = Array.from({ length: number - before }, (_, at) => entryOf(seed, number, before + at + 1));
  const chunks = Array.from({ length: (number * seed) % 7 }, (_, at): Plain => ({ number, at, text: "c".repeat(900) }));
  return { head: { number }, entries: log.append(log.emptyLog(before), entries), snapshot: { head: number, chunks } };
}

function entryOf(seed: number, number: number, index: number): Plain {
  const isNew = number - index < number % 10;
  return { index, term: isNew ? number : 0, text: "x".repeat((index * seed) % 2000) };
}

async function main(directory: string, seed: number): Promise<void> {
  const storage = await open(directory);
  const first = storage.durable === null ? 1 : numberOf(storage.durable) + 1;
  for (let number = first; ; number++) {
    await storage.write(stateOf(seed, number));
    process.stdout.write(`${number}\n`);
  }
}

export function numberOf({ entries }: Durable): number {
  return log.lastIndex(entries);
}

const [directory, seed] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && directory !== undefined) await main(directory, Number(seed));
