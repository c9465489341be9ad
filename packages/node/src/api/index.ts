/**
 * etcd's client API over gRPC: what the services do is in `services/`, how bytes come and go in `transport/`, how watchers
 * hear of events in `watch/`.
 */

import type { PeerAddress } from "../peers/index.ts";
import type { TlsIdentity } from "../security/tls.ts";
import type { Backend } from "../server/backend.ts";
import type { Spans } from "../telemetry/spans.ts";
import { spanned } from "./call-spans.ts";
import { LeaderWatch } from "./leader-watch.ts";
import { ApiMember } from "./member.ts";
import type { ApiLimits } from "./member.ts";
import type { NamedMethod } from "./methods.ts";
import { authMethods } from "./services/auth.ts";
import { clusterMethods } from "./services/cluster.ts";
import { healthMethods } from "./services/health.ts";
import { kvMethods } from "./services/kv.ts";
import { leaseMethods } from "./services/lease.ts";
import { maintenanceMethods } from "./services/maintenance.ts";
import { sessionMethods } from "./services/sessions.ts";
import { watchMethod } from "./services/watch.ts";
import { codeName } from "./status.ts";
import { openHttp2 } from "./transport/http2.ts";
import type { OpenTransport } from "./transport/transport.ts";
import { counted } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";
import { WatchHub } from "./watch/hub.ts";
import type { WatchFigures } from "./watch/hub.ts";

export { loadDefinition } from "./definition.ts";
export type { WatchFigures } from "./watch/hub.ts";
export type { ApiLimits } from "./member.ts";

/** What is counted of each call. `code` is a status of gRPC's by its name, such as `NOT_FOUND`. */
export type ApiMetrics = Traffic & {
  onCall(service: string, method: string, code: string, seconds: number): void;
};

export type ApiOptions = {
  readonly backend: Backend;
  readonly listen: readonly PeerAddress[];
  /** Null for plain text. */
  readonly tls: TlsIdentity | null;
  readonly limits: ApiLimits;
  readonly metrics: ApiMetrics;
  readonly spans: Spans | null;
  /** Told of errors that no call is meant to end with, and what was called. */
  readonly onFault: (path: string, error: unknown) => void;
  /** Told of connections that TLS has let come to nothing, with the other side's address. */
  readonly onTurnedAway: (address: string, reason: string) => void;
};

export type Api = {
  readonly addresses: readonly PeerAddress[];
  /** Connections made from now on use these certificates. There have to be some already. */
  setTls(tls: TlsIdentity): void;
  readonly watches: () => WatchFigures;
  close(): Promise<void>;
};

/** What a request may have beside its key and value, as in etcd. */
const OVERHEAD_BYTES = 512 * 1024;

/** How long calls that are under way may take when the API is closed. */
const GRACE_MS = 1_000;

const ETCD_PACKAGE = "etcdserverpb.";

/** @throws Error (by rejection) if an address can't be listened at */
export function openApi(options: ApiOptions): Promise<Api> {
  return openApiOver(openHttp2, options);
}

export async function openApiOver(open: OpenTransport, options: ApiOptions): Promise<Api> {
  const { backend, limits, metrics, spans, onFault } = options;
  const hub = new WatchHub(backend);
  const leaderWatch = new LeaderWatch(backend, limits.electionMs);
  const stop = (): void => {
    leaderWatch.close();
    hub.close();
  };
  try {
    const transport = await open({
      methods: new Map(
        methodsOf(new ApiMember(backend, limits, onFault), hub).map((method) =>
          counted(spans === null ? leaderWatch.guard(method) : spanned(leaderWatch.guard(method), spans), metrics),
        ),
      ),
      listen: options.listen,
      tls: options.tls,
      onTurnedAway: options.onTurnedAway,
      maxMessageBytes: limits.maxRequestBytes + OVERHEAD_BYTES,
      maxConcurrentStreams: limits.maxConcurrentStreams,
      onCall(path, code, seconds) {
        const [, service = "", method = ""] = path.split("/");
        // Health checks are counted by nobody.
        if (!service.startsWith(ETCD_PACKAGE)) return;
        metrics.onCall(service.slice(ETCD_PACKAGE.length), method, codeName(code), seconds);
      },
    });
    return {
      addresses: transport.addresses,
      setTls(tls) {
        transport.setTls(tls);
      },
      watches: () => hub.figures,
      async close() {
        await transport.close(GRACE_MS);
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function methodsOf(member: ApiMember, hub: WatchHub): readonly NamedMethod[] {
  const methods = [
    ...kvMethods(member),
    watchMethod(member, hub),
    ...leaseMethods(member),
    ...clusterMethods(member),
    ...maintenanceMethods(member),
    ...authMethods(member),
    ...sessionMethods(member),
  ];
  const services = new Set(methods.map(([path]) => path.split("/")[1] ?? ""));
  return [...methods, ...healthMethods(member, services)];
}
