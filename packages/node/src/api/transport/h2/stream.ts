/** One stream of a connection: a request and its response. RFC 9113, sections 5 and 8.1. */

import { ConnectionError, ERROR, FLAG, FRAME_BYTES_MAX, HEAD_BYTES, TYPE } from "./framing.ts";
import { WINDOW_BYTES_MAX, frameOf, numberFrame, writeHead } from "./framing.ts";
import type { ErrorCode } from "./framing.ts";

/** What a stream tells whoever serves it. */
export type StreamListener = {
  data(piece: Buffer): void;
  /** The client sends nothing more. */
  end(): void;
  /** What waited, so that `send` has returned false, has left. */
  drained(): void;
  /** The stream is over, for whatever reason; the last call. */
  closed(): void;
};

/** What a stream needs of its connection. */
export type StreamHost = {
  /** How much data the client takes on all streams together. */
  sendWindow: number;
  /** So much waits for the socket that no more should be added. */
  readonly isFull: boolean;
  write(bytes: Buffer): void;
  /** Calls `pump` once there is room again. */
  wait(stream: Stream): void;
  consumed(bytes: number): void;
  closed(stream: Stream): void;
};

/** From so many bytes on that wait to be sent, whoever sends should pause. */
const QUEUE_BYTES_MAX = 256 * 1024;

export class Stream {
  readonly id: number;
  listener: StreamListener | null = null;
  readonly #host: StreamHost;
  #sendWindow: number;
  /** What has been cut off for being sent, the oldest first, and how much of the first has left. */
  #queue: Buffer[] = [];
  #sent = 0;
  #queuedBytes = 0;
  #isDrainDue = false;
  #trailers: Buffer | null = null;
  #isResponded = false;
  readonly #receiveWindowMax: number;
  #receiveWindow: number;
  /** What has come while nobody took it, and what was taken and not given back to the client's window. */
  #held = 0;
  #taken = 0;
  #isPaused = false;
  #isRemoteEnded: boolean;
  #isClosed = false;

  constructor(host: StreamHost, id: number, isRemoteEnded: boolean, sendWindow: number, receiveWindow: number) {
    this.#isRemoteEnded = isRemoteEnded;
    this.#host = host;
    this.id = id;
    this.#sendWindow = sendWindow;
    this.#receiveWindowMax = receiveWindow;
    this.#receiveWindow = receiveWindow;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isResponded(): boolean {
    return this.#isResponded;
  }

  // --- the response

  /** Sends the response's headers. */
  respond(block: Buffer): void {
    if (this.#isClosed) return;
    this.#isResponded = true;
    this.#host.write(frameOf(TYPE.headers, FLAG.endHeaders, this.id, block));
  }

  /** Sends headers that are the whole response. */
  respondOnly(block: Buffer): void {
    if (this.#isClosed) return;
    this.#isResponded = true;
    this.#host.write(frameOf(TYPE.headers, FLAG.endHeaders | FLAG.endStream, this.id, block));
    this.#endLocal();
  }

  /** Headers, data and trailers, in one piece if there is room for it at once. */
  respondWhole(headers: Buffer, data: Buffer, trailers: Buffer): void {
    if (this.#isClosed) return;
    const room = Math.min(FRAME_BYTES_MAX, this.#sendWindow, this.#host.sendWindow);
    if (data.length > room || this.#host.isFull) {
      this.respond(headers);
      this.send(data);
      this.end(trailers);
      return;
    }
    this.#isResponded = true;
    const bytes = Buffer.allocUnsafe(3 * HEAD_BYTES + headers.length + data.length + trailers.length);
    let at = writeHead(bytes, 0, headers.length, TYPE.headers, FLAG.endHeaders, this.id);
    bytes.set(headers, at);
    at = writeHead(bytes, at + headers.length, data.length, TYPE.data, 0, this.id);
    bytes.set(data, at);
    at += data.length;
    at = writeHead(bytes, at, trailers.length, TYPE.headers, FLAG.endHeaders | FLAG.endStream, this.id);
    bytes.set(trailers, at);
    this.#host.sendWindow -= data.length;
    this.#host.write(bytes);
    this.#endLocal();
  }

  /** Sends data after the headers. False if so much waits that the sender should pause until `drained`. */
  send(data: Buffer): boolean {
    if (this.#isClosed) return true;
    this.#queue.push(data);
    this.#queuedBytes += data.length;
    this.pump();
    if (this.#queuedBytes < QUEUE_BYTES_MAX) return true;
    this.#isDrainDue = true;
    return false;
  }

  /** Ends the response, with trailers, once what waits has left. */
  end(trailers: Buffer): void {
    this.#trailers = trailers;
    this.pump();
  }

  /** Ends the stream at once. */
  reset(code: ErrorCode): void {
    if (this.#isClosed) return;
    this.#host.write(numberFrame(TYPE.rstStream, this.id, code));
    this.#close();
  }

  /** Sends as much of what waits as there is room for. */
  pump(): void {
    if (this.#isClosed) return;
    while (this.#queue.length > 0) {
      if (this.#host.isFull || this.#host.sendWindow <= 0) return this.#host.wait(this);
      if (this.#sendWindow <= 0) return;
      this.#sendPiece();
    }
    if (this.#trailers !== null) {
      this.#host.write(frameOf(TYPE.headers, FLAG.endHeaders | FLAG.endStream, this.id, this.#trailers));
      return this.#endLocal();
    }
    if (!this.#isDrainDue) return;
    this.#isDrainDue = false;
    this.listener?.drained();
  }

  #sendPiece(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    const room = Math.min(FRAME_BYTES_MAX, this.#sendWindow, this.#host.sendWindow);
    const piece = first.subarray(this.#sent, this.#sent + room);
    this.#host.write(frameOf(TYPE.data, 0, this.id, piece));
    this.#sendWindow -= piece.length;
    this.#host.sendWindow -= piece.length;
    this.#queuedBytes -= piece.length;
    this.#sent += piece.length;
    if (this.#sent < first.length) return;
    this.#sent = 0;
    this.#queue.shift();
  }

  // --- the request

  /** What comes from now on counts as not taken, until `resume`: the client stops when its window is used up. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = 0;
    this.#take(held);
  }

  /** `bytes` is the length of what has come, padding included. */
  onData(piece: Buffer, bytes: number): void {
    this.#receiveWindow -= bytes;
    if (this.#receiveWindow < 0) throw new ConnectionError(ERROR.flowControl, "a stream has sent more than it may");
    if (this.#isRemoteEnded) throw new ConnectionError(ERROR.streamClosed, "there is data after the end of a stream");
    if (this.#isPaused) this.#held += bytes;
    else this.#take(bytes);
    if (piece.length > 0) this.listener?.data(piece);
  }

  onEnd(): void {
    if (this.#isRemoteEnded || this.#isClosed) return;
    this.#isRemoteEnded = true;
    this.listener?.end();
  }

  onReset(): void {
    this.#close();
  }

  /** The client takes so much more, or less where it has changed its settings. */
  onWindow(bytes: number): void {
    this.#sendWindow += bytes;
    if (this.#sendWindow > WINDOW_BYTES_MAX) throw new ConnectionError(ERROR.flowControl, "a window is too large");
    this.pump();
  }

  /** The connection is gone. */
  onLost(): void {
    this.#close();
  }

  #take(bytes: number): void {
    this.#host.consumed(bytes);
    this.#taken += bytes;
    if (this.#isRemoteEnded || this.#isClosed || 2 * this.#taken < this.#receiveWindowMax) return;
    this.#host.write(numberFrame(TYPE.windowUpdate, this.id, this.#taken));
    this.#receiveWindow += this.#taken;
    this.#taken = 0;
  }

  /** A client that still sends is told that nobody reads it: section 8.1. */
  #endLocal(): void {
    if (!this.#isRemoteEnded) this.#host.write(numberFrame(TYPE.rstStream, this.id, ERROR.noError));
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    this.#host.consumed(this.#held);
    this.#held = 0;
    this.#host.closed(this);
    const { listener } = this;
    if (listener !== null) queueMicrotask(() => listener.closed());
  }
}
