/** How many bytes the messages of clients have, in both directions, as etcd counts them: without what gRPC adds. */

import type { NamedMethod } from "./methods.ts";
import type { ServerStream, StreamHandler } from "./transport/transport.ts";

export type Traffic = { onReceived(bytes: number): void; onSent(bytes: number): void };

/** The method, whose messages are counted. */
export function counted([path, method]: NamedMethod, traffic: Traffic): NamedMethod {
  if (method.kind === "unary") {
    const call: typeof method.call = (request, context) => {
      traffic.onReceived(request.length);
      return method.call(request, context).then((response) => {
        traffic.onSent(response.length);
        return response;
      });
    };
    return [path, { kind: "unary", call }];
  }
  const open = (stream: ServerStream, context: Parameters<typeof method.open>[1]): StreamHandler => {
    const sending: ServerStream = {
      send(message) {
        traffic.onSent(message.length);
        return stream.send(message);
      },
      finish: (status) => stream.finish(status),
    };
    const handler = method.open(sending, context);
    const message: StreamHandler["message"] = (bytes) => {
      traffic.onReceived(bytes.length);
      return handler.message(bytes);
    };
    return { ...handler, message };
  };
  return [path, { kind: "stream", open }];
}
