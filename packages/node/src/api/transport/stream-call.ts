/** A call of any number of requests and responses. */

import { statusOf } from "../errors.ts";
import { CODE } from "../status.ts";
import type { Code, Status } from "../status.ts";
import { FrameReader, framed } from "./frames.ts";
import type { Stream } from "./h2/stream.ts";
import type { CallContext, ServerStream, StreamHandler, StreamMethod } from "./transport.ts";
import type { CallOptions } from "./unary-call.ts";
import { RESPONSE_HEADERS, statusOnly, trailersOf } from "./wire.ts";

export class StreamCall implements ServerStream {
  readonly #stream: Stream;
  readonly #reader: FrameReader;
  readonly #timer: NodeJS.Timeout | null;
  readonly #onEnd: (code: Code) => void;
  readonly #handler: StreamHandler | null;
  /** Messages that the handler has not had yet. */
  #waiting: Buffer[] = [];
  #isHandling = false;
  #isEnded = false;
  #isOver = false;

  constructor(stream: Stream, method: StreamMethod, context: CallContext, options: CallOptions, onClosed: () => void) {
    this.#stream = stream;
    this.#reader = new FrameReader(options.maxMessageBytes);
    this.#onEnd = options.onEnd;
    this.#timer = this.#deadline(options.timeoutMs);
    stream.listener = {
      data: (piece) => this.#receive(piece),
      end: () => {
        this.#isEnded = true;
        this.#next();
      },
      drained: () => this.#handler?.drained(),
      closed: () => {
        this.#end(CODE.cancelled);
        this.#handler?.closed();
        onClosed();
      },
    };
    this.#handler = this.#opened(method, context);
  }

  send(message: Uint8Array): boolean {
    if (this.#isOver || this.#stream.isClosed) return true;
    if (!this.#stream.isResponded) this.#stream.respond(RESPONSE_HEADERS);
    return this.#stream.send(framed(message));
  }

  finish(status: Status): void {
    if (!this.#end(status.code)) return;
    // Nobody reads what may still come.
    this.#waiting = [];
    if (this.#stream.isResponded) this.#stream.end(trailersOf(status));
    else this.#stream.respondOnly(statusOnly(status));
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
