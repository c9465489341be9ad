/** The services over `@grpc/grpc-js`: what the transport of this package is held against, in tests and in speed. */

import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Metadata, sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServiceDefinition } from "@grpc/grpc-js";
import { statusOf } from "../errors.ts";
import { CODE } from "../status.ts";
import type { Code, Status } from "../status.ts";
import type { CallContext, Method, StreamMethod, Transport, TransportOptions } from "../transport/transport.ts";
import type { UnaryMethod } from "../transport/transport.ts";

type OnEnd = (code: Code) => void;

export async function openGrpcJs(options: TransportOptions): Promise<Transport> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": options.maxConcurrentStreams,
  });
  for (const [path, method] of options.methods) {
    const onBegin = (): OnEnd => {
      const begin = performance.now();
      return (code) => options.onCall(path, code, (performance.now() - begin) / 1000);
    };
    const handler = method.kind === "unary" ? unaryHandler(method, onBegin) : streamHandler(method, onBegin);
    server.addService(definitionOf(path, method), { call: handler });
  }
  const addresses = [];
  for (const { host, port } of options.listen) addresses.push({ host, port: await bind(server, host, port) });
  return {
    addresses,
    setTls() {
      throw new Error("This transport is tried without TLS.");
    },
    close: (graceMs) =>
      new Promise((resolve) => {
        const force = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** Of one method, whose messages stay bytes. */
function definitionOf(path: string, { kind }: Method): ServiceDefinition {
  const same = (bytes: Buffer): Buffer => bytes;
  const isStream = kind === "stream";
  return {
    call: {
      path,
      requestStream: isStream,
      responseStream: isStream,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

function contextOf(metadata: Metadata): CallContext {
  return { metadata: (name) => metadata.get(name)[0]?.toString() };
}

function failureOf({ code, message }: Status): { readonly code: number; readonly details: string } {
  return { code, details: message };
}

function unaryHandler({ call }: UnaryMethod, onBegin: () => OnEnd) {
  return ({ request, metadata }: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void => {
    const onEnd = onBegin();
    call(request, contextOf(metadata)).then(
      (response) => {
        onEnd(CODE.ok);
        respond(null, Buffer.from(response));
      },
      (error: unknown) => {
        onEnd(statusOf(error).code);
        respond(failureOf(statusOf(error)));
      },
    );
  };
}

function streamHandler({ open }: StreamMethod, onBegin: () => OnEnd) {
  return (stream: ServerDuplexStream<Buffer, Buffer>): void => {
    const onEnd = onBegin();
    let isOver = false;
    const finish = (status: Status): void => {
      if (isOver) return;
      isOver = true;
      onEnd(status.code);
      if (status.code === CODE.ok) stream.end();
      else stream.emit("error", failureOf(status));
      handler?.closed();
    };
    const send = (message: Uint8Array): boolean => (isOver ? true : stream.write(Buffer.from(message)));
    let handler: ReturnType<typeof open> | null = null;
    try {
      handler = open({ send, finish }, contextOf(stream.metadata));
    } catch (error) {
      finish(statusOf(error));
      return;
    }
    const opened = handler;
    let last = Promise.resolve();
    stream.on("data", (bytes: Buffer) => {
      stream.pause();
      last = last.then(() => (isOver ? undefined : opened.message(bytes)));
      last.then(
        () => stream.resume(),
        (error: unknown) => finish(statusOf(error)),
      );
    });
    stream.on("end", () => void last.then(() => (isOver ? undefined : opened.end())).catch(() => undefined));
    stream.on("drain", () => opened.drained());
    stream.on("cancelled", () => finish({ code: CODE.cancelled, message: "" }));
  };
}
