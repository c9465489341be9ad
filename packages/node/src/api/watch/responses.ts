/** Watch responses as bytes. An event is encoded once, however many watchers see it. */

import { encoder } from "../codec.ts";
import type { Encode } from "../codec.ts";
import { eventMessage } from "../convert.ts";
import type { ResponseHeader, WatchResponse } from "../messages.ts";
import type { StoreEvent } from "../../store/types.ts";

export const encodeWatchResponse: Encode<WatchResponse> = encoder<WatchResponse>("etcdserverpb.WatchResponse");

/** An event as a field of a watch response. */
export class EncodedEvent {
  readonly #event: StoreEvent;
  #plain: Uint8Array | null = null;
  #withPrevKv: Uint8Array | null = null;

  constructor(event: StoreEvent) {
    this.#event = event;
  }

  field(prevKv: boolean): Uint8Array {
    if (prevKv && this.#event.prevKv !== null) return (this.#withPrevKv ??= this.#encoded(true));
    return (this.#plain ??= this.#encoded(false));
  }

  /** A response that has this event and nothing else is, byte for byte, the field. */
  #encoded(prevKv: boolean): Uint8Array {
    return encodeWatchResponse({ events: [eventMessage(this.#event, prevKv)] });
  }
}

/** What of one revision concerns one watcher, in order. */
export type RevisionFields = {
  readonly revision: number;
  readonly fields: readonly Uint8Array[];
  readonly bytes: number;
};

/** A run of revisions that go into one response. */
export type Portion = { readonly first: number; readonly last: number; readonly fields: readonly Uint8Array[] };

/** Cuts between revisions, so that a portion has at most `maxBytes` unless one revision alone has more. */
export function portionsOf(revisions: readonly RevisionFields[], maxBytes: number): readonly Portion[] {
  const portions: Portion[] = [];
  let fields: Uint8Array[] = [];
  let first = 0;
  let last = 0;
  let bytes = 0;
  for (const revision of revisions) {
    if (fields.length > 0 && bytes + revision.bytes > maxBytes) {
      portions.push({ first, last, fields });
      fields = [];
      bytes = 0;
    }
    if (fields.length === 0) first = revision.revision;
    fields.push(...revision.fields);
    last = revision.revision;
    bytes += revision.bytes;
  }
  if (fields.length > 0) portions.push({ first, last, fields });
  return portions;
}

/**
 * Remembers the response that was made last: of many streams that watch the same thing, each has one watcher with the same
 * id, and gets the same bytes.
 */
export class LatestResponse {
  #revision = 0;
  #watchId = 0;
  #fields: readonly Uint8Array[] = [];
  #bytes: Uint8Array | null = null;

  /** The one for these, or null if another was kept last. */
  find(revision: number, watchId: number, fields: readonly Uint8Array[]): Uint8Array | null {
    if (this.#bytes === null || revision !== this.#revision || watchId !== this.#watchId) return null;
    const isSame = fields.length === this.#fields.length && fields.every((field, at) => field === this.#fields[at]);
    return isSame ? this.#bytes : null;
  }

  keep(revision: number, watchId: number, fields: readonly Uint8Array[], bytes: Uint8Array): void {
    this.#revision = revision;
    this.#watchId = watchId;
    this.#fields = fields;
    this.#bytes = bytes;
  }

  forget(): void {
    this.#fields = [];
    this.#bytes = null;
  }
}

/** The responses for a portion: one, or where `fragmentBytes` is given as many as keep each below that, if events allow it. */
export function responsesOf(
  head: { readonly header: ResponseHeader; readonly watchId: number },
  fields: readonly Uint8Array[],
  fragmentBytes: number | null,
): readonly Uint8Array[] {
  const groups = fragmentBytes === null ? [fields] : fragmentsOf(fields, fragmentBytes);
  return groups.map((group, index) => {
    const isLast = index === groups.length - 1;
    return Buffer.concat([encodeWatchResponse(isLast ? head : { ...head, fragment: true }), ...group]);
  });
}

function fragmentsOf(fields: readonly Uint8Array[], maxBytes: number): readonly (readonly Uint8Array[])[] {
  const groups: Uint8Array[][] = [];
  let group: Uint8Array[] = [];
  let bytes = 0;
  for (const field of fields) {
    if (group.length > 0 && bytes + field.length > maxBytes) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(field);
    bytes += field.length;
  }
  groups.push(group);
  return groups;
}
