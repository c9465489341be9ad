import type { PeerLog } from "./types.ts";

const REMEMBERED_MAX = 1_000;
const REPEAT_MS = 60_000;

/** Warnings of what others do wrong, each a minute apart: whoever knocks all the time must not fill the disk with logs. */
export class Complaints {
  readonly #log: PeerLog;
  readonly #at = new Map<string, number>();

  constructor(log: PeerLog) {
    this.#log = log;
  }

  warn(address: string, details: object, reason: string): void {
    const key = `${address} ${reason}`;
    const now = performance.now();
    const last = this.#at.get(key);
    if (last !== undefined && now - last < REPEAT_MS) return;
    if (this.#at.size >= REMEMBERED_MAX) this.#at.clear();
    this.#at.set(key, now);
    this.#log.warn({ ...details, address, reason }, "a connection from a peer was ended");
  }
}
