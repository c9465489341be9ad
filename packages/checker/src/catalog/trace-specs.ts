/** Finds what running nodes are held against: the files `trace.ts` below the folder of the specs. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EXIT, UserError } from "../cli/exit.ts";
import type { TraceSpec } from "../trace/nodes/trace-spec.ts";
import { importDefault } from "./load.ts";

/**
 * The one for the protocol of that name.
 *
 * @throws UserError if there is none, or more than one
 */
export async function findTraceSpec(root: string, protocol: string): Promise<TraceSpec> {
  if (!existsSync(root)) throw new UserError(EXIT.load, `There is no folder ${root}.`);
  const found: { readonly file: string; readonly spec: TraceSpec }[] = [];
  for (const file of traceFiles(root)) found.push({ file, spec: asTraceSpec(file, await importDefault(file)) });
  const fitting = found.filter(({ spec }) => spec.protocol.name === protocol);
  const [first, second] = fitting;
  if (first === undefined) {
    const names = found.map(({ spec }) => spec.protocol.name).join(", ");
    throw new UserError(
      EXIT.load,
      `No trace.ts below ${root} is for the protocol ${protocol}; there is ${names === "" ? "none" : names}.`,
    );
  }
  if (second !== undefined) {
    throw new UserError(EXIT.load, `Both ${first.file} and ${second.file} are for the protocol ${protocol}.`);
  }
  return first.spec;
}

function traceFiles(root: string): readonly string[] {
  const entries = readdirSync(root, { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (entry.name === "node_modules") return [];
    if (entry.isDirectory()) return traceFiles(join(root, entry.name));
    return entry.name === "trace.ts" ? [join(root, entry.name)] : [];
  });
}

function asTraceSpec(file: string, value: unknown): TraceSpec {
  if (typeof value === "object" && value !== null && "kind" in value && value.kind === "trace")
    return value as TraceSpec;
  throw new UserError(EXIT.load, `${file} must end in \`export default traceSpec({ ... })\`.`);
}
