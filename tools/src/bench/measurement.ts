import { execFile } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What one exploration found and took. */
export interface Measurement {
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  readonly verdict: string;
  readonly seconds: number;
  /** The process's resident memory at its highest, and before the exploration. */
  readonly peakBytes: number;
  readonly startBytes: number;
  /** What the engine's own structures took; the naive explorer has none. */
  readonly visitedBytes?: number;
  readonly frontierBytesMax?: number;
  readonly traceBytes?: number;
  /** How often the engine really called a function to compute a transition. */
  readonly calls?: number;
}

/** What some proposals took. */
export interface Proposals {
  /** How many were delivered by every node. */
  readonly proposals: number;
  /** How often a node was called for it. */
  readonly steps: number;
  readonly seconds: number;
}

/** Runs `measure.ts` in a process of its own. `spec` is a folder below specs. */
export async function measure(
  explorer: "engine" | "naive",
  spec: string,
  parameters: { readonly [name: string]: number } = {},
): Promise<Measurement> {
  const file = fileURLToPath(new URL(`../../../specs/${spec}/spec.ts`, import.meta.url));
  return JSON.parse(
    await run(new URL("measure.ts", import.meta.url), [explorer, file, JSON.stringify(parameters)]),
  ) as Measurement;
}

/** Runs `proposals.ts` in a process of its own: batches of so many commands, with logs of each of those lengths. */
export async function measureProposals(batch: number, lengths: readonly number[]): Promise<readonly Proposals[]> {
  return JSON.parse(
    await run(new URL("proposals.ts", import.meta.url), [batch, ...lengths].map(String)),
  ) as readonly Proposals[];
}

/** What the script prints. */
async function run(script: URL, parameters: readonly string[]): Promise<string> {
  const words = ["--import", import.meta.resolve("tsx"), fileURLToPath(script), ...parameters];
  return (await promisify(execFile)(execPath, words, { maxBuffer: 2 ** 20 })).stdout;
}

/** Proposals a second. */
export function proposalRate({ proposals, seconds }: Proposals): number {
  return proposals / seconds;
}

/** Transitions a second. */
export function rate({ generated, seconds }: Measurement): number {
  return generated / seconds;
}
