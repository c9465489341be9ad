/** Where other members connect to: how many may, and who is who. */

import { createServer as createPlainServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Server as TlsServer } from "node:tls";
import type { NodeId } from "@quorate/core";
import { trustFault } from "../security/names.ts";
import { serverOptions } from "../security/tls.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { Complaints } from "./complaints.ts";
import { Inbound } from "./inbound.ts";
import type { PeerAddress, PeerLimits, PeersOptions } from "./types.ts";
import { refusal } from "./words.ts";
import type { Hello } from "./words.ts";

const KEEP_ALIVE_MS = 5_000;

/** A connection from its first packet on. With TLS, `inbound` is there once that has shaken hands. */
type Guest = { readonly raw: Socket; inbound: Inbound | null };

export class Listener {
  readonly #options: PeersOptions;
  readonly #limits: PeerLimits;
  /** The addresses of a member, or null if it is none. */
  readonly #urlsOf: (node: NodeId) => readonly string[] | null;
  readonly #complaints: Complaints;
  readonly #servers: Server[] = [];
  readonly #tlsServers: TlsServer[] = [];
  /** By the two ends of the connection, which tell a TLS socket and the one below it that they belong together. */
  readonly #guests = new Map<string, Guest>();
  #members = 0;
  #tls: TlsIdentity | null;
  readonly #ticks: NodeJS.Timeout;

  constructor(options: PeersOptions, limits: PeerLimits, urlsOf: (node: NodeId) => readonly string[] | null) {
    this.#options = options;
    this.#limits = limits;
    this.#urlsOf = urlsOf;
    this.#complaints = new Complaints(options.log, "a connection from a peer was ended");
    this.#tls = options.tls;
    this.#ticks = setInterval(() => {
      for (const { inbound } of this.#guests.values()) inbound?.onTick();
    }, limits.pingMs);
  }

  /** @throws Error (by rejection) if an address can't be listened at; nothing is left open then */
  async open(): Promise<readonly PeerAddress[]> {
    try {
      const addresses: PeerAddress[] = [];
      for (const address of this.#options.listen) addresses.push(await this.#listen(address));
      return addresses;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  setTls(tls: TlsIdentity): void {
    this.#tls = tls;
    for (const server of this.#tlsServers) server.setSecureContext(serverOptions(tls));
  }

  /** Ends the connections of somebody who is no member any more. */
  drop(node: NodeId): void {
    for (const { inbound } of this.#guests.values()) {
      if (inbound?.hello?.type === "member" && inbound.hello.from === node) inbound.hangUp();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks);
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const { raw, inbound } of this.#guests.values()) {
      inbound?.hangUp();
      raw.destroy();
    }
    await Promise.all(closed);
  }

  async #listen({ host, port }: PeerAddress): Promise<PeerAddress> {
    const isPlain = this.#tls === null;
    const server = this.#tls === null ? createPlainServer() : this.#tlsServer(this.#tls);
    server.on("connection", (raw: Socket) => {
      this.#onConnection(raw, isPlain);
    });
    await new Promise<void>((resolve, reject) => {
      const onError = (error: Error): void => {
        reject(new Error(`Can't listen for peers at ${host}:${port}: ${error.message}`, { cause: error }));
      };
      server.once("error", onError);
      server.listen({ host, port }, () => {
        server.off("error", onError);
        resolve();
      });
    });
    this.#servers.push(server);
    server.on("error", (error) => {
      this.#options.log.warn({ host, port, reason: error.message }, "trouble with listening for peers");
    });
    return { host, port: portOf(server.address(), port) };
  }

  #tlsServer(tls: TlsIdentity): TlsServer {
    const handshakeTimeout = this.#limits.handshakeMs;
    // Who is not trusted is turned away below, and hears why, which TLS would tell neither side.
    const server = createTlsServer({ ...serverOptions(tls), rejectUnauthorized: false, handshakeTimeout });
    this.#tlsServers.push(server);
    server.on("secureConnection", (socket) => {
      const guest = this.#guests.get(keyOf(socket));
      const fault = tls.clientCertAuth ? trustFault(socket) : null;
      if (guest === undefined) socket.destroy();
      else if (fault !== null) this.#turnAway(socket, fault);
      else this.#greet(guest, socket);
    });
    server.on("tlsClientError", (error, socket) => {
      this.#complaints.warn(socket.remoteAddress ?? "unknown", {}, `TLS handshake failed: ${error.message}`);
      socket.destroy();
    });
    return server;
  }

  /** Nothing that somebody who is not trusted says is looked at. */
  #turnAway(socket: Socket, reason: string): void {
    this.#complaints.warn(socket.remoteAddress ?? "unknown", {}, reason);
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(refusal({ code: "notAllowed", reason }));
    const deadline = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    socket.on("close", () => {
      clearTimeout(deadline);
    });
  }

  #onConnection(raw: Socket, isPlain: boolean): void {
    const { connectionsMax, strangersMax } = this.#limits;
    const isFull = this.#guests.size >= connectionsMax || this.#guests.size - this.#members >= strangersMax;
    const key = keyOf(raw);
    if (isFull) this.#complaints.warn(raw.remoteAddress ?? "unknown", {}, "too many connections");
    if (isFull || raw.remoteAddress === undefined) {
      raw.destroy();
      return;
    }
    raw.setNoDelay(true);
    raw.setKeepAlive(true, KEEP_ALIVE_MS);
    const guest: Guest = { raw, inbound: null };
    this.#guests.set(key, guest);
    raw.on("close", () => {
      this.#guests.delete(key);
      if (guest.inbound?.hello?.type === "member") this.#members -= 1;
    });
    if (isPlain) this.#greet(guest, raw);
  }

  #greet(guest: Guest, socket: Socket): void {
    const address = guest.raw.remoteAddress ?? "unknown";
    guest.inbound = new Inbound(socket, {
      peers: this.#options,
      tls: this.#tls,
      limits: this.#limits,
      urlsOf: this.#urlsOf,
      onAccepted: (inbound, hello) => {
        this.#onAccepted(inbound, hello);
      },
      onFault: (hello, reason) => {
        const peer = hello?.type === "member" ? { peer: hello.from, channel: hello.channel } : {};
        this.#complaints.warn(address, peer, reason);
      },
    });
  }

  /** A member that connects again has lost its connection, though this side may not know yet. */
  #onAccepted(inbound: Inbound, hello: Hello): void {
    if (hello.type !== "member") return;
    this.#members += 1;
    for (const { inbound: other } of this.#guests.values()) {
      if (other === null || other === inbound || other.hello?.type !== "member") continue;
      if (other.hello.from === hello.from && other.hello.channel === hello.channel) other.hangUp();
    }
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

function portOf(address: AddressInfo | string | null, asked: number): number {
  return address === null || typeof address === "string" ? asked : address.port;
}
