/** The connections that others make: what they send is looked at, and what is not right ends the connection alone. */

import { createServer as createPlainServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import type { NodeId, Plain } from "@quorate/core";
import { FrameError, frameOf, FrameReader } from "./frames.ts";
import type { Frame } from "./frames.ts";
import type { PeerAddress, PeerLimits, PeersOptions } from "./types.ts";
import { readHello, readNumbered, readPlain, WIRE_VERSION } from "./words.ts";
import type { Hello } from "./words.ts";

/** Enough for a hello, and too little to fill a node's memory with. */
const FIRST_FRAME_MAX = 4096;

export class Listener {
  readonly #options: PeersOptions;
  readonly #limits: PeerLimits;
  readonly #isMember: (node: NodeId) => boolean;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** What was complained of last, by whom: a peer that tries again and again is worth one line. */
  readonly #complaints = new Map<string, string>();

  constructor(options: PeersOptions, limits: PeerLimits, isMember: (node: NodeId) => boolean) {
    this.#options = options;
    this.#limits = limits;
    this.#isMember = isMember;
  }

  /** @throws Error (by rejection) if an address can't be listened at */
  async open(): Promise<readonly PeerAddress[]> {
    const { listen } = this.#options;
    return await Promise.all(listen.map((address) => this.#listen(address)));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map(
        (server) =>
          new Promise<void>((resolve) =>
            server.close(() => {
              resolve();
            }),
          ),
      ),
    );
  }

  #listen({ host, port }: PeerAddress): Promise<PeerAddress> {
    const server = this.#server();
    server.maxConnections = this.#limits.connectionsMax;
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, () => {
        server.off("error", reject);
        server.on("error", (error) => {
          this.#options.log.warn({ reason: error.message }, "the listener for peers had an error");
        });
        const address = server.address();
        resolve({ host, port: address !== null && typeof address === "object" ? address.port : port });
      });
    });
  }

  #server(): Server {
    const { tls } = this.#options;
    if (tls === null) {
      return createPlainServer((socket) => {
        this.#onConnection(socket);
      });
    }
    const server = createTlsServer(
      {
        cert: tls.cert,
        key: tls.key,
        minVersion: "TLSv1.2",
        requestCert: tls.clientCertAuth,
        rejectUnauthorized: tls.clientCertAuth,
        handshakeTimeout: this.#limits.handshakeMs,
        ...(tls.ca === null ? {} : { ca: tls.ca }),
      },
      (socket) => {
        this.#onConnection(socket);
      },
    );
    server.on("tlsClientError", (error, socket) => {
      this.#complain(socket.remoteAddress ?? "?", `TLS: ${error.message}`);
    });
    return server;
  }

  #onConnection(socket: Socket): void {
    const where = `${socket.remoteAddress ?? "?"}`;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(this.#limits.handshakeMs, () => socket.destroy(new Error("it has not said who it is in time")));
    const connection = new Inbound(socket, this.#options, this.#limits, this.#isMember);
    socket.on("data", (piece: Buffer) => {
      try {
        connection.read(piece);
      } catch (error) {
        if (error instanceof Refusal) socket.end(frameOf("refuse", error.message));
        else socket.destroy();
        this.#complain(where, error instanceof Error ? error.message : String(error));
        if (!(error instanceof Refusal || error instanceof FrameError)) throw error;
      }
    });
    socket.on("error", (error) => {
      this.#complain(where, error.message);
    });
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #complain(where: string, reason: string): void {
    if (this.#complaints.get(where) === reason) return;
    if (this.#complaints.size > 1_000) this.#complaints.clear();
    this.#complaints.set(where, reason);
    this.#options.log.warn({ from: where, reason }, "a peer's connection was ended");
  }
}

/** Why somebody is not let in. */
class Refusal extends Error {}

class Inbound {
  readonly #socket: Socket;
  readonly #options: PeersOptions;
  readonly #limits: PeerLimits;
  readonly #isMember: (node: NodeId) => boolean;
  readonly #reader: FrameReader;
  #hello: Hello | null = null;
  #asks = 0;

  constructor(socket: Socket, options: PeersOptions, limits: PeerLimits, isMember: (node: NodeId) => boolean) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = limits;
    this.#isMember = isMember;
    this.#reader = new FrameReader(() => ((this.#hello?.from ?? null) === null ? FIRST_FRAME_MAX : limits.frameMax));
  }

  read(piece: Buffer): void {
    for (const frame of this.#reader.read(piece)) {
      if (this.#socket.destroyed) return;
      this.#onFrame(frame);
    }
  }

  #onFrame({ type, body }: Frame): void {
    const hello = this.#hello;
    if (hello === null) {
      if (type !== "hello") throw new FrameError(`The first frame is of the type ${type}, and not a hello.`);
      this.#onHello(readHello(body));
      return;
    }
    switch (type) {
      case "message":
        if (hello.from === null) throw new Refusal("Only members send messages.");
        this.#options.onMessage(hello.from, readPlain(body));
        break;
      case "ask":
        this.#onAsk(hello.from, readNumbered(body));
        break;
      case "ping":
        this.#socket.write(frameOf("pong", null));
        break;
      case "hello":
      case "accept":
      case "refuse":
      case "answer":
      case "failure":
      case "pong":
        throw new FrameError(`A frame of the type ${type} came the wrong way.`);
    }
  }

  #onHello(hello: Hello): void {
    const { self, clusterId } = this.#options;
    if (hello.version !== WIRE_VERSION) {
      throw new Refusal(`version mismatch: here members speak version ${WIRE_VERSION}, and there ${hello.version}`);
    }
    this.#demandName();
    if (hello.from !== null) {
      if (hello.clusterId !== clusterId) {
        throw new Refusal(
          `cluster id mismatch: this is the cluster ${clusterId}, and not ${hello.clusterId ?? "none"}`,
        );
      }
      if (hello.to !== self) throw new Refusal(`this is the member ${self}, and not ${hello.to ?? "none"}`);
      if (!this.#isMember(hello.from)) throw new Refusal(`${hello.from} is no member of this cluster, or not any more`);
    }
    this.#hello = hello;
    // A member that is connected pings; one that only asks something has a minute for that.
    this.#socket.setTimeout(hello.from === null ? 60_000 : 4 * this.#limits.silenceMs, () => this.#socket.destroy());
    this.#socket.write(frameOf("accept", null));
  }

  /** The certificate was signed by whom we trust; beyond that it may have to carry a name. */
  #demandName(): void {
    const allowed = this.#options.tls?.allowedCommonName ?? null;
    if (allowed === null || !(this.#socket instanceof TLSSocket)) return;
    const name = this.#socket.getPeerCertificate().subject?.CN;
    if (name !== allowed) throw new Refusal("the certificate does not have the common name that is allowed here");
  }

  #onAsk(from: NodeId | null, { number, body }: { readonly number: number; readonly body: Plain }): void {
    if (this.#asks >= this.#limits.asksMax) {
      this.#socket.write(frameOf("failure", { number, body: "too many questions at once" }));
      return;
    }
    this.#asks += 1;
    this.#options.onAsk(from, body).then(
      (answer) => {
        this.#reply(frameOf("answer", { number, body: answer }));
      },
      (error: unknown) => {
        this.#reply(frameOf("failure", { number, body: error instanceof Error ? error.message : String(error) }));
      },
    );
  }

  #reply(frame: Buffer): void {
    this.#asks -= 1;
    if (!this.#socket.destroyed) this.#socket.write(frame);
  }
}
