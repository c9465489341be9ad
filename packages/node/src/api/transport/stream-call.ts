/** A call of any number of requests and responses. */

import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import { statusOf } from "../errors.ts";
import { CODE } from "../status.ts";
import type { Code, Status, StatusError } from "../status.ts";
import { FrameReader, framed } from "./frames.ts";
import type { CallContext, ServerStream, StreamHandler, StreamMethod } from "./transport.ts";
import type { CallOptions } from "./unary-call.ts";
import { RESPONSE_HEADERS, trailersOf } from "./wire.ts";

/** From so many bytes on that wait to be sent, a handler is asked to pause. */
const BUFFERED_BYTES_MAX = 256 * 1024;

export class StreamCall implements ServerStream {
  readonly #stream: ServerHttp2Stream;
  readonly #reader: FrameReader;
  readonly #timer: NodeJS.Timeout | null;
  readonly #onSend: () => void;
  readonly #onEnd: (code: Code) => void;
  readonly #handler: StreamHandler | null;
  /** Messages that the handler has not had yet. */
  #waiting: Buffer[] = [];
  #isHandling = false;
  #isEnded = false;
  #isOver = false;
  #trailers: Status | null = null;

  constructor(stream: ServerHttp2Stream, method: StreamMethod, context: CallContext, options: CallOptions) {
    this.#stream = stream;
    this.#reader = new FrameReader(options.maxMessageBytes);
    this.#onSend = options.onSend;
    this.#onEnd = options.onEnd;
    this.#timer = this.#deadline(options.timeoutMs);
    this.#handler = this.#opened(method, context);
    stream.on("data", (piece: Buffer) => this.#receive(piece));
    stream.on("end", () => {
      // A stream that was reset ends as well; that its client has gone is told by `close`.
      if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
      this.#isEnded = true;
      this.#next();
    });
    stream.on("drain", () => this.#handler?.drained());
    stream.on("close", () => {
      this.#end(CODE.cancelled);
      this.#handler?.closed();
    });
    // What has gone wrong is told by `close`, which follows.
    stream.on("error", () => undefined);
  }

  send(message: Uint8Array): boolean {
    if (this.#isOver || this.#stream.closed) return true;
    if (!this.#stream.headersSent) this.#respond();
    this.#onSend();
    this.#stream.write(framed(message));
    return this.#stream.writableLength < BUFFERED_BYTES_MAX;
  }

  finish(status: Status): void {
    if (!this.#end(status.code) || this.#stream.closed || this.#stream.destroyed) return;
    if (this.#stream.headersSent) {
      this.#trailers = status;
      this.#stream.end();
    } else {
      this.#stream.respond({ ...RESPONSE_HEADERS, ...trailersOf(status) }, { endStream: true });
    }
    // Nobody reads what may still come.
    this.#waiting = [];
    this.#stream.resume();
  }

  #deadline(timeoutMs: number | null): NodeJS.Timeout | null {
    if (timeoutMs === null) return null;
    const exceeded = { code: CODE.deadlineExceeded, message: "context deadline exceeded" };
    return setTimeout(() => this.finish(exceeded), timeoutMs).unref();
  }

  #opened(method: StreamMethod, context: CallContext): StreamHandler | null {
    try {
      return method.open(this, context);
    } catch (error) {
      this.finish(statusOf(error));
      return null;
    }
  }

  #respond(): void {
    this.#stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
    this.#stream.on("wantTrailers", () => {
      this.#stream.sendTrailers(trailersOf(this.#trailers ?? { code: CODE.unknown, message: "" }));
    });
  }

  /** True the first time. */
  #end(code: Code): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#onEnd(code);
    return true;
  }

  #receive(piece: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#waiting.push(...this.#reader.push(piece));
      this.#next();
    } catch (error) {
      this.finish(statusOf(error));
    }
  }

  /** Hands over what waits, as far as the handler takes it at once. */
  #next(): void {
    const handler = this.#handler;
    if (handler === null || this.#isHandling) return;
    while (!this.#isOver) {
      const message = this.#waiting.shift();
      if (message === undefined) return this.#atEnd(handler);
      let taken: void | Promise<void>;
      try {
        taken = handler.message(message);
      } catch (error) {
        return this.finish(statusOf(error));
      }
      if (taken !== undefined) return this.#wait(taken);
    }
  }

  #wait(taken: Promise<void>): void {
    this.#isHandling = true;
    this.#stream.pause();
    taken.then(
      () => {
        this.#isHandling = false;
        if (!this.#isOver) this.#stream.resume();
        this.#next();
      },
      (error: unknown) => this.finish(statusOf(error)),
    );
  }

  #atEnd(handler: StreamHandler): void {
    if (!this.#isEnded) return;
    if (this.#reader.isWithin) {
      return this.finish({ code: CODE.internal, message: "grpc: the stream ended within a message" });
    }
    handler.end();
  }
}

export function refuseCall(stream: ServerHttp2Stream, error: StatusError): void {
  stream.respond({ ...RESPONSE_HEADERS, ...trailersOf(error.status) }, { endStream: true });
  stream.on("error", () => undefined);
  stream.resume();
}
