/** The replicated key-value store: a deterministic state machine with etcd's data model. */

import type { MachineSignature, StateMachine } from "@quorate/core";
import { apply } from "./apply.ts";
import { isStoreCommand } from "./commands.ts";
import { fromChunks, toChunks } from "./snapshot.ts";
import { initialStore } from "./state.ts";
import type { StoreAlarm, StoreState } from "./state.ts";
import type { Member, StoreCommand, StoreResult } from "./types.ts";

export { eventsSince } from "./events.ts";
export { hashKv } from "./hash.ts";
export { leaseOf, leasesOf, leaseTtlOf } from "./leases.ts";
export { range } from "./range.ts";
export type { RangeOutcome } from "./range.ts";
export type { StoreAlarm, StoreState } from "./state.ts";
export type * from "./types.ts";

/** Reads look at the state itself, and so there is nothing to ask. */
export interface StoreMachine extends MachineSignature {
  readonly state: StoreState;
  readonly command: StoreCommand;
  readonly result: StoreResult;
  readonly query: null;
  readonly answer: null;
}

export const storeMachine: StateMachine<StoreMachine> = {
  initial: initialStore,
  isCommand: isStoreCommand,
  isQuery: (value): value is null => value === null,
  apply,
  read: () => null,
  toChunks,
  fromChunks,
};

export function revisionOf({ revision }: StoreState): number {
  return revision;
}

/** Nothing before this revision can be read. 0 if nothing was compacted. */
export function compactedOf({ compacted }: StoreState): number {
  return compacted;
}

export function membersOf({ members }: StoreState): readonly Member[] {
  return members;
}

export function alarmsOf({ alarms }: StoreState): readonly StoreAlarm[] {
  return alarms;
}

export function lessorTermOf({ lessorTerm }: StoreState): number {
  return lessorTerm;
}

/** Bytes of keys and values, of all versions that can be read. */
export function sizeOf({ size }: StoreState): number {
  return size;
}

export function keyCountOf({ keyCount }: StoreState): number {
  return keyCount;
}
