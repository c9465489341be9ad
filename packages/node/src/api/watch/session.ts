/** The watchers of one stream, and what is sent to their client. */

import { textOf } from "../convert.ts";
import type { ApiMember } from "../member.ts";
import { WATCH_ERRORS } from "../errors.ts";
import { numberOf } from "../int64.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponse } from "../messages.ts";
import type { ServerStream } from "../transport/transport.ts";
import type { WatchHub } from "./hub.ts";
import { intervalOf } from "./intervals.ts";
import { encodeWatchResponse, portionsOf, responsesOf } from "./responses.ts";
import type { RevisionFields } from "./responses.ts";
import { WatcherIndex } from "./watcher.ts";
import type { Watcher } from "./watcher.ts";

/** The id of responses that concern no single watcher. */
const NO_WATCHER = -1;

/** As in etcd. */
const PROGRESS_NOTIFY_MS = 10 * 60_000;

/** Revisions are put together in one response as long as it stays below this. */
const RESPONSE_BYTES_MAX = 1024 * 1024;

/** Each takes memory for as long as its stream lives, and clients share streams among all that they watch. */
const WATCHERS_MAX = 10_000;

const NO_PUT = 0;
const NO_DELETE = 1;

export class WatchSession {
  /** Those that have history to catch up with. */
  readonly behind: WatcherIndex = new WatcherIndex();
  readonly #member: ApiMember;
  readonly #hub: WatchHub;
  readonly #stream: ServerStream;
  readonly #watchers = new Map<number, Watcher>();
  #nextId = 0;
  #isPaused = false;
  #isProgressWanted = false;
  /** Resolved when there is room to send again. */
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  #progressTimer: NodeJS.Timeout | null = null;

  constructor(member: ApiMember, hub: WatchHub, stream: ServerStream) {
    this.#member = member;
    this.#hub = hub;
    this.#stream = stream;
    hub.enter(this);
  }

  /** So much waits to be sent that nothing more should. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Who does not read is not listened to either: the promise waits until there is room for answers. */
  message({ createRequest, cancelRequest, progressRequest }: WatchRequest): Promise<void> | void {
    if (createRequest !== null) this.#create(createRequest);
    else if (cancelRequest !== null) this.#cancel(numberOf(cancelRequest.watchId));
    else if (progressRequest !== null) this.#wantProgress();
    return this.#room?.promise;
  }

  drained(): void {
    this.#isPaused = false;
    this.#room?.resolve();
    this.#room = null;
    this.reportWantedProgress();
    this.#hub.wake(this);
  }

  closed(): void {
    if (this.#progressTimer !== null) clearInterval(this.#progressTimer);
    for (const watcher of this.#watchers.values()) this.#hub.delete(watcher);
    this.#watchers.clear();
    this.#hub.forget(this);
    this.#room?.resolve();
  }

  /**
   * Sends events to a watcher that thereby has all up to `upTo`. Returns the first revision that was not sent since there
   * is no more room, or null.
   */
  deliver(watcher: Watcher, revisions: readonly RevisionFields[], upTo: number): number | null {
    const portions = portionsOf(revisions, RESPONSE_BYTES_MAX);
    for (const [index, { first, last, fields }] of portions.entries()) {
      if (this.#isPaused) return first;
      // A client that starts anew does so after this revision: it must not be ahead of what was sent.
      const revision = index === portions.length - 1 ? upTo : last;
      for (const response of this.#responses(watcher, revision, fields)) this.#sendBytes(response);
      watcher.active = true;
    }
    return null;
  }

  #responses({ id, fragment }: Watcher, revision: number, fields: readonly Uint8Array[]): readonly Uint8Array[] {
    const { latest } = this.#hub;
    const known = fragment ? null : latest.find(revision, id, fields);
    if (known !== null) return [known];
    const head = { header: this.#member.header(revision), watchId: id };
    const responses = responsesOf(head, fields, fragment ? this.#member.limits.maxRequestBytes : null);
    const [only] = responses;
    if (!fragment && only !== undefined) latest.keep(revision, id, fields, only);
    return responses;
  }

  cancelCompacted(watcher: Watcher, compactRevision: number): void {
    this.#remove(watcher);
    this.#send({ watchId: watcher.id, canceled: true, compactRevision });
  }

  /** Answers a request for progress as soon as all watchers are up to date. */
  reportWantedProgress(): void {
    if (!this.#isProgressWanted || this.#isPaused || this.behind.size > 0) return;
    for (const watcher of this.#watchers.values()) if (!this.#hub.isUpToDate(watcher)) return;
    this.#isProgressWanted = false;
    this.#hub.wantProgress(this, false);
    this.#send({ watchId: NO_WATCHER });
  }

  #create(request: WatchCreateRequest): void {
    this.#hub.refresh();
    const startRevision = numberOf(request.startRevision);
    const watchId = numberOf(request.watchId);
    const range = { key: textOf(request.key), rangeEnd: textOf(request.rangeEnd) };
    // As in etcd, where no key is given it is the smallest one.
    if (range.key === "") range.key = "\0";
    const interval = intervalOf(range);
    if (startRevision < 0) return this.#refuse(WATCH_ERRORS.compacted);
    if (interval.start >= interval.end) return this.#refuse(WATCH_ERRORS.emptyRange);
    if (this.#watchers.size >= (this.#member.limits.maxWatchersPerStream ?? WATCHERS_MAX)) {
      return this.#refuse(WATCH_ERRORS.tooMany);
    }
    if (watchId !== 0 && this.#watchers.has(watchId)) return this.#refuse(WATCH_ERRORS.duplicateId);

    const watcher: Watcher = {
      id: watchId === 0 ? this.#freeId() : watchId,
      session: this,
      range,
      interval,
      ignorePuts: request.filters.includes(NO_PUT),
      ignoreDeletes: request.filters.includes(NO_DELETE),
      prevKv: request.prevKv,
      progressNotify: request.progressNotify,
      fragment: request.fragment,
      next: startRevision === 0 ? this.#hub.revision + 1 : startRevision,
      active: false,
    };
    this.#watchers.set(watcher.id, watcher);
    this.#send({ watchId: watcher.id, created: true });
    this.#hub.add(watcher);
    if (watcher.progressNotify) this.#startProgressTimer();
  }

  #freeId(): number {
    while (this.#watchers.has(this.#nextId)) this.#nextId += 1;
    return this.#nextId++;
  }

  #refuse(cancelReason: string): void {
    this.#send({ watchId: NO_WATCHER, created: true, canceled: true, cancelReason });
  }

  #cancel(id: number): void {
    const watcher = this.#watchers.get(id);
    // etcd does not answer for an id that it does not know.
    if (watcher === undefined) return;
    this.#remove(watcher);
    this.#send({ watchId: id, canceled: true });
    this.reportWantedProgress();
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.#hub.delete(watcher);
  }

  #wantProgress(): void {
    this.#hub.refresh();
    this.#isProgressWanted = true;
    this.#hub.wantProgress(this, true);
    this.reportWantedProgress();
  }

  #startProgressTimer(): void {
    const ms = this.#member.limits.progressNotifyMs ?? PROGRESS_NOTIFY_MS;
    this.#progressTimer ??= setInterval(() => this.#notifyProgress(), ms).unref();
  }

  /** Those who have heard nothing for a while are told how far they are. */
  #notifyProgress(): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify || this.#isPaused) continue;
      if (!watcher.active && this.#hub.isUpToDate(watcher)) this.#send({ watchId: watcher.id });
      watcher.active = false;
    }
  }

  #send(response: WatchResponse): void {
    this.#sendBytes(encodeWatchResponse({ header: this.#member.header(this.#hub.revision), ...response }));
  }

  #sendBytes(bytes: Uint8Array): void {
    if (this.#stream.send(bytes) || this.#isPaused) return;
    this.#isPaused = true;
    let resolve = (): void => {};
    const promise = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    this.#room = { promise, resolve };
  }
}
