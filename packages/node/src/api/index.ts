/** etcd's client API: the services over gRPC. */

import { fileURLToPath } from "node:url";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type {
  handleUnaryCall,
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { PeerAddress } from "../peers/index.ts";
import type { TlsIdentity } from "../security/tls.ts";
import type { Backend } from "../server/backend.ts";
import { clusterService } from "./cluster.ts";
import { Context } from "./context.ts";
import { ApiError, apiErrorOf, noLeader } from "./errors.ts";
import { kvService } from "./kv.ts";
import { leaseService } from "./lease.ts";
import type { ApiLimits } from "./limits.ts";
import { maintenanceService } from "./maintenance.ts";
import type { Long, WatchRequest, WatchResponse } from "./messages.ts";
import { WatchHub } from "./watch-hub.ts";
import { WatchStream } from "./watch.ts";

export type { ApiLimits } from "./limits.ts";

/** What is counted of each call. */
export type ApiMetrics = {
  onCall(service: string, method: string, code: string): void;
};

export type ApiOptions = {
  readonly backend: Backend;
  readonly listen: readonly PeerAddress[];
  /** Null for plain text. */
  readonly tls: TlsIdentity | null;
  readonly limits: ApiLimits;
  readonly metrics: ApiMetrics;
};

export type Api = { readonly addresses: readonly PeerAddress[]; close(): Promise<void> };

/** What a request may have beside its key and value. */
const OVERHEAD_BYTES = 512 * 1024;

/** How long calls that are under way may take when the API is closed. */
const GRACE_MS = 1_000;

/** @throws Error (by rejection) if an address can't be listened at */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { backend, limits, tls } = options;
  const server = new Server({
    "grpc.max_receive_message_length": limits.maxRequestBytes + OVERHEAD_BYTES,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": limits.maxConcurrentStreams,
    // As etcd has it, a client that pings more often than this is sent away.
    "grpc.http2.min_ping_interval_without_data_ms": 5_000,
  });
  const hub = new WatchHub(backend);
  addServices(server, new Context(backend, limits), hub, options.metrics);
  const credentials = tls === null ? ServerCredentials.createInsecure() : secure(tls);
  const addresses: PeerAddress[] = [];
  for (const { host, port } of options.listen) {
    addresses.push({ host, port: await bind(server, host, port, credentials) });
  }
  return {
    addresses,
    async close() {
      hub.close();
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, GRACE_MS);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      });
    },
  };
}

function secure({ ca, cert, key, clientCertAuth }: TlsIdentity): ServerCredentials {
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  return ServerCredentials.createSsl(ca === null ? null : Buffer.from(ca), [pair], clientCertAuth);
}

function bind(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  const name = host.includes(":") ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${name}:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

type Definition = { readonly [service in "KV" | "Watch" | "Lease" | "Cluster" | "Maintenance"]: ServiceDefinition };

/** The services' definitions, as `proto/rpc.proto` has them. */
export function loadDefinition(): Definition {
  const file = fileURLToPath(new URL("proto/rpc.proto", import.meta.url));
  const loaded = loadPackageDefinition(
    loadSync(file, { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, arrays: true }),
  );
  const service = (name: string): ServiceDefinition => {
    const scope = loaded["etcdserverpb"];
    const found = scope !== undefined && name in scope ? Reflect.get(scope, name) : undefined;
    if (typeof found !== "function" || !("service" in found)) throw new Error(`rpc.proto has no service ${name}.`);
    return found.service as ServiceDefinition;
  };
  return {
    KV: service("KV"),
    Watch: service("Watch"),
    Lease: service("Lease"),
    Cluster: service("Cluster"),
    Maintenance: service("Maintenance"),
  };
}

function addServices(server: Server, context: Context, hub: WatchHub, metrics: ApiMetrics): void {
  const definition = loadDefinition();
  const calls = new Calls(context.backend, metrics);
  const unaries = (service: string, handlers: object): UntypedServiceImplementation => {
    const entries = Object.entries(handlers).filter(([name]) => /^[A-Z]/.test(name));
    return Object.fromEntries(entries.map(([name, handler]) => [name, calls.unary(service, name, handler)]));
  };
  const lease = leaseService(context);
  const maintenance = maintenanceService(context);
  server.addService(definition.KV, unaries("KV", kvService(context)));
  server.addService(definition.Cluster, unaries("Cluster", clusterService(context)));
  server.addService(definition.Lease, {
    ...unaries("Lease", lease),
    LeaseKeepAlive: (stream: ServerDuplexStream<{ readonly ID: Long }, object>) => {
      calls.answerEach("Lease", "LeaseKeepAlive", stream, (request) => lease.keepAlive(request));
    },
  });
  server.addService(definition.Maintenance, {
    ...unaries("Maintenance", maintenance),
    Snapshot: (stream: ServerWritableStream<object, object>) => {
      void calls.sendAll("Maintenance", "Snapshot", stream, maintenance.snapshot());
    },
  });
  server.addService(definition.Watch, {
    Watch: (stream: ServerDuplexStream<WatchRequest, WatchResponse>) => {
      calls.watch(stream, context, hub);
    },
  });
}

/** How handlers become calls of gRPC's. */
class Calls {
  readonly #backend: Backend;
  readonly #metrics: ApiMetrics;

  constructor(backend: Backend, metrics: ApiMetrics) {
    this.#backend = backend;
    this.#metrics = metrics;
  }

  unary<Q, R>(service: string, method: string, handler: (request: Q) => Promise<R>): handleUnaryCall<Q, R> {
    return (call: ServerUnaryCall<Q, R>, respond: sendUnaryData<R>) => {
      this.#answer(call.metadata, () => handler(call.request)).then(
        (response) => {
          this.#metrics.onCall(service, method, "OK");
          respond(null, response);
        },
        (error: unknown) => {
          const { code, message } = apiErrorOf(error);
          this.#metrics.onCall(service, method, nameOf(code));
          respond({ code, details: message, metadata: new Metadata() });
        },
      );
    };
  }

  async #answer<R>(metadata: Metadata, handler: () => Promise<R>): Promise<R> {
    if (asksForLeader(metadata) && this.#backend.leader === null) throw new ApiError(noLeader);
    return await handler();
  }

  /** A response for each request, in their order. */
  answerEach<Q, R>(
    service: string,
    method: string,
    stream: ServerDuplexStream<Q, R>,
    answer: (request: Q) => Promise<R>,
  ): void {
    const end = this.#endWithoutLeader(stream);
    let before = Promise.resolve();
    const fail = (error: unknown): void => {
      const { code, message } = apiErrorOf(error);
      this.#metrics.onCall(service, method, nameOf(code));
      end();
      stream.emit("error", { code, details: message });
    };
    stream.on("data", (request: Q) => {
      const response = answer(request);
      before = before.then(async () => {
        stream.write(await response);
      });
      before.catch(fail);
    });
    stream.on("end", () => {
      before.then(
        () => {
          this.#metrics.onCall(service, method, "OK");
          end();
          stream.end();
        },
        () => undefined,
      );
    });
    stream.on("cancelled", end);
    stream.on("error", end);
  }

  async sendAll(
    service: string,
    method: string,
    stream: ServerWritableStream<object, object>,
    responses: AsyncIterable<object>,
  ): Promise<void> {
    try {
      for await (const response of responses) {
        if (stream.cancelled) return;
        if (!stream.write(response)) {
          await new Promise<void>((resolve) => {
            stream.once("drain", resolve);
            stream.once("cancelled", resolve);
          });
        }
      }
      this.#metrics.onCall(service, method, "OK");
      stream.end();
    } catch (error) {
      const { code, message } = apiErrorOf(error);
      this.#metrics.onCall(service, method, nameOf(code));
      stream.emit("error", { code, details: message });
    }
  }

  watch(stream: ServerDuplexStream<WatchRequest, WatchResponse>, context: Context, hub: WatchHub): void {
    let isReady = true;
    const watches = new WatchStream(context, hub, {
      write: (response) => {
        isReady = stream.write(response) && isReady;
      },
      isReady: () => isReady,
    });
    const stop = this.#endWithoutLeader(stream);
    const close = (code: string) => (): void => {
      stop();
      watches.close();
      this.#metrics.onCall("Watch", "Watch", code);
    };
    stream.on("drain", () => {
      isReady = true;
      watches.onDrain();
    });
    stream.on("data", (request: WatchRequest) => {
      watches.onRequest(request);
    });
    stream.on("end", () => {
      close("OK")();
      stream.end();
    });
    stream.on("cancelled", close("CANCELLED"));
    stream.on("error", close("UNAVAILABLE"));
  }

  /** A stream whose client has asked for that ends when no leader is known any more. Returns how to leave it alone. */
  #endWithoutLeader(stream: { metadata: Metadata; emit(event: "error", error: object): boolean }): () => void {
    if (!asksForLeader(stream.metadata)) return () => undefined;
    const [code, details] = noLeader;
    const stop = this.#backend.onLeaderChange((leader) => {
      if (leader !== null) return;
      stop();
      stream.emit("error", { code, details });
    });
    if (this.#backend.leader === null) setImmediate(() => stream.emit("error", { code, details }));
    return stop;
  }
}

function asksForLeader(metadata: Metadata): boolean {
  return metadata.get("hasleader")[0] === "true";
}

function nameOf(code: status): string {
  return status[code];
}
