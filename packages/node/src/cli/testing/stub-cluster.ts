/** Members that answer as a test has them answer, over real gRPC. */

import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { loadDefinition } from "../../api/index.ts";

/** What a method answers; an error's `details` are the member's words. */
type Answer = object | { readonly code: status; readonly details: string };
export type Answers = Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => Answer>>;

export type Stub = { readonly endpoint: string; readonly asked: readonly (readonly [string, object])[]; stop(): void };

/** A member that answers the methods named, and those of `Snapshot` with `pieces`. */
export async function startStub(answers: Answers, pieces: readonly object[] = []): Promise<Stub> {
  const asked: (readonly [string, object])[] = [];
  const server = new Server();
  const { Cluster, Maintenance } = loadDefinition();
  const unary = (name: string) => [
    name,
    (call: ServerUnaryCall<Readonly<Record<string, unknown>>, object>, respond: sendUnaryData<object>): void => {
      asked.push([name, call.request]);
      const answer = answers[name]?.(call.request);
      if (answer === undefined) respond({ code: status.UNIMPLEMENTED, details: `unknown method ${name}` });
      else if ("code" in answer) respond({ code: Number(answer.code), details: String(answer.details) });
      else respond(null, answer);
    },
  ];
  const handlers = (definition: object) => Object.fromEntries(Object.keys(definition).map(unary));
  server.addService(Cluster, handlers(Cluster));
  server.addService(Maintenance, {
    ...handlers(Maintenance),
    Snapshot: (stream: ServerWritableStream<object, object>) => {
      for (const piece of pieces) stream.write(piece);
      stream.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { endpoint: `127.0.0.1:${port}`, asked, stop: () => server.forceShutdown() };
}
