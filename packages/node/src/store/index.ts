/** The replicated key-value store: etcd's data model as a deterministic state machine over immutable values. */

export { TXN_NESTING_MAX } from "./commands.ts";
export { eventsSince } from "./events.ts";
export { hashKv, hashKvInSlices } from "./hash.ts";
export type { KvHash } from "./hash.ts";
export { storeMachine } from "./machine.ts";
export { range } from "./range.ts";
export { alarmsOf, compactedOf, keyCountOf, leaseGrantOf, leaseOf, leasesOf, leaseTtlOf } from "./state.ts";
export { isRemoved, lessorTermOf, membersOf, revisionOf, sizeOf } from "./state.ts";
export type { StoreState } from "./state.ts";
export type * from "./types.ts";
