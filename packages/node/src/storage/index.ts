/** Durable storage of a node: a directory that holds the durable state of one member, and refuses what it can't trust. */

export { StorageError } from "./error.ts";
export type { StorageFault } from "./error.ts";
export { inspectStorage } from "./inspect.ts";
export type { Inspection } from "./inspect.ts";
export type { Layout } from "./layout.ts";
export { openStorage } from "./storage.ts";
export type { Storage } from "./storage.ts";
