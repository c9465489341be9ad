/** Load: so many clients, each of which does one thing after the other, for a while. */

import { Connection } from "./grpc.ts";
import type { Call } from "./requests.ts";

export type Load = {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
};

/** More would cost the client more than they bring: HTTP/2 carries many calls over one. */
const CONNECTIONS_MAX = 24;

export async function load(
  endpoints: readonly string[],
  clients: number,
  seconds: number,
  next: (number: number) => Call,
): Promise<Load> {
  const connections = Array.from(
    { length: Math.min(clients, CONNECTIONS_MAX) },
    (_, at) => new Connection(endpoints[at % endpoints.length] ?? ""),
  );
  const times: number[] = [];
  let failed = 0;
  let number = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const connection = connections[client % connections.length];
      while (connection !== undefined && performance.now() < end) {
        number += 1;
        const { path, request } = next(number);
        const called = performance.now();
        try {
          await connection.call(path, request);
          times.push(performance.now() - called);
        } catch {
          failed += 1;
        }
      }
    }),
  );
  const passed = (performance.now() - start) / 1_000;
  for (const connection of connections) connection.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  return { perSecond: times.length / passed, p50: at(0.5), p99: at(0.99), failed };
}
