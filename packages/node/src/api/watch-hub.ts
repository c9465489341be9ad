/**
 * What all watches of a member share. A watcher that is up to date is given what happens as it happens; one that is behind,
 * because it wants to know of the past or because its client is slow, reads the history, in slices, until it is up to date.
 * So nothing is queued for anybody, nothing is missed, and nothing is told twice.
 */

import type { Backend } from "../server/backend.ts";
import { compactedOf, eventsSince, revisionOf } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type { KeyRange, StoreEvent } from "../store/types.ts";
import { contains, WatchIndex } from "./watch-index.ts";

/** Somebody who watches. The hub calls it, and asks first whether it has room. */
export type Watcher = {
  readonly range: KeyRange;
  /** Whether it can be told something now. Whoever says no calls `resume` later. */
  isReady(): boolean;
  wants(event: StoreEvent): boolean;
  /** Events of whole revisions, in their order. `revision` is the last one that was looked at. */
  deliver(events: readonly StoreEvent[], revision: number): void;
  /** What it wants to know of has been compacted. It is told nothing more. */
  onCompacted(compacted: number): void;
};

type Behind = { readonly watcher: Watcher; next: number };

/** So many revisions are looked at for one watcher before others have their turn. */
const SLICE_REVISIONS = 1_000;
/** So many events are told at once, but for those of one revision. */
const SLICE_EVENTS = 1_000;

export class WatchHub {
  readonly #backend: Backend;
  readonly #stopListening: () => void;
  readonly #index = new WatchIndex<Watcher>();
  readonly #upToDate = new Set<Watcher>();
  readonly #behind = new Map<Watcher, Behind>();
  /** Everybody who is up to date knows of this revision. */
  #revision: number;
  #isCatchUpDue = false;
  #isClosed = false;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#revision = revisionOf(backend.store());
    this.#stopListening = backend.onApplied((store) => {
      this.#onApplied(store);
    });
  }

  /** The revision that watchers who are up to date know of. */
  get revision(): number {
    return this.#revision;
  }

  /** Tells `watcher` of everything from revision `start` on; of what happens from now on if that is 0. */
  add(watcher: Watcher, start: number): void {
    const next = start === 0 ? this.#revision + 1 : start;
    this.#behind.set(watcher, { watcher, next });
    this.#catchUpSoon();
  }

  remove(watcher: Watcher): void {
    this.#behind.delete(watcher);
    if (this.#upToDate.delete(watcher)) this.#index.delete(watcher.range, watcher);
  }

  isUpToDate(watcher: Watcher): boolean {
    return this.#upToDate.has(watcher);
  }

  /** Somebody who was not ready is. */
  resume(): void {
    this.#catchUpSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
  }

  #onApplied(store: StoreState): void {
    const from = this.#revision + 1;
    const revision = revisionOf(store);
    if (revision < from) return;
    if (from < compactedOf(store)) {
      // A snapshot of another member's took this one over what was in between.
      for (const watcher of this.#upToDate) this.#fallBehind(watcher, from);
    } else {
      this.#tell(store, from, revision);
    }
    this.#revision = revision;
    if (this.#behind.size > 0) this.#catchUpSoon();
  }

  #tell(store: StoreState, from: number, revision: number): void {
    const told = new Map<Watcher, StoreEvent[]>();
    for (const { events } of eventsSince(store, from)) {
      for (const event of events) {
        for (const watcher of this.#index.watching(event.kv.key)) {
          const known = told.get(watcher);
          if (known === undefined) told.set(watcher, [event]);
          else known.push(event);
        }
      }
    }
    for (const [watcher, events] of told) {
      if (!watcher.isReady()) {
        this.#fallBehind(watcher, from);
        continue;
      }
      const wanted = events.filter((event) => watcher.wants(event));
      if (wanted.length > 0) watcher.deliver(wanted, revision);
    }
  }

  #fallBehind(watcher: Watcher, next: number): void {
    this.remove(watcher);
    this.#behind.set(watcher, { watcher, next });
  }

  #catchUpSoon(): void {
    if (this.#isCatchUpDue || this.#isClosed) return;
    this.#isCatchUpDue = true;
    setImmediate(() => {
      this.#isCatchUpDue = false;
      if (!this.#isClosed) this.#catchUp();
    });
  }

  #catchUp(): void {
    const store = this.#backend.store();
    let hasMore = false;
    for (const behind of this.#behind.values()) {
      if (behind.watcher.isReady()) hasMore = this.#catchUpOne(store, behind) || hasMore;
    }
    if (hasMore) this.#catchUpSoon();
  }

  /** One slice. True if there is more of the past. */
  #catchUpOne(store: StoreState, behind: Behind): boolean {
    const { watcher } = behind;
    if (behind.next < compactedOf(store)) {
      this.#behind.delete(watcher);
      watcher.onCompacted(compactedOf(store));
      return false;
    }
    // A beginning in the future: it is told nothing before.
    if (behind.next > this.#revision + 1) return false;
    const wanted: StoreEvent[] = [];
    let looked = 0;
    for (const { revision, events } of eventsSince(store, behind.next)) {
      if (revision > this.#revision || looked >= SLICE_REVISIONS || wanted.length >= SLICE_EVENTS) break;
      looked += 1;
      behind.next = revision + 1;
      wanted.push(...events.filter((event) => contains(watcher.range, event.kv.key) && watcher.wants(event)));
    }
    if (looked === 0) behind.next = this.#revision + 1;
    if (behind.next > this.#revision) {
      this.#behind.delete(watcher);
      this.#upToDate.add(watcher);
      this.#index.add(watcher.range, watcher);
    }
    if (wanted.length > 0) watcher.deliver(wanted, behind.next - 1);
    return this.#behind.has(watcher);
  }
}
