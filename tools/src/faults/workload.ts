/** Clients that read and write a few keys, one thing at a time each, and write down what they saw. */

import type { History } from "./judges.ts";
import { EtcdClient } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { Action, Operation } from "./linearizability.ts";
import type { Random } from "./random.ts";
import { eventually } from "./stage.ts";

const TIMEOUT_MS = 2_000;
const READ_MS = 30_000;
/** Between two of a client's operations: enough of them at once are had from enough clients. */
const REST_MS = 5;
/** And after one that failed: a member that is down would otherwise be asked most. */
const REST_AFTER_FAILURE_MS = 200;

export class Workload {
  readonly #cluster: Cluster;
  readonly #keys: readonly string[];
  readonly #random: Random;
  readonly #history: ReadonlyMap<string, Operation[]>;
  #isStopped = false;
  #value = 0;

  /** `begun` is what has been done to the keys before. */
  constructor(cluster: Cluster, begun: History, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
    this.#keys = [...begun.keys()];
    this.#history = new Map([...begun].map(([key, operations]) => [key, [...operations]]));
  }

  get history(): History {
    return this.#history;
  }

  /** Runs clients until `stop`. */
  async run(clients: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => this.#runClient(client)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Reads every key at every member: the last word on each.
   *
   * @throws Error (by rejection) if a member does not answer
   */
  async readAll(): Promise<void> {
    for (const name of this.#cluster.names) {
      await this.#cluster.ask(
        name,
        async (client) => {
          for (const key of this.#keys) {
            await eventually(async () => {
              const isAnswered = await this.#perform(client, -1, key, "get");
              if (!isAnswered) throw new Error(`${name} does not answer when it is asked for ${key}.`);
            });
          }
        },
        READ_MS,
      );
    }
  }

  async #runClient(number: number): Promise<void> {
    const clients = new Map<string, EtcdClient>();
    while (!this.#isStopped) {
      const name = this.#random.pick(this.#cluster.names);
      const endpoint = this.#cluster.endpoint(name);
      const client = clients.get(endpoint) ?? new EtcdClient(endpoint, TIMEOUT_MS);
      clients.set(endpoint, client);
      const isAnswered = await this.#perform(client, number, this.#random.pick(this.#keys), this.#choose());
      await new Promise((resolve) => setTimeout(resolve, isAnswered ? REST_MS : REST_AFTER_FAILURE_MS));
    }
    for (const client of clients.values()) client.close();
  }

  #choose(): Action["type"] {
    const chance = this.#random.integer(1, 100);
    if (chance <= 45) return "get";
    if (chance <= 80) return "put";
    return chance <= 95 ? "cas" : "delete";
  }

  /** True if there was an answer. */
  async #perform(client: EtcdClient, number: number, key: string, type: Action["type"]): Promise<boolean> {
    const call = performance.now();
    const unanswered = this.#prepare(key, type);
    const record = (action: Action, end: number): void => {
      this.#history.get(key)?.push({ client: number, call, end, action });
    };
    try {
      record(await act(client, key, unanswered), performance.now());
      return true;
    } catch {
      // Whether it took place nobody knows. A read that was not answered says nothing.
      if (unanswered.type !== "get") record(unanswered, Infinity);
      return false;
    }
  }

  /** The action as it stands while nothing is known of it. Values are never used twice, so that each tells where it is from. */
  #prepare(key: string, type: Action["type"]): Action {
    this.#value += 1;
    const value = `${key} ${this.#value}`;
    switch (type) {
      case "get":
        return { type, value: null, revision: null };
      case "put":
        return { type, value, revision: null };
      case "delete":
        return { type, revision: null, existed: null };
      case "cas":
        return { type, expected: this.#lastValue(key), value, succeeded: null, revision: null };
    }
  }

  /** A value that the key may well have. */
  #lastValue(key: string): string | null {
    const last = this.#history.get(key)?.findLast(({ action }) => action.type === "put" || action.type === "get");
    if (last === undefined) return null;
    return last.action.type === "put" || last.action.type === "get" ? last.action.value : null;
  }
}

/** Does it, and returns it with what the answer says. */
async function act(client: EtcdClient, key: string, action: Action): Promise<Action> {
  switch (action.type) {
    case "get":
      return { ...action, ...(await client.get(key)) };
    case "put":
      return { ...action, revision: await client.put(key, action.value) };
    case "delete":
      return { ...action, ...(await client.delete(key)) };
    case "cas":
      return { ...action, ...(await client.cas(key, action.expected, action.value)) };
  }
}
