/** gRPC on HTTP/2. */

import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import type { Server as TlsServer } from "node:tls";
import type { PeerAddress } from "../../peers/index.ts";
import { nameFault, trustFault } from "../../security/names.ts";
import { serverOptions } from "../../security/tls.ts";
import type { TlsIdentity } from "../../security/tls.ts";
import { MEMBER_FAULTS } from "../errors.ts";
import { CODE } from "../status.ts";
import type { Code, Status } from "../status.ts";
import { timeoutMsOf } from "./deadline.ts";
import { Connection } from "./h2/connection.ts";
import { ERROR } from "./h2/framing.ts";
import type { Headers } from "./h2/hpack.ts";
import type { Stream } from "./h2/stream.ts";
import { supervise } from "./keepalive.ts";
import { StreamCall } from "./stream-call.ts";
import type { Transport, TransportOptions } from "./transport.ts";
import { UnaryCall } from "./unary-call.ts";
import { contextOf, refusalOf, statusOnly } from "./wire.ts";

/** How much a client may send before it has to wait: in one stream, and in all of a connection. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
/** The name of HTTP/2 where TLS negotiates what is spoken: RFC 9113, section 3.2. */
const ALPN = "h2";

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
  readonly #servers: Server[] = [];
  /** Those of `#servers` that speak TLS. */
  readonly #tlsServers: TlsServer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Connection>();
  readonly #streams = new Set<StreamCall>();
  #isClosing = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async listen({ host, port }: PeerAddress): Promise<void> {
    const { tls } = this.#options;
    const server = tls === null ? createServer() : this.#tlsServer(tls);
    server.on(tls === null ? "connection" : "secureConnection", (socket: Socket) => this.#onSocket(socket));
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
    for (const connection of this.#connections) connection.close();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #tlsServer(tls: TlsIdentity): TlsServer {
    // Who is not trusted is turned away by `#onSocket`, which can tell why.
    const server = createTlsServer({ ...serverOptions(tls), ALPNProtocols: [ALPN], rejectUnauthorized: false });
    this.#tlsServers.push(server);
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.#options.onTurnedAway(socket.remoteAddress ?? "unknown", `TLS handshake failed: ${error.message}`);
    });
    return server;
  }

  #onSocket(socket: Socket): void {
    if (this.#isClosing) return void socket.destroy();
    const fault = certificateFault(socket, this.#options.tls) ?? languageFault(socket);
    if (fault !== null) {
      this.#options.onTurnedAway(socket.remoteAddress ?? "unknown", fault);
      return void socket.destroy();
    }
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const connection = new Connection(socket, {
      maxConcurrentStreams: this.#options.maxConcurrentStreams,
      streamWindowBytes: STREAM_WINDOW_BYTES,
      connectionWindowBytes: CONNECTION_WINDOW_BYTES,
      headerBytesMax: HEADER_BYTES_MAX,
      onStream: (stream, headers) => this.#onStream(connection, stream, headers),
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    supervise(connection);
  }

  #onStream(connection: Connection, stream: Stream, headers: Headers): void {
    const path = headers.get(":path");
    const verb = headers.get(":method");
    if (path === undefined || verb === undefined) return stream.reset(ERROR.protocol);
    const refusal = refusedWith(verb, headers.get("content-type") ?? "");
    if (refusal !== null) return stream.respondOnly(refusalOf(refusal));
    const method = this.#options.methods.get(path);
    if (method === undefined) return stream.respondOnly(statusOnly(unknownMethod(path)));
    const begun = performance.now();
    const callOptions = {
      maxMessageBytes: this.#options.maxMessageBytes,
      timeoutMs: timeoutMsOf(headers.get("grpc-timeout")),
      onEnd: (code: Code) => this.#options.onCall(path, code, (performance.now() - begun) / 1000),
    };
    const context = contextOf(headers);
    if (method.kind === "unary") return void new UnaryCall(connection, stream, method, context, callOptions);
    const call: StreamCall = new StreamCall(stream, method, context, callOptions, () => this.#streams.delete(call));
    this.#streams.add(call);
    if (this.#isClosing) call.finish(MEMBER_FAULTS.stopped);
  }
}

/** What is wrong with who shows this certificate, or shows none. Null if nothing is. */
function certificateFault(socket: Socket, tls: TlsIdentity | null): string | null {
  if (tls === null || !tls.clientCertAuth) return null;
  if (!(socket instanceof TLSSocket)) return "certificates are wanted here, and this is no connection of TLS";
  return trustFault(socket) ?? nameFault(socket, tls);
}

/** Without TLS the preface tells what is spoken. */
function languageFault(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || socket.alpnProtocol === ALPN) return null;
  return "the other side did not ask for HTTP/2 when TLS shook hands";
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("A server that listens at a port has one.");
  return address.port;
}

/** The HTTP status for what is no call of gRPC's, or null. */
function refusedWith(verb: string, contentType: string): number | null {
  if (verb !== "POST") return HTTP_METHOD_NOT_ALLOWED;
  return contentType.startsWith("application/grpc") ? null : HTTP_UNSUPPORTED_MEDIA_TYPE;
}

const HTTP_METHOD_NOT_ALLOWED = 405;
const HTTP_UNSUPPORTED_MEDIA_TYPE = 415;

function unknownMethod(path: string): Status {
  const [, service = "", method = ""] = path.split("/");
  if (method === "") return { code: CODE.unimplemented, message: `malformed method name: "${path}"` };
  return { code: CODE.unimplemented, message: `unknown method ${method} for service ${service}` };
}
