/** A client of etcd's API, as plain as can be: what is asked goes to one member, once, and has a deadline. */

import { Client, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream, MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadDefinition } from "@quorate/node";
import { z } from "zod";

const definition = loadDefinition();

/** The API's long numbers are decimal strings on this side. */
const long = z.string().transform(Number);
const header = z.object({ revision: long });
const kv = z.object({ key: z.instanceof(Buffer), value: z.instanceof(Buffer), mod_revision: long });
const putResponse = z.object({ header });
const rangeResponse = z.object({ header, kvs: z.array(kv) });
const deleteResponse = z.object({ header, deleted: long });
const txnResponse = z.object({ header, succeeded: z.boolean() });
const leaseResponse = z.object({ ID: z.string(), TTL: long });
const hashResponse = z.object({ hash: z.number(), compact_revision: long });
/** What a watch is told. */
export type WatchResponse = {
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  readonly events: readonly {
    readonly type: "PUT" | "DELETE";
    readonly kv: { readonly key: Buffer; readonly value: Buffer; readonly mod_revision: number };
  }[];
};
const watchResponse: z.ZodType<WatchResponse> = z.object({
  canceled: z.boolean(),
  compact_revision: long,
  cancel_reason: z.string(),
  events: z.array(z.object({ type: z.enum(["PUT", "DELETE"]), kv })),
});

export type Read = { readonly value: string | null; readonly revision: number | null };

export class EtcdClient {
  readonly #client: Client;
  readonly #timeoutMs: number;

  constructor(endpoint: string, timeoutMs: number) {
    // No retries, no waiting: what the harness writes down is what happened to one call.
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 200,
    });
    this.#timeoutMs = timeoutMs;
  }

  async get(key: string, isSerializable = false): Promise<Read> {
    const request = { key: Buffer.from(key), serializable: isSerializable };
    const [found] = rangeResponse.parse(await this.#call("KV", "Range", request)).kvs;
    return found === undefined
      ? { value: null, revision: null }
      : { value: found.value.toString(), revision: found.mod_revision };
  }

  async put(key: string, value: string, lease = "0"): Promise<number> {
    const request = { key: Buffer.from(key), value: Buffer.from(value), lease };
    return putResponse.parse(await this.#call("KV", "Put", request)).header.revision;
  }

  async delete(key: string): Promise<{ readonly existed: boolean; readonly revision: number }> {
    const { deleted, header: of } = deleteResponse.parse(
      await this.#call("KV", "DeleteRange", { key: Buffer.from(key) }),
    );
    return { existed: deleted > 0, revision: of.revision };
  }

  /** Puts `value` if the key has the value `expected`; null stands for a key that is not there. */
  async cas(
    key: string,
    expected: string | null,
    value: string,
  ): Promise<{ readonly succeeded: boolean; readonly revision: number }> {
    const compare =
      expected === null
        ? { result: "EQUAL", target: "VERSION", key: Buffer.from(key), version: "0" }
        : { result: "EQUAL", target: "VALUE", key: Buffer.from(key), value: Buffer.from(expected) };
    const success = [{ request_put: { key: Buffer.from(key), value: Buffer.from(value) } }];
    const response = txnResponse.parse(await this.#call("KV", "Txn", { compare: [compare], success, failure: [] }));
    return { succeeded: response.succeeded, revision: response.header.revision };
  }

  async grant(ttl: number): Promise<string> {
    return leaseResponse.parse(await this.#call("Lease", "LeaseGrant", { TTL: `${ttl}`, ID: "0" })).ID;
  }

  /** The time that the lease has again, in seconds: 0 if it is over. */
  keepAlive(id: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream("Lease", "LeaseKeepAlive");
      stream.on("data", (response: unknown) => {
        resolve(leaseResponse.parse(response).TTL);
        stream.end();
      });
      stream.on("error", reject);
      stream.on("end", () => {
        reject(new Error("The stream has ended without an answer."));
      });
      stream.write({ ID: id });
    });
  }

  /** Watches all keys that begin with `prefix`, from a revision on. Returns how to stop. */
  watch(
    prefix: string,
    from: number,
    onResponse: (response: WatchResponse) => void,
    onEnd: (why: string) => void,
  ): () => void {
    const stream = this.#stream("Watch", "Watch", false);
    stream.on("data", (response: unknown) => {
      onResponse(watchResponse.parse(response));
    });
    stream.on("error", (error: Error) => {
      onEnd(error.message);
    });
    stream.on("end", () => {
      onEnd("the stream has ended");
    });
    const last = prefix.charCodeAt(prefix.length - 1);
    const rangeEnd = `${prefix.slice(0, -1)}${String.fromCharCode(last + 1)}`;
    const create = { key: Buffer.from(prefix), range_end: Buffer.from(rangeEnd), start_revision: `${from}` };
    stream.write({ create_request: create });
    return () => {
      stream.cancel();
    };
  }

  async member(
    method: "MemberAdd" | "MemberRemove" | "MemberPromote" | "MemberList",
    request: object,
  ): Promise<unknown> {
    return await this.#call("Cluster", method, request);
  }

  /** What was changed before `revision` can't be read or watched any more. */
  async compact(revision: number): Promise<void> {
    await this.#call("KV", "Compact", { revision: `${revision}` });
  }

  /** Of all that the store holds at `revision`. */
  async hash(revision: number): Promise<string> {
    const { hash, compact_revision: compacted } = hashResponse.parse(
      await this.#call("Maintenance", "HashKV", { revision: `${revision}` }),
    );
    return `${hash}, compacted at ${compacted}`;
  }

  async maintain(method: "MoveLeader" | "Status", request: object): Promise<unknown> {
    return await this.#call("Maintenance", method, request);
  }

  close(): void {
    this.#client.close();
  }

  #call(service: keyof typeof definition, method: string, request: object): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = methodOf(definition[service], method);
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + this.#timeoutMs };
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        options,
        (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        },
      );
    });
  }

  #stream(service: keyof typeof definition, method: string, hasDeadline = true): ClientDuplexStream<object, unknown> {
    const { path, requestSerialize, responseDeserialize } = methodOf(definition[service], method);
    const options = hasDeadline ? { deadline: Date.now() + this.#timeoutMs } : {};
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, options);
  }
}

function methodOf(service: ServiceDefinition, name: string): MethodDefinition<object, unknown> {
  const method = service[name];
  if (method === undefined) throw new Error(`The API has no ${name}.`);
  return method;
}
