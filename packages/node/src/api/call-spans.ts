/** A span for each call of a client. */

import type { Spans } from "../telemetry/spans.ts";
import type { NamedMethod } from "./methods.ts";
import { codeName, CODE } from "./status.ts";
import type { ServerStream, StreamHandler } from "./transport/transport.ts";

/** The method, each of whose calls has a span. */
export function spanned([path, method]: NamedMethod, spans: Spans): NamedMethod {
  if (method.kind === "unary") {
    const call: typeof method.call = async (request, context) => {
      const span = spans.call(path, (name) => context.metadata(name));
      try {
        const response = await span.within(() => method.call(request, context));
        span.end(null);
        return response;
      } catch (error) {
        span.end(error instanceof Error ? error.message : String(error));
        throw error;
      }
    };
    return [path, { kind: "unary", call }];
  }
  const open = (stream: ServerStream, context: Parameters<typeof method.open>[1]): StreamHandler => {
    const span = spans.call(path, (name) => context.metadata(name));
    const watched: ServerStream = {
      send: (message) => stream.send(message),
      finish(status) {
        span.end(status.code === CODE.ok ? null : `${codeName(status.code)} ${status.message}`);
        stream.finish(status);
      },
    };
    const handler = span.within(() => method.open(watched, context));
    return {
      message: (bytes) => span.within(() => handler.message(bytes)),
      end: () => span.within(() => handler.end()),
      drained: () => handler.drained(),
      closed() {
        // Streams end when their clients go.
        span.end(null);
        handler.closed();
      },
    };
  };
  return [path, { kind: "stream", open }];
}
