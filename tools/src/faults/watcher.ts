/**
 * Somebody who watches all registers at one member, from the beginning on, and begins again after what it has seen whenever
 * the member is gone, at another if it is gone for good. What watchers see has to be the same everywhere, in the order of the
 * revisions, with nothing missing.
 */

import { EtcdClient } from "./client.ts";
import type { WatchResponse } from "./client.ts";
import type { Told } from "./judges.ts";

/** What all keys begin with that are watched. */
export const PREFIX = "register/";
const AGAIN_MS = 100;
/** A watcher whose member stays begins again after this time all the same: where history and news meet, much can go wrong. */
const RENEW_MS = 3_000;

/** A change, as it was told. The value is null for a deletion. */
export type Seen = { readonly revision: number; readonly key: string; readonly value: string | null };

export class Watcher {
  readonly name: string;
  readonly #endpoint: () => string;
  #seen: Seen[] = [];
  /** What is wrong with what it was told, by itself. */
  #complaints: string[] = [];
  #revision = 0;
  #stop: (() => void) | null = null;
  #renew: NodeJS.Timeout | null = null;
  #client: EtcdClient | null = null;
  #isStopped = false;

  /** `endpoint` is asked at each beginning. */
  constructor(name: string, endpoint: () => string) {
    this.name = name;
    this.#endpoint = endpoint;
    this.#watch();
  }

  /** The latest that it was told of. */
  get revision(): number {
    return this.#revision;
  }

  /** What it was told since it was last asked. */
  take(): Told {
    const told: Told = { name: this.name, seen: this.#seen, complaints: this.#complaints };
    this.#seen = [];
    this.#complaints = [];
    return told;
  }

  close(): void {
    this.#isStopped = true;
    this.#leave();
  }

  #watch(): void {
    if (this.#isStopped) return;
    const client = new EtcdClient(this.#endpoint(), 5_000);
    this.#client = client;
    let isOver = false;
    const renew = (): void => {
      isOver = true;
      this.#leave();
      this.#watch();
    };
    this.#stop = client.watch(
      PREFIX,
      this.#revision + 1,
      (response) => {
        if (isOver) return;
        this.#onResponse(response);
        // Not before it has come on by something, however long that takes.
        if (response.events.length > 0) this.#renew ??= setTimeout(renew, RENEW_MS);
      },
      () => {
        if (isOver) return;
        isOver = true;
        this.#leave();
        setTimeout(() => {
          this.#watch();
        }, AGAIN_MS);
      },
    );
  }

  #leave(): void {
    if (this.#renew !== null) clearTimeout(this.#renew);
    this.#renew = null;
    this.#stop?.();
    this.#stop = null;
    this.#client?.close();
    this.#client = null;
  }

  #onResponse({ events, canceled, cancel_reason: reason, compact_revision: compacted }: WatchResponse): void {
    if (canceled) this.#complaints.push(`its watch was ended: ${reason}, compacted at ${compacted}`);
    for (const { type, kv } of events) {
      const last = this.#revision;
      if (kv.mod_revision < last) this.#complaints.push(`revision ${kv.mod_revision} came after ${last}`);
      this.#revision = kv.mod_revision;
      const value = type === "PUT" ? kv.value.toString() : null;
      this.#seen.push({ revision: kv.mod_revision, key: kv.key.toString(), value });
    }
  }
}
