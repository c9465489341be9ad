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

/** Runs `measure.ts` in a process of its own. `spec` is a folder below specs. */
export async function measure(
  explorer: "engine" | "naive",
  spec: string,
  parameters: { readonly [name: string]: number } = {},
): Promise<Measurement> {
  const script = fileURLToPath(new URL("measure.ts", import.meta.url));
  const file = fileURLToPath(new URL(`../../../specs/${spec}/spec.ts`, import.meta.url));
  const tsx = import.meta.resolve("tsx");
  const words = ["--import", tsx, script, explorer, file, JSON.stringify(parameters)];
  const { stdout } = await promisify(execFile)(execPath, words, { maxBuffer: 2 ** 20 });
  return JSON.parse(stdout) as Measurement;
}

/** Transitions a second. */
export function rate({ generated, seconds }: Measurement): number {
  return generated / seconds;
}
