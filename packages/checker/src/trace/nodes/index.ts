/** The traces of running nodes, held against core and the properties: what `check trace` does, for programs. */

export { checkTraces } from "./check.ts";
export type { TraceProgress, TraceResult } from "./check.ts";
export { Deviation, TraceError } from "./deviation.ts";
export type { DeviationKind, Place } from "./deviation.ts";
export { nodeFiles } from "./files.ts";
export type { NodeFiles } from "./files.ts";
export { traceSpec } from "./trace-spec.ts";
export type * from "./trace-spec.ts";
