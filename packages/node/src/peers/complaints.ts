import type { PeerLog } from "./types.ts";

const REMEMBERED_MAX = 1_000;
const REPEAT_MS = 60_000;

/** Warnings of what others do wrong, each a minute apart: whoever knocks all the time must not fill the disk with logs. */
export class Complaints {
  readonly #log: PeerLog;
  readonly #message: string;
  readonly #at = new Map<string, number>();

  /** @param message of each warning, whose details have the reason */
  constructor(log: PeerLog, message: string) {
    this.#log = log;
    this.#message = message;
  }

  warn(address: string, details: object, reason: string): void {
    const key = `${address} ${reason}`;
    const now = performance.now();
    const last = this.#at.get(key);
    if (last !== undefined && now - last < REPEAT_MS) return;
    if (this.#at.size >= REMEMBERED_MAX) this.#at.clear();
    this.#at.set(key, now);
    this.#log.warn({ ...details, address, reason }, this.#message);
  }
}
