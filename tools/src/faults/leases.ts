/**
 * Somebody who holds leases: as long as a lease was renewed in time, what hangs on it has to be there, and when nobody renews
 * it any more it has to go.
 */

import { EtcdClient } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";

const TTL_S = 3;
/** Between two renewals, at most: by then most of the lease's time is over. */
const RENEW_MS_MAX = 2_200;
const LOOK_MS = 200;
const ASK_MS = 1_000;
/** The time of a lease, once more from a new leader, and some to look. */
const ENDED_MS = 10 * TTL_S * 1_000;

export class LeaseHolder {
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly complaints: string[] = [];
  renewals = 0;
  grants = 0;
  #isStopped = false;

  constructor(cluster: Cluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  async run(): Promise<void> {
    for (let number = 1; !this.#isStopped; number++) await this.#hold(number).catch(() => undefined);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Nobody renews anything any more: whatever hung on a lease has to go, a change of leaders notwithstanding. */
  async checkEnded(): Promise<void> {
    const end = performance.now() + ENDED_MS;
    for (let number = 1; number <= this.grants; number++) {
      const key = `leased/${number}`;
      while (!(await this.#isGone(key))) {
        if (performance.now() > end) {
          this.complaints.push(`${key} is still there ${ENDED_MS / 1_000} s after its lease was last renewed`);
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
  }

  async #isGone(key: string): Promise<boolean> {
    return await this.#ask((client) => client.get(key)).then(
      ({ value }) => value === null,
      () => false,
    );
  }

  #ask<T>(what: (client: EtcdClient) => Promise<T>): Promise<T> {
    const client = new EtcdClient(this.#cluster.endpoint(this.#random.pick(this.#cluster.names)), ASK_MS);
    return what(client).finally(() => {
      client.close();
    });
  }

  /** One lease, from the grant until it could not be renewed in time. */
  async #hold(number: number): Promise<void> {
    this.grants = number;
    const key = `leased/${number}`;
    let sure = performance.now();
    const id = await this.#ask((client) => client.grant(TTL_S));
    await this.#ask((client) => client.put(key, "held", id));
    while (!this.#isStopped) {
      const pause = this.#random.integer(LOOK_MS, RENEW_MS_MAX);
      await new Promise((resolve) => setTimeout(resolve, pause));
      const asked = performance.now();
      const isRenewed = await this.#ask((client) => client.keepAlive(id)).then(
        (ttl) => ttl > 0,
        () => false,
      );
      if (isRenewed) {
        // It has its time from when the renewal was asked for, at least.
        sure = asked;
        this.renewals += 1;
      }
      const { value } = await this.#ask((client) => client.get(key)).catch(() => ({ value: "held" }));
      // Looked at after the read: if the lease is sure to live even now, it was when the key was read.
      const left = sure + TTL_S * 1_000 - performance.now();
      if (value !== null) continue;
      if (left > 0) this.complaints.push(`${key} was gone ${Math.round(left)} ms before its lease was over`);
      return;
    }
  }
}
