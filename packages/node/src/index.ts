/** A replicated key-value store with etcd's client API, which runs the protocols of @quorate/core as they are. */

export { startNode } from "./node.ts";
export type { RunningNode, Telemetry } from "./node.ts";
export type { NodeOptions } from "./config/options.ts";
/** For those who speak to nodes, or stand between them. */
export { loadDefinition } from "./api/index.ts";
export { SenderFinder } from "./peers/sender.ts";
export { inspectStorage } from "./storage/index.ts";
export type { Inspection } from "./storage/index.ts";
/** For those who run a node in a process of their own and want it to end as the command does. */
export { endOf } from "./cli/failures.ts";
