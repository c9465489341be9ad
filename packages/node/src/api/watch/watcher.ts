/** A watcher, and the index by which its events find it. */

import type { Bytes, KeyRange, StoreEvent } from "../../store/types.ts";
import { IntervalTree } from "./intervals.ts";
import type { Interval } from "./intervals.ts";
import type { WatchSession } from "./session.ts";

export type Watcher = {
  readonly id: number;
  readonly session: WatchSession;
  readonly range: KeyRange;
  readonly interval: Interval;
  readonly ignorePuts: boolean;
  readonly ignoreDeletes: boolean;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly fragment: boolean;
  /**
   * The first revision that may still have something for it. Of one that is up to date this is not moved on: it counts
   * only while it lies in the future.
   */
  next: number;
  /** Whether it was sent anything since progress was reported last. */
  active: boolean;
};

export function accepts({ ignorePuts, ignoreDeletes }: Watcher, { type }: StoreEvent): boolean {
  return type === "put" ? !ignorePuts : !ignoreDeletes;
}

/** Watchers by what they watch. One event costs as much as there are watchers for its key, however many others. */
export class WatcherIndex {
  readonly #keys = new Map<Bytes, Set<Watcher>>();
  readonly #ranges = new IntervalTree<Watcher>();
  readonly #all = new Set<Watcher>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Watcher> {
    return this.#all.values();
  }

  has(watcher: Watcher): boolean {
    return this.#all.has(watcher);
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    if (watcher.range.rangeEnd !== "") return this.#ranges.add(watcher.interval, watcher);
    const watchers = this.#keys.get(watcher.range.key);
    if (watchers === undefined) this.#keys.set(watcher.range.key, new Set([watcher]));
    else watchers.add(watcher);
  }

  delete(watcher: Watcher): void {
    if (!this.#all.delete(watcher)) return;
    if (watcher.range.rangeEnd !== "") return this.#ranges.delete(watcher.interval, watcher);
    const watchers = this.#keys.get(watcher.range.key);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#keys.delete(watcher.range.key);
  }

  /** Calls `found` for each watcher of `key`. */
  at(key: Bytes, found: (watcher: Watcher) => void): void {
    this.#keys.get(key)?.forEach(found);
    this.#ranges.at(key, found);
  }
}
