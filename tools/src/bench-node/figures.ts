/** What is measured. Each figure is taken of both kinds of servers, one after the other, in one run. */

import { Connection, Messages } from "./grpc.ts";
import { load } from "./load.ts";
import { progressOf, say } from "./progress.ts";
import { eventsIn, get, put, putAll, watch } from "./requests.ts";
import type { Servers, Shape } from "./servers.ts";

/** One line of the table. `better` says which is: more, or less. */
export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly shape: Shape;
  /** Several values of one measurement, the first of which is compared. */
  measure(servers: Servers): Promise<{ readonly value: number; readonly detail: string }>;
};

const VALUE = Buffer.alloc(256, "v");
const KEYS = 10_000;
/**
 * Seconds of load before any is counted, and of how many clients at least: both servers are at their best only after a
 * while, and one client alone would take minutes to make a server compile what it uses.
 */
const WARM_S = 5;
const WARM_CLIENTS = 100;

function keyOf(number: number): string {
  return `key/${String(number % KEYS).padStart(8, "0")}`;
}

const THREE: Shape = { size: 3, sync: true };

/** What is left of a put when nobody has to agree and no disk is waited for: the API, the shell and the store. */
export function putsAlone(clients: number, seconds: number): Figure {
  return {
    ...putsAt(clients, seconds),
    name: `puts, ${clients} clients, one member, no fsync`,
    shape: { size: 1, sync: false },
  };
}

export function putsAt(clients: number, seconds: number): Figure {
  return {
    shape: THREE,
    name: `puts, ${clients} client${clients === 1 ? "" : "s"}`,
    unit: "/s",
    better: "more",
    async measure(servers) {
      const endpoints = await servers.endpointsFromLeader();
      await load(endpoints, Math.max(clients, WARM_CLIENTS), WARM_S, (number) => put(keyOf(number), VALUE));
      const result = await load(endpoints, clients, seconds, (number) => put(keyOf(number), VALUE));
      return { value: result.perSecond, detail: detailOf(result) };
    },
  };
}

export function readsAt(clients: number, seconds: number, isSerializable: boolean): Figure {
  return {
    shape: THREE,
    name: `${isSerializable ? "serializable" : "linearizable"} reads, ${clients} clients`,
    unit: "/s",
    better: "more",
    async measure(servers) {
      const endpoints = await servers.endpointsFromLeader();
      await load(endpoints, Math.max(clients, WARM_CLIENTS), WARM_S, (number) => put(keyOf(number), VALUE));
      const result = await load(endpoints, clients, seconds, (number) => get(keyOf(number), isSerializable));
      return { value: result.perSecond, detail: detailOf(result) };
    },
  };
}

function detailOf({
  p50,
  p99,
  failed,
}: {
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${failed > 0 ? `, ${failed} failed` : ""}`;
}

/**
 * Many watches of one key, and one who writes it: how many events a second reach them all. As many puts again come first,
 * and are not counted.
 */
export function watchFanOut(watchers: number, puts: number): Figure {
  return {
    shape: THREE,
    name: `watch fan-out, ${watchers} watches`,
    unit: "events/s",
    better: "more",
    async measure({ endpoints }) {
      const connections = endpoints.map((endpoint) => new Connection(endpoint));
      let events = 0;
      let created = 0;
      for (let at = 0; at < watchers; at++) {
        const { path, request } = watch("fan");
        const stream = connections[at % connections.length]?.open(path);
        stream?.on("error", () => undefined);
        const messages = new Messages();
        let isFirst = true;
        stream?.on("data", (piece: Buffer) => {
          for (const message of messages.take(piece)) {
            if (isFirst) created += 1;
            isFirst = false;
            events += eventsIn(message);
          }
        });
        stream?.write(request);
      }
      await until(() => created === watchers);
      const { path, request } = put("fan", VALUE);
      const write = async (): Promise<void> => {
        const due = events + watchers * puts;
        for (let at = 0; at < puts; at++) await connections[0]?.call(path, request);
        await until(() => events >= due);
      };
      await write();
      const start = performance.now();
      await write();
      const seconds = (performance.now() - start) / 1_000;
      for (const connection of connections) connection.close();
      return { value: (watchers * puts) / seconds, detail: `${puts} puts in ${seconds.toFixed(2)} s` };
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error("What was waited for has not come in a minute.");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** From `kill -9` of the leader until another one has acknowledged a write. */
export function failover(times: number): Figure {
  return {
    shape: THREE,
    name: "kill -9 of the leader to the next write",
    unit: "ms",
    better: "less",
    async measure(servers) {
      const taken: number[] = [];
      for (let at = 0; at < times; at++) {
        const leader = await servers.leader();
        const others = servers.endpoints.filter((_, place) => place !== leader);
        await servers.kill(leader);
        const start = performance.now();
        await writeAnywhere(others);
        taken.push(performance.now() - start);
        servers.restart(leader);
        await servers.leader();
      }
      taken.sort((a, b) => a - b);
      return {
        value: taken[Math.floor(taken.length / 2)] ?? NaN,
        detail: `median of ${times}, from ${(taken[0] ?? NaN).toFixed(0)} to ${(taken.at(-1) ?? NaN).toFixed(0)} ms`,
      };
    },
  };
}

/**
 * A new call every so often, at each member, until one is answered: a call that its member had sent to the leader that is gone
 * may be answered only when its time is over, and that is not what is asked here.
 */
async function writeAnywhere(endpoints: readonly string[]): Promise<void> {
  const { path, request } = put("after", VALUE);
  const connections = endpoints.map((endpoint) => new Connection(endpoint));
  const end = performance.now() + 60_000;
  let isDone = false;
  while (!isDone && performance.now() < end) {
    for (const connection of connections) {
      connection.call(path, request).then(
        () => {
          isDone = true;
        },
        // It is called again anyway.
        () => undefined,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  for (const connection of connections) connection.close();
  if (!isDone) throw new Error("No write was acknowledged within a minute.");
}

const AGAIN_MS = 20;

/** Below what etcd's `--max-txn-ops` allows. What is measured is what keys take, and not how fast they come. */
const KEYS_PER_TXN = 100;

/** Fills the store with keys, and looks at what the members take in memory then. */
export function memoryAfter(keys: number): Figure {
  return {
    shape: THREE,
    name: `memory a member after ${keys.toLocaleString("en")} keys`,
    unit: "MiB",
    better: "less",
    async measure(servers) {
      const seconds = await fill(servers, keys / KEYS_PER_TXN, `lots of ${KEYS_PER_TXN} keys`, (lot) =>
        putAll(
          Array.from({ length: KEYS_PER_TXN }, (_, at) => `many/${String(lot * KEYS_PER_TXN + at).padStart(9, "0")}`),
          VALUE,
        ),
      );
      const memory = servers.memory().map((bytes) => bytes / 1024 ** 2);
      const mean = memory.reduce((sum, of) => sum + of, 0) / memory.length;
      return {
        value: mean,
        detail: `filled in ${seconds.toFixed(0)} s; ${memory.map((of) => of.toFixed(0)).join(", ")} MiB`,
      };
    },
  };
}

/** From the start of a killed member, whose log holds so many bytes, until it has caught up and serves. */
export function recoveryOf(bytes: number): Figure {
  const value = Buffer.alloc(64 * 1024, "r");
  return {
    shape: THREE,
    name: `start after ${(bytes / 1024 ** 3).toFixed(2)} GiB of log`,
    unit: "s",
    better: "less",
    async measure(servers) {
      const puts = Math.ceil(bytes / value.length);
      await fill(servers, puts, "puts", (number) => put(`log/${number % 100}`, value));
      const leader = await servers.leader();
      const place = (leader + 1) % servers.endpoints.length;
      await servers.kill(place);
      say(`  ${servers.kind} starts again, with ${(servers.diskBytes(place) / 1024 ** 2).toFixed(0)} MiB of files`);
      const start = performance.now();
      servers.restart(place);
      await servers.leader();
      await readAt(servers.endpoints[place] ?? "");
      return { value: (performance.now() - start) / 1_000, detail: `${puts} puts of 64 KiB before` };
    },
  };
}

async function readAt(endpoint: string): Promise<void> {
  const { path, request } = get("log/0", false);
  const end = performance.now() + 120_000;
  while (performance.now() < end) {
    const connection = new Connection(endpoint);
    try {
      await connection.call(path, request);
      return;
    } catch {
      // Not yet.
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      connection.close();
    }
  }
  throw new Error(`${endpoint} has not served in two minutes.`);
}

/** So many calls are under way at once. */
const FILLERS = 64;
/** How often a call is made again that a busy server has had no time for. What it writes is the same each time. */
const TRIES = 20;

/** Makes `count` calls, and says how far it is. Resolves with the seconds that it took. */
async function fill(
  servers: Servers,
  count: number,
  what: string,
  call: (number: number) => ReturnType<typeof put>,
): Promise<number> {
  const connections = servers.endpoints.map((endpoint) => new Connection(endpoint));
  const start = performance.now();
  const progress = progressOf(`  ${servers.kind} has taken ${what}`, count);
  let number = 0;
  let again = 0;
  await Promise.all(
    Array.from({ length: FILLERS }, async (_, client) => {
      const connection = connections[client % connections.length];
      while (connection !== undefined && number < count) {
        number += 1;
        const { path, request } = call(number);
        again += await patiently(() => connection.call(path, request));
        progress(number, again);
      }
    }),
  );
  for (const connection of connections) connection.close();
  return (performance.now() - start) / 1_000;
}

/** How often it had to be called again. */
async function patiently(call: () => Promise<unknown>): Promise<number> {
  for (let again = 0; ; again++) {
    try {
      await call();
      return again;
    } catch (error) {
      if (again === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
