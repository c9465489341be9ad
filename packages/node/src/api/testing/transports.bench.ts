/**
 * What a call costs a server, over this package's transport and over that of `@grpc/grpc-js`:
 *
 *     npx tsx packages/node/src/api/testing/transports.bench.ts
 *
 * The server is a process of its own, whose processor time is measured; the store is the real one, in memory. The two take
 * turns, so that what else the machine does hits both: look at the ratio.
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { openHttp2 } from "../transport/http2.ts";
import type { OpenTransport } from "../transport/transport.ts";
import { ApiClient } from "./client.ts";
import { openGrpcJs } from "./grpc-js.ts";
import { serve } from "./serve.ts";

const TRANSPORTS: ReadonlyMap<string, OpenTransport> = new Map([
  ["http2", openHttp2],
  ["grpc-js", openGrpcJs],
]);

const ROUNDS = 3;
const CALLS = 4_000;
const WARM_UP_CALLS = 2_000;
const CONCURRENT = 100;
const CONNECTIONS = 4;

type Measured = { readonly cpuMicros: number; readonly callsPerSecond: number };

/** The child's side: serves, and answers every message with the processor time that it has taken so far. */
async function serveUntilKilled(transport: string): Promise<void> {
  const { address } = await serve({}, TRANSPORTS.get(transport));
  process.on("message", () => process.send?.(cpuMicros()));
  process.on("disconnect", () => process.exit());
  process.send?.(address);
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function measure(transport: string, call: (client: ApiClient, n: number) => Promise<unknown>): Promise<Measured> {
  const child = fork(fileURLToPath(import.meta.url), ["serve", transport]);
  const [address]: unknown[] = await once(child, "message");
  const clients = Array.from({ length: CONNECTIONS }, () => new ApiClient(String(address)));
  const cpu = async (): Promise<number> => {
    child.send("cpu");
    const [micros]: unknown[] = await once(child, "message");
    return Number(micros);
  };
  const run = async (calls: number): Promise<void> => {
    let next = 0;
    const worker = async (client: ApiClient): Promise<void> => {
      while (next < calls) await call(client, next++);
    };
    await Promise.all(Array.from({ length: CONCURRENT / CONNECTIONS }, () => clients.map(worker)).flat());
  };
  await run(WARM_UP_CALLS);
  const before = await cpu();
  const start = performance.now();
  await run(CALLS);
  const seconds = (performance.now() - start) / 1000;
  const after = await cpu();
  for (const client of clients) client.close();
  child.kill();
  await once(child, "exit");
  return { cpuMicros: (after - before) / CALLS, callsPerSecond: CALLS / seconds };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function compare(title: string, call: (client: ApiClient, n: number) => Promise<unknown>): Promise<void> {
  const results = new Map<string, Measured[]>([...TRANSPORTS.keys()].map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, measured] of results) measured.push(await measure(name, call));
  }
  console.log(`${title}: ${CONCURRENT} at a time over ${CONNECTIONS} connections, medians of ${ROUNDS} rounds`);
  for (const [name, measured] of results) {
    const micros = median(measured.map((its) => its.cpuMicros));
    const rate = median(measured.map((its) => its.callsPerSecond));
    console.log(
      `  ${name.padEnd(8)} ${micros.toFixed(1).padStart(6)} µs of the server's processor a call, ${rate.toFixed(0)} calls/s`,
    );
  }
  const [own = [], other = []] = [...results.values()];
  const ratios = own.map((its, round) => (other[round]?.cpuMicros ?? Number.NaN) / its.cpuMicros);
  console.log(`  ratio of processor time ${median(ratios).toFixed(2)}\n`);
}

if (process.argv[2] === "serve") {
  await serveUntilKilled(process.argv[3] ?? "");
} else {
  const value = Buffer.alloc(256, "x");
  await compare("KV/Put of 256 bytes", (client, n) =>
    client.call("KV", "Put", { key: Buffer.from(`key ${n % 1_000}`), value }),
  );
  await compare("KV/Range, serializable, of a key that is not there", (client, n) =>
    client.call("KV", "Range", { key: Buffer.from(`key ${n % 1_000}`), serializable: true }),
  );
}
