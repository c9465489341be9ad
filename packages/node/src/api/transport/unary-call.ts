/** A call of one request and one response. */

import type { ServerHttp2Stream } from "node:http2";
import { statusOf } from "../errors.ts";
import { CODE, OK, StatusError } from "../status.ts";
import type { Code, Status } from "../status.ts";
import { FrameReader, framed } from "./frames.ts";
import type { CallContext, UnaryMethod } from "./transport.ts";
import { RESPONSE_HEADERS, trailersOf } from "./wire.ts";

const DEADLINE_EXCEEDED: Status = { code: CODE.deadlineExceeded, message: "context deadline exceeded" };
const CANCELLED: Status = { code: CODE.cancelled, message: "context canceled" };

const OK_TRAILERS = trailersOf(OK);

const WAIT_FOR_TRAILERS = { waitForTrailers: true } as const;

export type CallOptions = {
  readonly maxMessageBytes: number;
  readonly timeoutMs: number | null;
  readonly onSend: () => void;
  readonly onEnd: (code: Code) => void;
};

export function serveUnary(
  stream: ServerHttp2Stream,
  { call }: UnaryMethod,
  context: CallContext,
  { maxMessageBytes, timeoutMs, onSend, onEnd }: CallOptions,
): void {
  const reader = new FrameReader(maxMessageBytes);
  let isCalled = false;
  let isOver = false;

  const over = (code: Code): boolean => {
    if (isOver) return false;
    isOver = true;
    if (timer !== null) clearTimeout(timer);
    onEnd(code);
    return !stream.closed && !stream.destroyed;
  };
  const respond = (message: Uint8Array): void => {
    if (!over(CODE.ok)) return;
    onSend();
    stream.respond(RESPONSE_HEADERS, WAIT_FOR_TRAILERS);
    stream.on("wantTrailers", () => stream.sendTrailers(OK_TRAILERS));
    stream.end(framed(message));
  };
  const refuse = (error: unknown): void => {
    const status = statusOf(error);
    if (!over(status.code)) return;
    onSend();
    stream.respond({ ...RESPONSE_HEADERS, ...trailersOf(status) }, { endStream: true });
    // Nobody reads what may still come.
    stream.resume();
  };
  const timer =
    timeoutMs === null ? null : setTimeout(() => refuse(new StatusError(DEADLINE_EXCEEDED)), timeoutMs).unref();

  stream.on("data", (piece: Buffer) => {
    if (isOver || isCalled) return;
    try {
      const [message] = reader.push(piece);
      if (message === undefined) return;
      isCalled = true;
      call(message, context).then(respond, refuse);
    } catch (error) {
      refuse(error);
    }
  });
  stream.on("end", () => {
    if (isCalled) return;
    refuse(new StatusError({ code: CODE.internal, message: "grpc: the request has no message" }));
  });
  stream.on("close", () => over(CANCELLED.code));
  // What has gone wrong is told by `close`, which follows.
  stream.on("error", () => undefined);
}
