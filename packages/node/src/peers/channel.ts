/**
 * A connection to a peer that is made again whenever it is gone. What is to be sent waits in a queue that is bounded, and
 * what does not fit is dropped: a protocol can do without any message, but a node not without its memory.
 */

import type { Plain } from "@quorate/core";
import type { TlsIdentity } from "../security/tls.ts";
import { Asks } from "./asks.ts";
import { dial } from "./dial.ts";
import type { Dialled } from "./dial.ts";
import { FrameError, frameOf } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { SendQueue } from "./queue.ts";
import { PeerError } from "./types.ts";
import type { PeerLimits, PeerLog, PeerStatus, Removal } from "./types.ts";
import { readFailure, readNumbered } from "./words.ts";
import type { Hello } from "./words.ts";

export type ChannelOptions = {
  readonly hello: Hello;
  readonly urls: readonly string[];
  /** Asked at each connection: certificates are renewed. */
  readonly tls: () => TlsIdentity | null;
  readonly limits: PeerLimits;
  readonly log: PeerLog;
  onChange(isConnected: boolean): void;
  /** The other side says that this member was removed. */
  onRemoved(removal: Removal): void;
};

type State =
  | { readonly type: "idle" }
  | { readonly type: "connecting"; readonly dialled: Dialled; readonly url: string }
  | { readonly type: "open"; readonly dialled: Dialled; readonly url: string; readonly since: number }
  | { readonly type: "waiting"; readonly timer: NodeJS.Timeout; readonly error: PeerError }
  | { readonly type: "closed" };

export class Channel {
  readonly #options: ChannelOptions;
  readonly #queue = new SendQueue();
  readonly #asks = new Asks();
  #state: State = { type: "idle" };
  /** Which of the addresses is tried, and what came of those before it in this round. */
  #url = 0;
  #errors: PeerError[] = [];
  #failedRounds = 0;
  /** For each address, the reason that was logged last: a peer that stays away is not worth a line for each attempt. */
  readonly #complaints = new Map<string, string>();
  #isFlushDue = false;
  #pings: NodeJS.Timeout | null = null;
  #pingedAt: number | null = null;
  #isHeard = false;
  #missed = 0;
  #dropped = 0;
  /** Of the connections before this one. */
  #sentBytes = 0;
  #receivedBytes = 0;
  #rttMs: number | null = null;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  get status(): Omit<PeerStatus, "peer"> {
    const socket = this.#socket();
    return {
      isConnected: this.#state.type === "open",
      queuedBytes: this.#queue.bytes + (socket?.writableLength ?? 0),
      droppedMessages: this.#dropped,
      sentBytes: this.#sentBytes + (socket?.bytesWritten ?? 0),
      receivedBytes: this.#receivedBytes + (socket?.bytesRead ?? 0),
      rttMs: this.#rttMs,
    };
  }

  /** Begins to connect, if that has not begun. */
  start(): void {
    if (this.#state.type === "idle") this.#connect();
  }

  /** Queues a frame, or drops it. Returns whether it was queued. */
  send(frame: Buffer): boolean {
    const isQueued = this.#enqueue(frame, null);
    if (!isQueued) this.#dropped += 1;
    return isQueued;
  }

  /** @throws PeerError (by rejection) */
  ask(number: number, frame: Buffer, timeoutMs: number): Promise<Plain> {
    const state = this.#state;
    if (state.type === "closed") return Promise.reject(new PeerError("stopped", "the peer was removed"));
    if (state.type === "waiting") return Promise.reject(state.error);
    if (this.#asks.size >= this.#options.limits.asksMax || !this.#enqueue(frame, number)) {
      return Promise.reject(new PeerError("noRoom", "too much waits for this peer already"));
    }
    return this.#asks.open(number, timeoutMs);
  }

  close(reason: string): void {
    const wasOpen = this.#state.type === "open";
    this.#hangUp();
    this.#state = { type: "closed" };
    const stopped = new PeerError("stopped", reason);
    this.#forget(stopped, stopped);
    if (wasOpen) this.#options.onChange(false);
  }

  #socket(): Dialled["socket"] | null {
    return this.#state.type === "open" || this.#state.type === "connecting" ? this.#state.dialled.socket : null;
  }

  #hangUp(): void {
    this.#stopPings();
    if (this.#state.type === "waiting") clearTimeout(this.#state.timer);
    this.#countBytes();
    if (this.#state.type === "open" || this.#state.type === "connecting") this.#state.dialled.hangUp();
  }

  #countBytes(): void {
    const socket = this.#socket();
    this.#sentBytes += socket?.bytesWritten ?? 0;
    this.#receivedBytes += socket?.bytesRead ?? 0;
  }

  #enqueue(frame: Buffer, number: number | null): boolean {
    if (this.#state.type === "closed") return false;
    this.start();
    const { queueMax, offlineQueueMax } = this.#options.limits;
    const socket = this.#state.type === "open" ? this.#state.dialled.socket : null;
    const bytes = this.#queue.bytes + frame.length + (socket?.writableLength ?? 0);
    // A frame for which there would never be room goes alone: what is no longer than a frame may be can be sent.
    const isAlone = this.#queue.isEmpty && (socket?.writableLength ?? 0) === 0;
    if (bytes > (socket === null ? offlineQueueMax : queueMax) && !isAlone) return false;
    this.#queue.push({ frame, number });
    this.#flushSoon();
    return true;
  }

  /** What is sent in one turn of the event loop goes out together. */
  #flushSoon(): void {
    if (this.#isFlushDue || this.#state.type !== "open") return;
    this.#isFlushDue = true;
    process.nextTick(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#state.type !== "open") return;
    const { socket } = this.#state.dialled;
    while (!this.#queue.isEmpty && !socket.writableNeedDrain && !socket.destroyed) {
      const frames: Buffer[] = [];
      for (const { frame, number } of this.#queue.take()) {
        if (number === null || this.#asks.markSent(number)) frames.push(frame);
      }
      const [first] = frames;
      if (first !== undefined) socket.write(frames.length === 1 ? first : Buffer.concat(frames));
    }
  }

  #connect(): void {
    const { urls, hello, limits, tls } = this.#options;
    const url = urls[this.#url];
    if (url === undefined) {
      this.#onRoundFailed();
      return;
    }
    try {
      const dialled = dial({
        url,
        hello,
        tls: tls(),
        limits,
        onOpen: () => {
          this.#onOpen(dialled, url);
        },
        onRemoved: (removal) => {
          this.#options.onRemoved(removal);
        },
        onFrame: (frame) => {
          this.#onFrame(frame);
        },
        onDrain: () => {
          this.#isHeard = true;
          this.#flush();
        },
        onEnd: (error) => {
          this.#onEnd(error, url);
        },
      });
      this.#state = { type: "connecting", dialled, url };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.#onEnd(error, url);
    }
  }

  #onOpen(dialled: Dialled, url: string): void {
    const { log, hello, limits } = this.#options;
    this.#state = { type: "open", dialled, url, since: performance.now() };
    this.#errors = [];
    this.#complaints.clear();
    log.debug({ ...nameOf(hello), url }, "connected to a peer");
    this.#missed = 0;
    this.#isHeard = true;
    this.#pingedAt = null;
    this.#pings = setInterval(() => {
      this.#onPingDue();
    }, limits.pingMs);
    this.#options.onChange(true);
    this.#flush();
  }

  #onFrame({ type, body }: Frame): void {
    this.#isHeard = true;
    switch (type) {
      case "pong":
        if (this.#pingedAt !== null) this.#rttMs = performance.now() - this.#pingedAt;
        this.#pingedAt = null;
        break;
      case "answer": {
        const answer = readNumbered(body);
        this.#asks.answer(answer.number, answer.body);
        break;
      }
      case "failure": {
        const { number, reason } = readFailure(body);
        this.#asks.fail(number, new PeerError("refused", reason));
        break;
      }
      case "hello":
      case "accept":
      case "refuse":
      case "message":
      case "ask":
      case "ping":
        throw new FrameError(`a frame of the type ${type} came the wrong way`);
    }
  }

  /**
   * Pings are counted, not timed: after a pause of this process all of them seem late, and no peer is to blame. One whose
   * answers stand behind something long counts as alive as long as it takes in more of that, see `onDrain`.
   */
  #onPingDue(): void {
    if (this.#state.type !== "open") return;
    const { dialled } = this.#state;
    this.#missed = this.#isHeard ? 0 : this.#missed + 1;
    this.#isHeard = false;
    if (this.#missed >= this.#options.limits.missedPingsMax) {
      dialled.fail(new PeerError("closed", `no word for ${this.#missed} pings`));
    } else if (this.#pingedAt === null) {
      this.#pingedAt = performance.now();
      dialled.socket.write(frameOf("ping", null));
    }
  }

  #stopPings(): void {
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#pings = null;
  }

  #onEnd(error: PeerError, url: string): void {
    const state = this.#state;
    if (state.type === "closed") return;
    this.#stopPings();
    this.#countBytes();
    this.#complain(url, error);
    this.#errors.push(new PeerError(error.code, `${url}: ${error.message}`));
    this.#state = { type: "idle" };
    if (state.type === "open") {
      this.#url = 0;
      // A peer that accepts and hangs up at once is not worth more attempts than one that is away.
      if (performance.now() - state.since > this.#options.limits.backoffMaxMs) this.#failedRounds = 0;
      this.#onRoundFailed();
      this.#options.onChange(false);
    } else {
      this.#url += 1;
      this.#connect();
    }
  }

  /** Every address was tried in vain, or the connection broke. What waits would be old by the next attempt. */
  #onRoundFailed(): void {
    const { backoffMinMs, backoffMaxMs } = this.#options.limits;
    const reason = this.#errors.map(({ message }) => message).join("; ") || "no address of this peer is known";
    const refusal = this.#errors.find(({ code }) => code !== "closed" && code !== "unreachable");
    const error = new PeerError(refusal?.code ?? "unreachable", reason);
    this.#errors = [];
    this.#url = 0;
    // Full jitter above a half: members that lost the same peer don't come back to it all at once.
    const delayMs =
      Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failedRounds, 30)) * (0.5 + Math.random() / 2);
    this.#failedRounds += 1;
    const timer = setTimeout(() => {
      this.#connect();
    }, delayMs);
    this.#state = { type: "waiting", timer, error };
    this.#forget(new PeerError("closed", reason), error);
  }

  #forget(sent: PeerError, unsent: PeerError): void {
    for (const { number } of this.#queue.clear()) if (number === null) this.#dropped += 1;
    this.#asks.failAll(sent, unsent);
  }

  #complain(url: string, { code, message }: PeerError): void {
    if (this.#complaints.get(url) === message) return;
    this.#complaints.set(url, message);
    this.#options.log.warn({ ...nameOf(this.#options.hello), url, code, reason: message }, "no connection to a peer");
  }
}

function nameOf(hello: Hello): object {
  return hello.type === "member" ? { peer: hello.to, channel: hello.channel } : {};
}
