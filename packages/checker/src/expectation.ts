/** Holds a run against what its manifest expects, and turns it into an exit code. */

import { EXIT } from "./cli/exit.ts";
import type { ExitCode } from "./cli/exit.ts";
import type { Expectation } from "./manifest.ts";
import type { RunResult } from "./run.ts";

/** How a run came out: its exit code, and in what it differs from what was expected. */
export interface Outcome {
  readonly exitCode: ExitCode;
  readonly differences: readonly string[];
}

/**
 * Judges a run.
 *
 * A violation that is not expected keeps its own code, however else the run differs: it is what the user must see. One
 * that is expected is success. A run that a limit ended is held to nothing but that nothing was violated.
 */
export function judge(result: RunResult, expect: Expectation | null): Outcome {
  if (result.failure !== null) return { exitCode: EXIT.evaluation, differences: [] };
  const broken = result.properties.find(({ verdict }) => verdict === "violated");
  if (broken !== undefined && broken.name !== expect?.property) {
    return { exitCode: broken.kind === "deadlock" ? EXIT.deadlock : EXIT.safety, differences: [] };
  }
  if (result.verdict === "incomplete") return { exitCode: EXIT.incomplete, differences: [] };
  const differences = [
    ...result.properties.flatMap(({ name, verdict }) => (verdict === "unreached" ? [`${name} was never reached`] : [])),
    ...(expect?.property !== undefined && broken === undefined ? [`${expect.property} should break and does not`] : []),
    ...(["distinct", "generated", "depth"] as const).flatMap((count) => {
      const expected = expect?.[count];
      return expected === undefined || expected === result[count]
        ? []
        : [`${count} is ${result[count]}, and should be ${expected}`];
    }),
  ];
  return { exitCode: differences.length === 0 ? EXIT.ok : EXIT.expectation, differences };
}
