/** A member's disk: its protocol's durable state in LMDB. README.md has the layout, and why it is durable. */

export { HOW_TO_MEND, StorageError } from "./error.ts";
export type { StorageFault } from "./error.ts";
export { openStorage } from "./storage.ts";
export type { Layout, LogBounds, Parts, Storage, StorageIdentity, StorageOptions } from "./storage.ts";
