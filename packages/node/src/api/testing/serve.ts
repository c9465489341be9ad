/** The API over a test's own member, at a port of its own. */

import type { ApiLimits } from "../index.ts";
import { openApiOver } from "../index.ts";
import { openHttp2 } from "../transport/http2.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { WatchFigures } from "../watch/hub.ts";
import { TestBackend } from "./backend.ts";

const TEST_LIMITS: ApiLimits = {
  maxRequestBytes: 1.5 * 1024 * 1024,
  maxTxnOps: 128,
  maxConcurrentStreams: 1_000,
  leaseTtlMin: 2,
  electionMs: 20,
};

export type Served = {
  readonly backend: TestBackend;
  /** `host:port` */
  readonly address: string;
  /** What `metrics` was told, as in `KV/Put OK`. */
  readonly calls: readonly string[];
  /** What `onFault` was told. */
  readonly faults: readonly unknown[];
  readonly watches: () => WatchFigures;
  close(): Promise<void>;
};

export async function serve(
  limits: Partial<ApiLimits> = {},
  open: OpenTransport = openHttp2,
  atPort = 0,
): Promise<Served> {
  const backend = new TestBackend();
  const calls: string[] = [];
  const faults: unknown[] = [];
  const api = await openApiOver(open, {
    backend,
    listen: [{ host: "127.0.0.1", port: atPort }],
    tls: null,
    limits: { ...TEST_LIMITS, ...limits },
    metrics: {
      onCall: (service, method, code) => void calls.push(`${service}/${method} ${code}`),
      onReceived: () => undefined,
      onSent: () => undefined,
    },
    spans: null,
    onFault: (_path, error) => void faults.push(error),
    onTurnedAway: (address, reason) => {
      throw new Error(`Without TLS nobody is turned away, and ${address} was: ${reason}`);
    },
  });
  const [{ port } = { port: 0 }] = api.addresses;
  let closed: Promise<void> | null = null;
  return {
    backend,
    address: `127.0.0.1:${port}`,
    calls,
    faults,
    watches: api.watches,
    close: () => (closed ??= api.close().then(() => backend.close())),
  };
}
