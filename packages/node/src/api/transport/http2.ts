/** gRPC on node's HTTP/2. */

import { once } from "node:events";
import { constants, createSecureServer, createServer } from "node:http2";
import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
  ServerOptions,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { PeerAddress } from "../../peers/index.ts";
import { nameFault, trustFault } from "../../security/names.ts";
import { serverOptions } from "../../security/tls.ts";
import type { TlsIdentity } from "../../security/tls.ts";
import { MEMBER_FAULTS } from "../errors.ts";
import { CODE, StatusError } from "../status.ts";
import type { Code } from "../status.ts";
import { timeoutMsOf } from "./deadline.ts";
import { superviseSession } from "./keepalive.ts";
import { StreamCall, refuseCall } from "./stream-call.ts";
import type { Transport, TransportOptions } from "./transport.ts";
import { serveUnary } from "./unary-call.ts";
import { contextOf } from "./wire.ts";

/** How much a client may send before it has to wait: in one stream, and in all of a connection. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
/** What the library may keep for one connection, in MB. */
const SESSION_MEMORY_MB = 256;
const HEADER_BYTES_MAX = 16 * 1024;

export async function openHttp2(options: TransportOptions): Promise<Transport> {
  const server = new GrpcServer(options);
  try {
    for (const address of options.listen) await server.listen(address);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return server;
}

class GrpcServer implements Transport {
  readonly addresses: PeerAddress[] = [];
  readonly #options: TransportOptions;
  readonly #servers: (Http2Server | Http2SecureServer)[] = [];
  /** Those of `#servers` that speak TLS. */
  readonly #tlsServers: Http2SecureServer[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #streams = new Set<StreamCall>();
  #isClosing = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async listen({ host, port }: PeerAddress): Promise<void> {
    const { tls } = this.#options;
    const server = tls === null ? createServer(this.#common()) : this.#tlsServer(tls);
    server.on("session", (session: ServerHttp2Session) => this.#onSession(session));
    server.listen(port, host);
    await once(server, "listening");
    this.#servers.push(server);
    this.addresses.push({ host, port: portOf(server.address()) });
  }

  setTls(tls: TlsIdentity): void {
    for (const server of this.#tlsServers) server.setSecureContext(serverOptions(tls));
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
    // Streams would go on for ever; what was sent on them arrives before the status.
    for (const stream of this.#streams) stream.finish(MEMBER_FAULTS.stopped);
    for (const session of this.#sessions) session.close();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #common(): ServerOptions {
    return {
      settings: {
        maxConcurrentStreams: this.#options.maxConcurrentStreams,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: HEADER_BYTES_MAX,
        enablePush: false,
      },
      maxSessionMemory: SESSION_MEMORY_MB,
    };
  }

  #tlsServer(tls: TlsIdentity): Http2SecureServer {
    // Who is not trusted is turned away by `#onSession`, which can tell why.
    const server = createSecureServer({ ...this.#common(), ...serverOptions(tls), rejectUnauthorized: false });
    this.#tlsServers.push(server);
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.#options.onTurnedAway(socket.remoteAddress ?? "unknown", `TLS handshake failed: ${error.message}`);
    });
    return server;
  }

  #onSession(session: ServerHttp2Session): void {
    if (this.#isClosing) return session.destroy();
    const { socket } = session;
    const fault = certificateFault(socket, this.#options.tls);
    if (fault !== null) {
      this.#options.onTurnedAway(socket.remoteAddress ?? "unknown", fault);
      return session.destroy();
    }
    this.#sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const onSend = superviseSession(session);
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.#onStream(stream, headers, onSend);
    });
    session.on("close", () => this.#sessions.delete(session));
    // A connection that breaks closes its streams, each of which says so to its handler.
    session.on("error", () => undefined);
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, onSend: () => void): void {
    const refusal = refusalOf(headers);
    if (refusal !== null) {
      stream.respond({ ":status": refusal }, { endStream: true });
      return void stream.resume();
    }
    const path = headers[":path"] ?? "";
    const method = this.#options.methods.get(path);
    if (method === undefined) return refuseCall(stream, new StatusError(unknownMethod(path)));
    const begun = performance.now();
    const callOptions = {
      maxMessageBytes: this.#options.maxMessageBytes,
      timeoutMs: timeoutMsOf(stringOf(headers["grpc-timeout"])),
      onSend,
      onEnd: (code: Code) => this.#options.onCall(path, code, (performance.now() - begun) / 1000),
    };
    if (method.kind === "unary") return serveUnary(stream, method, contextOf(headers), callOptions);
    const call = new StreamCall(stream, method, contextOf(headers), callOptions);
    this.#streams.add(call);
    stream.on("close", () => this.#streams.delete(call));
    if (this.#isClosing) call.finish(MEMBER_FAULTS.stopped);
  }
}

/** What is wrong with who shows this certificate, or shows none. Null if nothing is. */
function certificateFault(socket: Socket, tls: TlsIdentity | null): string | null {
  if (tls === null || !tls.clientCertAuth) return null;
  if (!(socket instanceof TLSSocket)) return "certificates are wanted here, and this is no connection of TLS";
  return trustFault(socket) ?? nameFault(socket, tls);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("A server that listens at a port has one.");
  return address.port;
}

/** The HTTP status for what is no call of gRPC's, or null. */
function refusalOf(headers: IncomingHttpHeaders): number | null {
  if (headers[":method"] !== "POST") return constants.HTTP_STATUS_METHOD_NOT_ALLOWED;
  const type = headers["content-type"] ?? "";
  return type.startsWith("application/grpc") ? null : constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE;
}

function unknownMethod(path: string): StatusError["status"] {
  const [, service = "", method = ""] = path.split("/");
  if (method === "") return { code: CODE.unimplemented, message: `malformed method name: "${path}"` };
  return { code: CODE.unimplemented, message: `unknown method ${method} for service ${service}` };
}

function stringOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}
