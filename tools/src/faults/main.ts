/** `npm run faults`: runs the harness, and prints what it did and what it found. */

import { MACHINE, readWords, USAGE } from "./options.ts";
import { printReport } from "./report.ts";
import { run } from "./run.ts";

const EXIT = { ok: 0, violated: 1, usage: 64, internal: 70 } as const;

const words = readWords(process.argv.slice(2), Date.now() % 1_000_000, MACHINE);
process.exitCode = await perform();

async function perform(): Promise<number> {
  switch (words.type) {
    case "help":
      process.stdout.write(`${USAGE}\n`);
      return EXIT.ok;
    case "wrong":
      process.stderr.write(`${words.message}\n\n${USAGE}\n`);
      return EXIT.usage;
    case "run":
      return await runWith(words);
  }
}

async function runWith({ options, warnings }: Extract<typeof words, { readonly type: "run" }>): Promise<number> {
  const started = performance.now();
  const note = (what: string): void => {
    process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1).padStart(7)} s  ${what}\n`);
  };
  note(`seed ${options.seed}`);
  for (const warning of warnings) note(warning);
  try {
    const report = await run({ ...options, note });
    printReport(report, (line) => {
      process.stdout.write(`${line}\n`);
    });
    return report.violations.length === 0 ? EXIT.ok : EXIT.violated;
  } catch (error) {
    process.stderr.write(`The harness itself has failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.internal;
  }
}
