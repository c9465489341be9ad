/**
 * Brings the store's events to all watchers of this member.
 *
 * A watcher is either up to date, in `#synced`, and gets each batch of events as it is applied; or it is behind, in its
 * session's `behind`, and is caught up from the store's history, a bounded slice at a time. Nothing is queued for those
 * who read slowly: they fall behind. Either way a watcher's events come in the order of revisions, each once, since it is
 * in one of the two places at a time and `next` says where it goes on.
 */

import type { Backend } from "../../server/backend.ts";
import { compactedOf, eventsSince, revisionOf } from "../../store/index.ts";
import type { StoreEvent, StoreState } from "../../store/index.ts";
import { EncodedEvent, LatestResponse } from "./responses.ts";
import type { WatchSession } from "./session.ts";
import { WatcherIndex, accepts } from "./watcher.ts";
import type { Watcher } from "./watcher.ts";

/** How much history is looked at, and how much of it is sent, before others have their turn. */
const SLICE_EVENTS_MAX = 1_000;
const SLICE_BYTES_MAX = 1024 * 1024;

/** How many streams there are, and watchers in all of them; `slow` are those that are not up to date. */
export type WatchFigures = { readonly streams: number; readonly watchers: number; readonly slow: number };

type Revision = { readonly revision: number; readonly events: readonly StoreEvent[] };

/** What watchers get of a run of revisions. */
class Dispatch {
  readonly found = new Map<Watcher, { revision: number; fields: Uint8Array[]; bytes: number }[]>();
  bytes = 0;
  events = 0;

  take({ revision, events }: Revision, index: WatcherIndex): void {
    for (const event of events) {
      const encoded = new EncodedEvent(event);
      this.events += 1;
      index.at(event.kv.key, (watcher) => {
        if (revision >= watcher.next && accepts(watcher, event)) {
          this.#add(watcher, revision, encoded.field(watcher.prevKv));
        }
      });
    }
  }

  #add(watcher: Watcher, revision: number, field: Uint8Array): void {
    this.bytes += field.length;
    const revisions = this.found.get(watcher);
    const last = revisions?.at(-1);
    if (revisions === undefined) this.found.set(watcher, [{ revision, fields: [field], bytes: field.length }]);
    else if (last?.revision !== revision) revisions.push({ revision, fields: [field], bytes: field.length });
    else {
      last.fields.push(field);
      last.bytes += field.length;
    }
  }
}

export class WatchHub {
  readonly #backend: Backend;
  readonly #synced = new WatcherIndex();
  readonly #sessions = new Set<WatchSession>();
  /** Sessions that have watchers to catch up and room to send; the first has waited longest. */
  readonly #waiting = new Set<WatchSession>();
  /** Sessions that were asked for their progress when not all of their watchers were up to date. */
  readonly #wantingProgress = new Set<WatchSession>();
  readonly #stop: () => void;
  /** For as long as one dispatch lasts: the header's term is that of the moment. */
  readonly latest: LatestResponse = new LatestResponse();
  #store: StoreState;
  #turn: NodeJS.Immediate | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#store = backend.store();
    this.#stop = backend.onApplied((store) => this.#advance(store));
  }

  /** Up to here, all events have been given to the watchers that are up to date. */
  get revision(): number {
    return revisionOf(this.#store);
  }

  close(): void {
    this.#stop();
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
  }

  /** Takes in what was applied and not yet heard of, so that what is said next is of the store as it is. */
  refresh(): void {
    this.#advance(this.#backend.store());
  }

  add(watcher: Watcher): void {
    if (watcher.next > this.revision) return this.#synced.add(watcher);
    watcher.session.behind.add(watcher);
    this.wake(watcher.session);
  }

  delete(watcher: Watcher): void {
    this.#synced.delete(watcher);
    watcher.session.behind.delete(watcher);
  }

  /** Whether the watcher has been given all events up to `revision`. */
  isUpToDate(watcher: Watcher): boolean {
    return this.#synced.has(watcher) && watcher.next <= this.revision + 1;
  }

  /** The session has room to send. */
  wake(session: WatchSession): void {
    if (session.behind.size === 0) return;
    this.#waiting.add(session);
    this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  /** Tells the session of each step on, until it has reported its progress. */
  wantProgress(session: WatchSession, isWanted: boolean): void {
    if (isWanted) this.#wantingProgress.add(session);
    else this.#wantingProgress.delete(session);
  }

  enter(session: WatchSession): void {
    this.#sessions.add(session);
  }

  get figures(): WatchFigures {
    let slow = 0;
    for (const { behind } of this.#sessions) slow += behind.size;
    return { streams: this.#sessions.size, watchers: this.#synced.size + slow, slow };
  }

  forget(session: WatchSession): void {
    this.#sessions.delete(session);
    this.#waiting.delete(session);
    this.#wantingProgress.delete(session);
  }

  #advance(store: StoreState): void {
    const from = this.revision + 1;
    this.#store = store;
    if (this.revision < from) return;
    // Only where a member takes over another's state are there events that it never sees: before it applies a compaction,
    // the store is told as it was.
    if (compactedOf(store) > from) this.#cancelCompacted(this.#synced, from);
    const dispatch = new Dispatch();
    for (const revision of eventsSince(store, from)) dispatch.take(revision, this.#synced);
    for (const [watcher, revisions] of dispatch.found) {
      const rest = watcher.session.deliver(watcher, revisions, this.revision);
      if (rest !== null) this.#fallBehind(watcher, rest);
    }
    this.latest.forget();
    for (const session of this.#wantingProgress) session.reportWantedProgress();
  }

  #fallBehind(watcher: Watcher, next: number): void {
    watcher.next = next;
    this.#synced.delete(watcher);
    watcher.session.behind.add(watcher);
    this.wake(watcher.session);
  }

  #takeTurn(): void {
    this.#turn = null;
    const [session] = this.#waiting;
    if (session === undefined) return;
    this.#waiting.delete(session);
    if (!session.isPaused) this.#catchUp(session);
    if (!session.isPaused) this.wake(session);
    if (this.#waiting.size > 0) this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  /** One slice of history for all of a session's watchers that are behind. */
  #catchUp(session: WatchSession): void {
    const { behind } = session;
    this.#cancelCompacted(behind, 0);
    let from = this.revision + 1;
    for (const { next } of behind) from = Math.min(from, next);
    const { dispatch, last } = this.#slice(behind, from);
    for (const watcher of behind) {
      const revisions = dispatch.found.get(watcher) ?? [];
      watcher.next = session.deliver(watcher, revisions, last) ?? Math.max(watcher.next, last + 1);
      if (watcher.next <= this.revision) continue;
      behind.delete(watcher);
      this.#synced.add(watcher);
    }
    this.latest.forget();
    session.reportWantedProgress();
  }

  /** `last` is the revision up to which history has been looked at. */
  #slice(index: WatcherIndex, from: number): { readonly dispatch: Dispatch; readonly last: number } {
    const dispatch = new Dispatch();
    for (const revision of eventsSince(this.#store, from)) {
      dispatch.take(revision, index);
      const isFull = dispatch.events >= SLICE_EVENTS_MAX || dispatch.bytes >= SLICE_BYTES_MAX;
      if (isFull) return { dispatch, last: revision.revision };
    }
    return { dispatch, last: this.revision };
  }

  /** Cancels those whose next revision is gone. `seenBefore` is the first revision that none of them has been given. */
  #cancelCompacted(index: WatcherIndex, seenBefore: number): void {
    const compacted = compactedOf(this.#store);
    for (const watcher of index) {
      if (Math.max(watcher.next, seenBefore) < compacted) watcher.session.cancelCompacted(watcher, compacted);
    }
  }
}
