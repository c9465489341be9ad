/** Stubs of `@grpc/grpc-js` for the API, which answer in promises. */

import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { loadDefinition } from "../definition.ts";

const definition: ReturnType<typeof loadDefinition> = loadDefinition();

type Service = keyof typeof definition;

/** What a call came to that was not OK, as in `NOT_FOUND etcdserver: member not found`. */
class CallError extends Error {}

export class ApiClient {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** Fails with `CallError`. */
  call(
    service: Service,
    method: string,
    request: object,
    options: { readonly metadata?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    const { timeoutMs, metadata } = options;
    const callOptions = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      const answer = (error: ServiceError | null, value?: object): void => {
        if (error === null) resolve(value);
        else reject(new CallError(textOf(error)));
      };
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadataOf(metadata),
        callOptions,
        answer,
      );
    });
  }

  stream(service: Service, method: string, metadata?: Readonly<Record<string, string>>): ApiStream {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    const call: ClientDuplexStream<object, object> = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadataOf(metadata),
    );
    return new ApiStream(call);
  }
}

function methodOf(service: Service, method: string): (typeof definition)[Service][string] {
  const found = definition[service][method];
  if (found === undefined) throw new Error(`${service} has no method ${method}.`);
  return found;
}

function metadataOf(entries: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

function textOf({ code, details }: ServiceError): string {
  return `${status[code]} ${details}`;
}

/** What comes on a stream, to be waited for. */
export class ApiStream {
  readonly #call: ClientDuplexStream<object, object>;
  readonly responses: unknown[] = [];
  /** What the stream ended with, as a call does, or null while it has not. */
  end: string | null = null;
  #wake = (): void => undefined;

  constructor(call: ClientDuplexStream<object, object>) {
    this.#call = call;
    call.on("data", (response: object) => {
      this.responses.push(response);
      this.#wake();
    });
    call.on("status", ({ code, details }: { code: status; details: string }) => {
      this.end = code === status.OK ? "OK" : `${status[code]} ${details}`;
      this.#wake();
    });
    call.on("error", () => undefined);
  }

  send(request: object): void {
    this.#call.write(request);
  }

  halfClose(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }

  /** Stops reading, so that the server can't send for ever. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** Waits until `holds`; the test's time limit ends it otherwise. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The first `count` responses, as soon as there are so many. */
  async take(count: number): Promise<readonly unknown[]> {
    await this.until(() => this.responses.length >= count);
    return this.responses.slice(0, count);
  }

  async ended(): Promise<string | null> {
    await this.until(() => this.end !== null);
    return this.end;
  }
}
