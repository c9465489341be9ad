/**
 * Somebody who holds leases: as long as a lease was renewed in time, what hangs on it has to be there, and when nobody renews
 * it any more it has to go.
 */

import { EtcdClient } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";

const TTL_S = 3;
const RENEW_MS = 500;

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

  #ask<T>(what: (client: EtcdClient) => Promise<T>): Promise<T> {
    const client = new EtcdClient(this.#cluster.endpoint(this.#random.pick(this.#cluster.names)), 1_000);
    return what(client).finally(() => {
      client.close();
    });
  }

  /** One lease, from the grant until it could not be renewed in time. */
  async #hold(number: number): Promise<void> {
    const key = `leased/${number}`;
    let sure = performance.now();
    const id = await this.#ask((client) => client.grant(TTL_S));
    await this.#ask((client) => client.put(key, "held", id));
    this.grants += 1;
    while (!this.#isStopped) {
      await new Promise((resolve) => setTimeout(resolve, RENEW_MS));
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
