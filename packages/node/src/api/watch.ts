/** The service Watch: the watches of one stream. */

import { bytesOf } from "../server/backend.ts";
import type { KeyRange, StoreEvent } from "../store/types.ts";
import type { Context } from "./context.ts";
import { eventMessage, numberOf } from "./convert.ts";
import { isSet } from "./messages.ts";
import type { EventMessage, Long, WatchCreateRequest, WatchRequest, WatchResponse } from "./messages.ts";
import type { Watcher, WatchHub } from "./watch-hub.ts";

/** The stream's other direction. */
export type WatchSink = {
  write(response: WatchResponse): void;
  /** Whether what was written has gone out, or may wait a little. */
  isReady(): boolean;
};

/** How often a watch that has nothing to tell says so, where its client has asked for that. */
const PROGRESS_MS = 10 * 60_000;

type Watch = {
  readonly id: number;
  readonly watcher: Watcher;
  readonly progress: NodeJS.Timeout | null;
  /** Whether it was told something since it last said that there is nothing. */
  isNews: boolean;
};

export class WatchStream {
  readonly #context: Context;
  readonly #hub: WatchHub;
  readonly #sink: WatchSink;
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;

  constructor(context: Context, hub: WatchHub, sink: WatchSink) {
    this.#context = context;
    this.#hub = hub;
    this.#sink = sink;
  }

  onRequest(request: WatchRequest): void {
    if (isSet(request.create_request)) this.#create(request.create_request);
    else if (isSet(request.cancel_request)) this.#cancel(numberOf(request.cancel_request.watch_id));
    else if (request.request_union === "progress_request") this.#onProgressRequest();
  }

  /** There is room again. */
  onDrain(): void {
    this.#hub.resume();
  }

  close(): void {
    for (const { watcher, progress } of this.#watches.values()) {
      if (progress !== null) clearInterval(progress);
      this.#hub.remove(watcher);
    }
    this.#watches.clear();
  }

  #create(request: WatchCreateRequest): void {
    const given = Number(request.watch_id);
    if (given !== 0 && this.#watches.has(given)) {
      this.#refuse(given, "mvcc: duplicate watch ID provided on the WatchStream");
      return;
    }
    const id = given === 0 ? this.#freeId() : given;
    const start = Number(request.start_revision);
    const watch = this.#watchOf(id, request);
    this.#watches.set(id, watch);
    this.#write({ header: this.#context.header(), watch_id: id, created: true });
    this.#hub.add(watch.watcher, Math.max(0, start));
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId += 1;
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }

  #refuse(id: Long, reason: string): void {
    this.#write({ header: this.#context.header(), watch_id: id, created: true, canceled: true, cancel_reason: reason });
  }

  #watchOf(id: number, request: WatchCreateRequest): Watch {
    const isUnwanted = {
      put: request.filters.includes("NOPUT"),
      delete: request.filters.includes("NODELETE"),
    };
    const watcher: Watcher = {
      range: rangeOf(request),
      isReady: () => this.#sink.isReady(),
      wants: ({ type }) => !isUnwanted[type],
      deliver: (events, revision) => {
        watch.isNews = true;
        this.#tell(id, request, events, revision);
      },
      onCompacted: (compacted) => {
        this.#forget(id);
        this.#write({ header: this.#context.header(), watch_id: id, canceled: true, compact_revision: compacted });
      },
    };
    const progress = request.progress_notify
      ? setInterval(() => {
          this.#progress(watch);
        }, PROGRESS_MS)
      : null;
    const watch: Watch = { id, watcher, progress, isNews: false };
    return watch;
  }

  /** With `fragment`, what is larger than a request may be comes in several responses, of which the last does not say so. */
  #tell(id: number, { prev_kv, fragment }: WatchCreateRequest, events: readonly StoreEvent[], revision: number): void {
    const messages = events.map((event) => eventMessage(event, prev_kv));
    const parts = fragment ? partsOf(messages, this.#context.limits.maxRequestBytes) : [messages];
    for (const [at, part] of parts.entries()) {
      this.#write({
        header: this.#context.header(revision),
        watch_id: id,
        fragment: at < parts.length - 1,
        events: part,
      });
    }
  }

  #cancel(id: number): void {
    if (!this.#forget(id)) return;
    this.#write({ header: this.#context.header(), watch_id: id, canceled: true });
  }

  #forget(id: number): boolean {
    const watch = this.#watches.get(id);
    if (watch === undefined) return false;
    if (watch.progress !== null) clearInterval(watch.progress);
    this.#hub.remove(watch.watcher);
    return this.#watches.delete(id);
  }

  /** A watch that is behind has something to tell: it does not say that it is up to date. */
  #progress(watch: Watch): void {
    const { isNews } = watch;
    watch.isNews = false;
    if (isNews || !this.#hub.isUpToDate(watch.watcher)) return;
    this.#write({ header: this.#context.header(this.#hub.revision), watch_id: watch.id });
  }

  /** Answered for all watches of the stream at once, by the id -1, if all are up to date. */
  #onProgressRequest(): void {
    const isUpToDate = [...this.#watches.values()].every(({ watcher }) => this.#hub.isUpToDate(watcher));
    if (isUpToDate) this.#write({ header: this.#context.header(this.#hub.revision), watch_id: -1 });
  }

  #write(response: WatchResponse): void {
    this.#sink.write(response);
  }
}

/** As etcd has it, no key means the first there can be. */
function rangeOf({ key, range_end }: WatchCreateRequest): KeyRange {
  return { key: key.length === 0 ? "\0" : bytesOf(key), rangeEnd: bytesOf(range_end) };
}

function partsOf(events: readonly EventMessage[], bytesMax: number): readonly (readonly EventMessage[])[] {
  const parts: EventMessage[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const size = event.kv.key.length + event.kv.value.length + (event.prev_kv?.value.length ?? 0) + 64;
    if (bytes > 0 && bytes + size > bytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(event);
    bytes += size;
  }
  return parts;
}
