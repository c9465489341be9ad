/** A call of one request and one response. */

import { statusOf } from "../errors.ts";
import { CODE, OK, StatusError } from "../status.ts";
import type { Code, Status } from "../status.ts";
import { FrameReader, framed } from "./frames.ts";
import type { Connection } from "./h2/connection.ts";
import type { Stream } from "./h2/stream.ts";
import type { CallContext, UnaryMethod } from "./transport.ts";
import { RESPONSE_HEADERS, statusOnly, trailersOf } from "./wire.ts";

const DEADLINE_EXCEEDED: Status = { code: CODE.deadlineExceeded, message: "context deadline exceeded" };
const CANCELLED: Status = { code: CODE.cancelled, message: "context canceled" };

const OK_TRAILERS = trailersOf(OK);

export type CallOptions = {
  readonly maxMessageBytes: number;
  readonly timeoutMs: number | null;
  readonly onEnd: (code: Code) => void;
};

export class UnaryCall {
  readonly #connection: Connection;
  readonly #stream: Stream;
  readonly #call: UnaryMethod["call"];
  readonly #context: CallContext;
  readonly #reader: FrameReader;
  readonly #timer: NodeJS.Timeout | null;
  readonly #onEnd: (code: Code) => void;
  #isCalled = false;
  #isOver = false;

  constructor(
    connection: Connection,
    stream: Stream,
    { call }: UnaryMethod,
    context: CallContext,
    { maxMessageBytes, timeoutMs, onEnd }: CallOptions,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#call = call;
    this.#context = context;
    this.#reader = new FrameReader(maxMessageBytes);
    this.#onEnd = onEnd;
    const exceed = (): void => this.#refuse(new StatusError(DEADLINE_EXCEEDED));
    this.#timer = timeoutMs === null ? null : setTimeout(exceed, timeoutMs).unref();
    stream.listener = this;
  }

  data(piece: Buffer): void {
    if (this.#isOver || this.#isCalled) return;
    try {
      const [message] = this.#reader.push(piece);
      if (message !== undefined) this.#carryOut(message);
    } catch (error) {
      this.#refuse(error);
    }
  }

  end(): void {
    if (this.#isCalled) return;
    this.#refuse(new StatusError({ code: CODE.internal, message: "grpc: the request has no message" }));
  }

  drained(): void {
    // There is one message, which was sent as a whole.
  }

  closed(): void {
    this.#over(CANCELLED.code);
  }

  #carryOut(message: Buffer): void {
    this.#isCalled = true;
    this.#connection.workBegins();
    this.#call(message, this.#context).then(
      (response) => {
        this.#connection.workEnds();
        if (this.#over(CODE.ok)) this.#stream.respondWhole(RESPONSE_HEADERS, framed(response), OK_TRAILERS);
      },
      (error: unknown) => {
        this.#connection.workEnds();
        this.#refuse(error);
      },
    );
  }

  #refuse(error: unknown): void {
    const status = statusOf(error);
    if (this.#over(status.code)) this.#stream.respondOnly(statusOnly(status));
  }

  /** True the first time. */
  #over(code: Code): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#onEnd(code);
    return true;
  }
}
