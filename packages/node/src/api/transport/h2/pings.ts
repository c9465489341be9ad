/** Clients that ping too often are sent away, as etcd's `--grpc-keepalive-min-time` has it. */

/** A client may ping this often. */
const PING_MS_MIN = 5_000;
/** So many pings may come too early. */
const STRIKES_MAX = 2;

export class PingLimit {
  #last = Number.NEGATIVE_INFINITY;
  #strikes = 0;

  /** False if the client has pinged too often. */
  onPing(now: number): boolean {
    this.#strikes = now - this.#last < PING_MS_MIN ? this.#strikes + 1 : 0;
    this.#last = now;
    return this.#strikes <= STRIKES_MAX;
  }

  /** Something was sent: a client may well ping between that, to find out how fast it is. */
  onSend(): void {
    this.#last = Number.NEGATIVE_INFINITY;
    this.#strikes = 0;
  }
}
