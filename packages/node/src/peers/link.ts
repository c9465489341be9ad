/**
 * A connection to a peer, made again whenever it is gone. What is to be sent waits in a queue that is bounded, and what does
 * not fit is dropped: a protocol can do without any message, but a node not without its memory.
 */

import { connect as connectPlain } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Plain } from "@quorate/core";
import { frameOf, FrameReader } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { PeerError } from "./types.ts";
import type { PeerLimits, PeerLog, PeerStatus } from "./types.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { readNumbered, readText, WIRE_VERSION } from "./words.ts";
import type { Hello } from "./words.ts";

export type LinkOptions = {
  readonly hello: Omit<Hello, "protocol" | "version">;
  readonly urls: readonly string[];
  readonly tls: TlsIdentity | null;
  readonly limits: PeerLimits;
  readonly log: PeerLog;
  readonly onChange: (isConnected: boolean) => void;
};

export type LinkStatus = Omit<PeerStatus, "peer">;

type Asked = {
  readonly resolve: (answer: Plain) => void;
  readonly reject: (error: PeerError) => void;
  readonly timeout: NodeJS.Timeout;
};

export class Link {
  readonly #options: LinkOptions;
  #socket: Socket | null = null;
  #isConnected = false;
  #isClosed = false;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isWriteDue = false;
  readonly #asked = new Map<number, Asked>();
  #number = 0;
  #attempt = 0;
  #retry: NodeJS.Timeout | null = null;
  #pings: NodeJS.Timeout | null = null;
  #pinged: number | null = null;
  #heard = 0;
  /** The reason that was logged last: a peer that stays away is not worth a line for each attempt. */
  #complaint = "";
  #dropped = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  #rttMs: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connect();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get status(): LinkStatus {
    return {
      isConnected: this.#isConnected,
      queuedBytes: this.#queuedBytes + (this.#socket?.writableLength ?? 0),
      droppedMessages: this.#dropped,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      rttMs: this.#rttMs,
    };
  }

  /** While there is no connection nothing is queued: what comes later would be old. */
  send(message: Plain): boolean {
    if (!this.#isConnected) {
      this.#dropped += 1;
      return false;
    }
    return this.#enqueue(frameOf("message", message));
  }

  ask(question: Plain, timeoutMs: number): Promise<Plain> {
    return new Promise((resolve, reject) => {
      this.#number += 1;
      const number = this.#number;
      if (!this.#isConnected || !this.#enqueue(frameOf("ask", { number, body: question }))) {
        reject(new PeerError("unsent", `${this.#name()} can't be reached.`));
        return;
      }
      const timeout = setTimeout(() => {
        this.#asked.delete(number);
        reject(new PeerError("lost", `${this.#name()} has not answered within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#asked.set(number, { resolve, reject, timeout });
    });
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#lose();
  }

  #name(): string {
    return `Member ${this.#options.hello.to ?? "?"} at ${this.#options.urls.join(", ")}`;
  }

  #connect(): void {
    const { urls, limits } = this.#options;
    const url = urls[this.#attempt % Math.max(1, urls.length)];
    this.#attempt += 1;
    if (url === undefined) return;
    const socket = this.#dial(new URL(url));
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(limits.handshakeMs, () => socket.destroy(new Error("no answer in time")));
    const reader = new FrameReader(() => limits.frameMax);
    socket.on("data", (piece: Buffer) => {
      this.#heard = performance.now();
      this.#receivedBytes += piece.length;
      try {
        for (const frame of reader.read(piece)) this.#onFrame(frame);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on("drain", () => {
      this.#write();
    });
    socket.on("error", (error) => {
      this.#complain(error.message, url);
    });
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#lose();
      if (!this.#isClosed) this.#connectLater();
    });
  }

  #dial({ protocol, hostname, port }: URL): Socket {
    const { tls, hello } = this.#options;
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const greet = (socket: Socket): void => {
      socket.write(frameOf("hello", { protocol: "quorate", version: WIRE_VERSION, ...hello }));
    };
    if (protocol === "https:") {
      const socket = connectTls({
        host,
        port: Number(port),
        minVersion: "TLSv1.2",
        ...(tls === null ? {} : { cert: tls.cert, key: tls.key }),
        ...(tls === null || tls.ca === null ? {} : { ca: tls.ca }),
      });
      socket.once("secureConnect", () => {
        greet(socket);
      });
      return socket;
    }
    const socket = connectPlain({ host, port: Number(port) });
    socket.once("connect", () => {
      greet(socket);
    });
    return socket;
  }

  #onFrame({ type, body }: Frame): void {
    switch (type) {
      case "accept":
        this.#onAccept();
        break;
      case "refuse":
        throw new Error(readText(body));
      case "answer": {
        const { number, body: answer } = readNumbered(body);
        this.#take(number)?.resolve(answer);
        break;
      }
      case "failure": {
        const { number, body: why } = readNumbered(body);
        this.#take(number)?.reject(
          new PeerError("refused", typeof why === "string" ? why : "The question was refused."),
        );
        break;
      }
      case "pong":
        if (this.#pinged !== null) this.#rttMs = performance.now() - this.#pinged;
        this.#pinged = null;
        break;
      case "hello":
      case "message":
      case "ask":
      case "ping":
        throw new Error(`a frame of the type ${type} came the wrong way`);
    }
  }

  #onAccept(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#attempt = 0;
    this.#complaint = "";
    this.#socket?.setTimeout(0);
    this.#heard = performance.now();
    this.#pings = setInterval(() => {
      this.#ping();
    }, this.#options.limits.pingMs);
    this.#options.onChange(true);
  }

  /** A peer that says nothing at all any more may hang without its connection ending. */
  #ping(): void {
    const now = performance.now();
    if (now - this.#heard > this.#options.limits.silenceMs) {
      this.#socket?.destroy(new Error(`nothing was heard for ${Math.round(now - this.#heard)} ms`));
      return;
    }
    if (this.#pinged !== null) return;
    this.#pinged = now;
    this.#enqueue(frameOf("ping", null));
  }

  #enqueue(frame: Buffer): boolean {
    const waiting = this.#queuedBytes + (this.#socket?.writableLength ?? 0);
    if (frame.length > this.#options.limits.frameMax || waiting + frame.length > this.#options.limits.queueMax) {
      this.#dropped += 1;
      return false;
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    if (!this.#isWriteDue) {
      this.#isWriteDue = true;
      // What one turn of the node has to say goes out in one write.
      setImmediate(() => {
        this.#write();
      });
    }
    return true;
  }

  #write(): void {
    this.#isWriteDue = false;
    if (this.#socket === null || !this.#isConnected || this.#queue.length === 0) return;
    if (this.#socket.writableNeedDrain) return;
    const bytes = this.#queue.length === 1 ? this.#queue[0] : Buffer.concat(this.#queue);
    this.#queue = [];
    this.#queuedBytes = 0;
    if (bytes === undefined) return;
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes);
  }

  #take(number: number): Asked | null {
    const asked = this.#asked.get(number) ?? null;
    this.#asked.delete(number);
    if (asked !== null) clearTimeout(asked.timeout);
    return asked;
  }

  #lose(): void {
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    this.#socket = null;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#pinged = null;
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#pings = null;
    for (const number of this.#asked.keys()) {
      this.#take(number)?.reject(new PeerError("lost", `The connection to ${this.#name()} is gone.`));
    }
    if (wasConnected) this.#options.onChange(false);
  }

  /** Twice as long each time, but a random part of it, so that not all come back at once. */
  #connectLater(): void {
    const { backoffMinMs, backoffMaxMs } = this.#options.limits;
    const longest = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#attempt, 16));
    this.#retry = setTimeout(
      () => {
        this.#connect();
      },
      longest * (0.5 + Math.random() / 2),
    );
  }

  #complain(reason: string, url: string): void {
    if (reason === this.#complaint || this.#isClosed) return;
    this.#complaint = reason;
    this.#options.log.warn({ peer: this.#options.hello.to, url, reason }, "a peer can't be reached; trying again");
  }
}

/** Asks a member that is known by its address alone, over a connection of its own. */
export async function askAt(
  urls: readonly string[],
  tls: TlsIdentity | null,
  question: Plain,
  timeoutMs: number,
  limits: PeerLimits,
  log: PeerLog,
): Promise<Plain> {
  let link: Link | null = null;
  try {
    await new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(() => {
        reject(new PeerError("unsent", `Nobody answers at ${urls.join(", ")}.`));
      }, timeoutMs);
      link = new Link({
        hello: { clusterId: null, from: null, to: null },
        urls,
        tls,
        limits,
        log,
        onChange: (isConnected) => {
          if (!isConnected) return;
          clearTimeout(timeout);
          resolve();
        },
      });
    });
    return await askOver(link, question, timeoutMs);
  } finally {
    closeLink(link);
  }
}

function askOver(link: Link | null, question: Plain, timeoutMs: number): Promise<Plain> {
  return link === null
    ? Promise.reject(new PeerError("unsent", "There is no connection."))
    : link.ask(question, timeoutMs);
}

function closeLink(link: Link | null): void {
  link?.close();
}
