/**
 * One client's connection, the server's side: RFC 9113, without push and priorities. What a client can make this side keep
 * is bounded: streams that are open or still at work, bytes of headers, and bytes that it does not read.
 */

import type { Socket } from "node:net";
import { ConnectionError, ERROR, FLAG, FrameCutter, PREFACE, SETTING, TYPE } from "./framing.ts";
import {
  WINDOW_BYTES,
  WINDOW_BYTES_MAX,
  frameOf,
  goawayFrame,
  numberFrame,
  settingsFrame,
  unpadded,
} from "./framing.ts";
import type { ErrorCode, Frame } from "./framing.ts";
import { HpackReader } from "./hpack.ts";
import type { Headers } from "./hpack.ts";
import { HpackError } from "./hpack-error.ts";
import { PingLimit } from "./pings.ts";
import { Stream } from "./stream.ts";
import type { StreamHost } from "./stream.ts";

export type ConnectionOptions = {
  readonly maxConcurrentStreams: number;
  /** How much a client may send before it has to wait: in one stream, and in all of the connection. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly headerBytesMax: number;
  /** A request has begun. Its listener has to be there when this returns. */
  readonly onStream: (stream: Stream, headers: Headers) => void;
  readonly onClose: () => void;
};

/** From so many bytes on that wait for the socket, streams wait as well. */
const OUT_BYTES_FULL = 256 * 1024;
/** From so many on the client, who makes us answer and does not read the answers, is not read from. */
const OUT_BYTES_MAX = 1024 * 1024;
/** How long a client that was told to go may take to hear it. */
const FAREWELL_MS = 1_000;
const PRIORITY_BYTES = 5;
const PING_BYTES = 8;

/** A block of headers of which more is to come. */
type OpenBlock = { readonly stream: number; readonly isEnd: boolean; readonly pieces: Buffer[]; bytes: number };

export class Connection implements StreamHost {
  sendWindow: number = WINDOW_BYTES;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #cutter = new FrameCutter();
  readonly #headers: HpackReader;
  readonly #pings = new PingLimit();
  readonly #streams = new Map<number, Stream>();
  readonly #waiting = new Set<Stream>();
  /** Calls that are carried out, those included whose stream was reset. */
  #working = 0;
  #lastStream = 0;
  #preface: Buffer = Buffer.alloc(0);
  #isGreeted = false;
  #block: OpenBlock | null = null;
  /** What new streams may send. */
  #initialWindow: number = WINDOW_BYTES;
  #receiveWindow: number;
  #consumed = 0;
  #out: Buffer[] = [];
  #outBytes = 0;
  #isFlushDue = false;
  #isEnding = false;
  #isClosed = false;
  #onPong: (() => void) | null = null;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#headers = new HpackReader(options.headerBytesMax);
    this.#receiveWindow = options.connectionWindowBytes;
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => this.#onBytes(piece));
    socket.on("drain", () => this.#onDrain());
    socket.on("end", () => this.destroy());
    socket.on("close", () => this.#onClosed());
    // A connection that breaks closes its streams, each of which says so to its listener.
    socket.on("error", () => undefined);
    this.#greet();
  }

  /** Takes no new streams, and ends once those that are open have. */
  close(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#enqueue(goawayFrame(this.#lastStream, ERROR.noError, ""));
    this.#endIfIdle();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#onClosed();
  }

  /** Calls `onPong` when the client answers. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.#enqueue(frameOf(TYPE.ping, 0, 0, Buffer.alloc(PING_BYTES)));
  }

  /** Calls `onSilence` whenever nothing has come or gone for so long. */
  onSilence(ms: number, onSilence: () => void): void {
    this.#socket.setTimeout(ms, onSilence);
  }

  /** A call's work is counted until it is done: a client that resets its streams has not undone it. */
  workBegins(): void {
    this.#working += 1;
  }

  workEnds(): void {
    this.#working -= 1;
  }

  // --- for streams

  get isFull(): boolean {
    return this.#outBytes + this.#socket.writableLength >= OUT_BYTES_FULL;
  }

  write(bytes: Buffer): void {
    this.#pings.onSend();
    this.#enqueue(bytes);
  }

  wait(stream: Stream): void {
    this.#waiting.add(stream);
  }

  consumed(bytes: number): void {
    this.#consumed += bytes;
    if (2 * this.#consumed < this.#options.connectionWindowBytes) return;
    this.#enqueue(numberFrame(TYPE.windowUpdate, 0, this.#consumed));
    this.#receiveWindow += this.#consumed;
    this.#consumed = 0;
  }

  closed(stream: Stream): void {
    this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    this.#endIfIdle();
  }

  // --- what leaves

  #greet(): void {
    const { maxConcurrentStreams, streamWindowBytes, connectionWindowBytes, headerBytesMax } = this.#options;
    const settings = [
      [SETTING.maxConcurrentStreams, maxConcurrentStreams],
      [SETTING.initialWindowSize, streamWindowBytes],
      [SETTING.maxHeaderListSize, headerBytesMax],
    ] as const;
    this.#enqueue(settingsFrame(settings));
    this.#enqueue(numberFrame(TYPE.windowUpdate, 0, connectionWindowBytes - WINDOW_BYTES));
  }

  /** What is sent in one turn of the event loop goes out together. */
  #enqueue(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.#out.push(bytes);
    this.#outBytes += bytes.length;
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    process.nextTick(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    const [first] = this.#out;
    if (this.#isClosed || first === undefined || !this.#socket.writable) return;
    const bytes = this.#out.length === 1 ? first : Buffer.concat(this.#out, this.#outBytes);
    this.#out = [];
    this.#outBytes = 0;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > OUT_BYTES_MAX) this.#socket.pause();
    if (this.#waiting.size > 0 && !this.isFull) this.#pumpWaiting();
  }

  #onDrain(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#pumpWaiting();
  }

  /** Each in its turn: who is not done waits again, behind the others. */
  #pumpWaiting(): void {
    const waiting = [...this.#waiting];
    for (const stream of waiting) {
      if (this.isFull || this.sendWindow <= 0) return;
      this.#waiting.delete(stream);
      stream.pump();
    }
  }

  #endIfIdle(): void {
    if (!this.#isEnding || this.#streams.size > 0 || this.#isClosed) return;
    // After the flush that is due, which was asked for before.
    process.nextTick(() => this.#socket.end());
  }

  /** The client has broken the rules: it is told which, and goes. */
  #fail(code: ErrorCode, text: string): void {
    if (this.#isClosed) return;
    this.#enqueue(goawayFrame(this.#lastStream, code, text));
    this.#flush();
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref();
    this.#socket.once("close", () => clearTimeout(timer));
    this.#onClosed();
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.onLost();
    this.#options.onClose();
  }

  // --- what arrives

  #onBytes(piece: Buffer): void {
    if (this.#isClosed) return;
    try {
      const rest = this.#isGreeted ? piece : this.#afterPreface(piece);
      if (rest !== null) this.#cutter.push(rest, (frame) => this.#take(frame));
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else if (error instanceof HpackError) this.#fail(ERROR.compression, error.message);
      else throw error;
    }
  }

  /** What follows the preface, or null as long as that is not whole. */
  #afterPreface(piece: Buffer): Buffer | null {
    this.#preface = Buffer.concat([this.#preface, piece]);
    const length = Math.min(this.#preface.length, PREFACE.length);
    if (!this.#preface.subarray(0, length).equals(PREFACE.subarray(0, length))) {
      throw new ConnectionError(ERROR.protocol, "this is not HTTP/2");
    }
    if (length < PREFACE.length) return null;
    this.#isGreeted = true;
    return this.#preface.subarray(PREFACE.length);
  }

  /** Whether the next frame is wanted. */
  #take(frame: Frame): boolean {
    if (this.#block !== null && (frame.type !== TYPE.continuation || frame.stream !== this.#block.stream)) {
      throw new ConnectionError(ERROR.protocol, "a block of headers was interrupted");
    }
    switch (frame.type) {
      case TYPE.data:
        this.#onData(frame);
        break;
      case TYPE.headers:
        this.#onHeaders(frame);
        break;
      case TYPE.continuation:
        this.#onContinuation(frame);
        break;
      case TYPE.rstStream:
        this.#demandLength(frame, 4);
        this.#known(frame.stream)?.onReset();
        break;
      case TYPE.settings:
        this.#onSettings(frame);
        break;
      case TYPE.ping:
        this.#onPing(frame);
        break;
      case TYPE.windowUpdate:
        this.#onWindowUpdate(frame);
        break;
      case TYPE.priority:
        this.#demandLength(frame, PRIORITY_BYTES);
        break;
      case TYPE.pushPromise:
        throw new ConnectionError(ERROR.protocol, "clients do not push");
      // Whoever goes away closes the connection; frames of other types are to be passed over.
    }
    return !this.#isClosed;
  }

  /** The stream, or null if it has ended: what is on its way then means nothing. */
  #known(id: number): Stream | null {
    if (id === 0 || id > this.#lastStream) throw new ConnectionError(ERROR.protocol, `there is no stream ${id} yet`);
    return this.#streams.get(id) ?? null;
  }

  #demandLength({ payload }: Frame, length: number): void {
    if (payload.length !== length) throw new ConnectionError(ERROR.frameSize, "a frame has not the length of its type");
  }

  #onData(frame: Frame): void {
    const bytes = frame.payload.length;
    this.#receiveWindow -= bytes;
    if (this.#receiveWindow < 0) throw new ConnectionError(ERROR.flowControl, "more was sent than may be");
    const stream = this.#known(frame.stream);
    if (stream === null) return this.consumed(bytes);
    stream.onData(unpadded(frame), bytes);
    if ((frame.flags & FLAG.endStream) !== 0) stream.onEnd();
  }

  #onHeaders(frame: Frame): void {
    const unpacked = unpadded(frame);
    const block = (frame.flags & FLAG.priority) === 0 ? unpacked : unpacked.subarray(PRIORITY_BYTES);
    const isEnd = (frame.flags & FLAG.endStream) !== 0;
    if ((frame.flags & FLAG.endHeaders) !== 0) return this.#onBlock(frame.stream, block, isEnd);
    this.#block = { stream: frame.stream, isEnd, pieces: [Buffer.from(block)], bytes: block.length };
  }

  #onContinuation({ flags, stream, payload }: Frame): void {
    const open = this.#block;
    if (open === null) throw new ConnectionError(ERROR.protocol, "there is no block of headers to continue");
    open.pieces.push(Buffer.from(payload));
    open.bytes += payload.length;
    // An empty piece costs something, too.
    if (open.bytes > this.#options.headerBytesMax || open.pieces.length > CONTINUATIONS_MAX) {
      throw new ConnectionError(ERROR.enhanceYourCalm, "there are more headers than may be");
    }
    if ((flags & FLAG.endHeaders) === 0) return;
    this.#block = null;
    this.#onBlock(stream, Buffer.concat(open.pieces), open.isEnd);
  }

  /** Every block has to be read, whatever becomes of it: those after it may refer to its fields. */
  #onBlock(id: number, block: Buffer, isEnd: boolean): void {
    const headers = this.#headers.read(block);
    if (id % 2 === 0) throw new ConnectionError(ERROR.protocol, "clients' streams have odd numbers");
    if (id <= this.#lastStream) {
      if (!isEnd) throw new ConnectionError(ERROR.protocol, "there are headers within a stream");
      this.#streams.get(id)?.onEnd();
      return;
    }
    this.#lastStream = id;
    const max = this.#options.maxConcurrentStreams;
    if (this.#isEnding || this.#streams.size >= max || this.#working >= max) {
      return this.#enqueue(numberFrame(TYPE.rstStream, id, ERROR.refusedStream));
    }
    const stream = new Stream(this, id, isEnd, this.#initialWindow, this.#options.streamWindowBytes);
    this.#streams.set(id, stream);
    this.#options.onStream(stream, headers);
    if (isEnd && !stream.isClosed) stream.listener?.end();
  }

  #onSettings({ flags, stream, payload }: Frame): void {
    if (stream !== 0) throw new ConnectionError(ERROR.protocol, "settings are a connection's");
    if ((flags & FLAG.ack) !== 0) return;
    if (payload.length % 6 !== 0) throw new ConnectionError(ERROR.frameSize, "settings have six bytes each");
    // Of several values the last one counts: to follow each would cost as much as there are streams.
    let initialWindow: number | null = null;
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === SETTING.initialWindowSize) initialWindow = payload.readUInt32BE(at + 2);
    }
    if (initialWindow !== null) this.#onInitialWindow(initialWindow);
    this.#enqueue(frameOf(TYPE.settings, FLAG.ack, 0, Buffer.alloc(0)));
  }

  /** Section 6.9.2: it counts for streams that are open as well. */
  #onInitialWindow(bytes: number): void {
    if (bytes > WINDOW_BYTES_MAX) throw new ConnectionError(ERROR.flowControl, "a window is too large");
    const change = bytes - this.#initialWindow;
    this.#initialWindow = bytes;
    for (const stream of this.#streams.values()) stream.onWindow(change);
  }

  #onPing(frame: Frame): void {
    this.#demandLength(frame, PING_BYTES);
    if ((frame.flags & FLAG.ack) !== 0) {
      this.#onPong?.();
      this.#onPong = null;
    } else if (this.#pings.onPing(performance.now())) {
      this.#enqueue(frameOf(TYPE.ping, FLAG.ack, 0, frame.payload));
    } else {
      throw new ConnectionError(ERROR.enhanceYourCalm, "too_many_pings");
    }
  }

  #onWindowUpdate(frame: Frame): void {
    this.#demandLength(frame, 4);
    const bytes = frame.payload.readUInt32BE(0) & WINDOW_BYTES_MAX;
    if (bytes === 0) throw new ConnectionError(ERROR.protocol, "a window grows by nothing");
    if (frame.stream !== 0) return this.#known(frame.stream)?.onWindow(bytes);
    this.sendWindow += bytes;
    if (this.sendWindow > WINDOW_BYTES_MAX) throw new ConnectionError(ERROR.flowControl, "a window is too large");
    this.#pumpWaiting();
  }
}

/** Far more than the headers that may be would need. */
const CONTINUATIONS_MAX = 32;
