/** Changes of single keys, all of which make up one revision. */

import { byAttachment, byKey, byRevision, byVersion } from "./orders.ts";
import type { StoreState } from "./state.ts";
import { find } from "./tree/read.ts";
import { put, remove } from "./tree/write.ts";
import type { Bytes, KeyValue, LeaseId } from "./types.ts";

/**
 * A state in the middle of a command. Its `revision` is still the one before; `subs` counts what was changed since, which
 * all gets the revision after it.
 */
export type Draft = { readonly state: StoreState; readonly subs: number };

export function draftOf(state: StoreState): Draft {
  return { state, subs: 0 };
}

/** The state after the command: one revision more if it changed a key. */
export function committed({ state, subs }: Draft): StoreState {
  return subs === 0 ? state : { ...state, revision: state.revision + 1 };
}

/** Puts `key`, which was `before`. */
export function putKey(
  { state, subs }: Draft,
  before: KeyValue | null,
  { key, value, lease }: Pick<KeyValue, "key" | "value" | "lease">,
): Draft {
  const revision = state.revision + 1;
  const kv: KeyValue = {
    key,
    value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    lease,
  };
  return {
    state: {
      ...state,
      current: put(byKey, state.current, kv),
      history: withPast(state, before),
      changes: put(byRevision, state.changes, {
        revision,
        sub: subs,
        type: "put",
        key,
        replaced: before?.modRevision ?? 0,
      }),
      attachments: reattached(state, key, before?.lease ?? "0", lease),
    },
    subs: subs + 1,
  };
}

/** Deletes the key that was `before`. */
export function deleteKey({ state, subs }: Draft, before: KeyValue): Draft {
  const { key } = before;
  const revision = state.revision + 1;
  return {
    state: {
      ...state,
      current: remove(byKey, state.current, key),
      history: withPast(state, before),
      changes: put(byRevision, state.changes, {
        revision,
        sub: subs,
        type: "delete",
        key,
        replaced: before.modRevision,
      }),
      attachments: reattached(state, key, before.lease, "0"),
    },
    subs: subs + 1,
  };
}

export function keyOf(state: StoreState, key: Bytes): KeyValue | null {
  return find(byKey, state.current, key);
}

function withPast({ history, revision }: StoreState, before: KeyValue | null): StoreState["history"] {
  return before === null ? history : put(byVersion, history, { kv: before, until: revision + 1 });
}

function reattached(
  { attachments }: StoreState,
  key: Bytes,
  before: LeaseId,
  after: LeaseId,
): StoreState["attachments"] {
  if (before === after) return attachments;
  const detached = before === "0" ? attachments : remove(byAttachment, attachments, { lease: before, key });
  return after === "0" ? detached : put(byAttachment, detached, { lease: after, key });
}
