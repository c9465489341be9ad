/** A state in the middle of one revision: what the operations of a command have done so far, and can see already. */

import { log } from "@quorate/core";
import { attachmentKey, sizeOfVersion } from "./state.ts";
import type { Change, KeyRecord, StoreState } from "./state.ts";
import { get, put, remove } from "./tree.ts";
import type { Bytes, KeyValue, LeaseId } from "./types.ts";
import { kvOf, versionAt } from "./versions.ts";

/** Mutable, and seen by nobody but the command that is being applied. */
export class Working {
  readonly before: StoreState;
  /** The revision that the changes will make. */
  readonly revision: number;
  readonly #changes = new Map<Bytes, Change>();
  #keys: StoreState["keys"];
  #attachments: StoreState["attachments"];
  #size: number;
  #keyCount: number;

  constructor(before: StoreState) {
    this.before = before;
    this.revision = before.revision + 1;
    this.#keys = before.keys;
    this.#attachments = before.attachments;
    this.#size = before.size;
    this.#keyCount = before.keyCount;
  }

  get hasChanges(): boolean {
    return this.#changes.size > 0;
  }

  get keys(): StoreState["keys"] {
    return this.#keys;
  }

  /** What the key is now, with the changes so far. */
  current(key: Bytes): KeyValue | null {
    const record = get(this.#keys, key);
    return record === null ? null : this.versionNow(record);
  }

  versionNow(record: KeyRecord): KeyValue | null {
    const change = this.#changes.get(record.key);
    return change === undefined ? versionAt(this.before, record, Infinity) : kvOf(change);
  }

  put(key: Bytes, value: Bytes, lease: LeaseId): void {
    const old = this.current(key);
    const kv: KeyValue = {
      key,
      value,
      createRevision: old?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (old?.version ?? 0) + 1,
      lease,
    };
    this.#detach(old);
    if (lease !== "0") this.#attachments = put(this.#attachments, { key: attachmentKey(lease, key) });
    if (old === null) this.#keyCount += 1;
    this.#size += sizeOfVersion(kv);
    this.#record({ type: "put", kv }, key);
  }

  /** Deletes a key that exists. */
  delete(old: KeyValue): void {
    this.#detach(old);
    this.#keyCount -= 1;
    this.#record({ type: "delete", key: old.key }, old.key);
  }

  /** The state after the revision, or the one before if nothing has changed. */
  done(): StoreState {
    if (!this.hasChanges) return this.before;
    return {
      ...this.before,
      revision: this.revision,
      keys: this.#keys,
      attachments: this.#attachments,
      revisions: log.append(this.before.revisions, [[...this.#changes.values()]]),
      size: this.#size,
      keyCount: this.#keyCount,
    };
  }

  #detach(old: KeyValue | null): void {
    if (old === null || old.lease === "0") return;
    this.#attachments = remove(this.#attachments, attachmentKey(old.lease, old.key));
  }

  #record(change: Change, key: Bytes): void {
    const isFirst = !this.#changes.has(key);
    this.#changes.set(key, change);
    if (!isFirst) return;
    const record = get(this.#keys, key) ?? { key, base: null, revisions: log.emptyLog<number>() };
    this.#keys = put(this.#keys, { ...record, revisions: log.append(record.revisions, [this.revision]) });
  }
}
