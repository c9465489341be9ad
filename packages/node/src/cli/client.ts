/** Calls to members over etcd's API. What they answer is looked at before anybody uses it. */

import { readFileSync } from "node:fs";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ChannelCredentials, MethodDefinition, ServiceError } from "@grpc/grpc-js";
import type { z } from "zod";
import { loadDefinition } from "../api/index.ts";
import { EXIT, UserError } from "./exit.ts";

export type Connection = {
  readonly endpoints: readonly string[];
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly skipVerification: boolean;
  readonly dialMs: number;
  readonly commandMs: number;
};

export type Call<T> = {
  readonly service: "Cluster" | "Maintenance";
  readonly method: string;
  readonly request: object;
  readonly response: z.ZodType<T>;
};

/** No connection came about: the member has not seen the call. */
export class UnreachableError extends UserError {
  constructor(endpoint: string, reason: string) {
    super(EXIT.unavailable, `${endpoint} can't be reached: ${reason}.`);
  }
}

/** Statuses that say that the member, or the cluster, can't answer now. */
const UNAVAILABLE: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED]);

/** A member at one endpoint. */
export class MemberClient {
  readonly endpoint: string;
  readonly #connection: Connection;
  readonly #client: Client;

  constructor(endpoint: string, connection: Connection) {
    this.endpoint = endpoint.replace(/^https?:\/\//, "");
    this.#connection = connection;
    this.#client = new Client(this.endpoint, credentialsFor(endpoint, connection), {
      "grpc.max_receive_message_length": -1,
      "grpc.enable_retries": 0,
    });
  }

  /** @throws UnreachableError (by rejection) if there is no connection in time */
  async connect(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.waitForReady(Date.now() + this.#connection.dialMs, (error) => {
        if (error === undefined) resolve();
        else reject(new UnreachableError(this.endpoint, `no connection within ${this.#connection.dialMs} ms`));
      });
    });
  }

  /** @throws UserError (by rejection) with what the member says */
  async call<T>({ service, method, request, response }: Call<T>): Promise<T> {
    await this.connect();
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    const answer = await new Promise<unknown>((resolve, reject) => {
      this.#client.makeUnaryRequest<object, object>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        { deadline: Date.now() + this.#connection.commandMs },
        (error, value) => {
          if (error === null) resolve(value);
          else reject(this.#errorOf(error));
        },
      );
    });
    return this.#read(response, answer);
  }

  /** What the member sends in answer to one call, piece by piece. There is no limit to how long that takes. */
  async *stream<T>({ service, method, request, response }: Call<T>): AsyncGenerator<T> {
    await this.connect();
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    const stream = this.#client.makeServerStreamRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
    );
    try {
      for await (const piece of stream) yield this.#read(response, piece);
    } catch (error) {
      throw isServiceError(error) ? this.#errorOf(error) : error;
    }
  }

  close(): void {
    this.#client.close();
  }

  #read<T>(response: z.ZodType<T>, answer: unknown): T {
    const read = response.safeParse(answer);
    if (read.success) return read.data;
    throw new UserError(EXIT.refused, `${this.endpoint} answers in a way that is not etcd's: is it a member?`);
  }

  #errorOf({ code, details }: ServiceError): UserError {
    if (code === status.DEADLINE_EXCEEDED) {
      return new UserError(
        EXIT.unavailable,
        `${this.endpoint} has not answered within ${this.#connection.commandMs} ms.`,
      );
    }
    return new UserError(UNAVAILABLE.has(code) ? EXIT.unavailable : EXIT.refused, `${this.endpoint} says: ${details}`);
  }
}

/** Calls `use` with the first member that a connection comes about with. */
export async function withAnyMember<T>(connection: Connection, use: (member: MemberClient) => Promise<T>): Promise<T> {
  const reasons: string[] = [];
  for (const endpoint of connection.endpoints) {
    const member = new MemberClient(endpoint, connection);
    try {
      await member.connect();
      return await use(member);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      reasons.push(error.message);
    } finally {
      member.close();
    }
  }
  throw new UserError(
    EXIT.unavailable,
    `no member can be reached.\n${reasons.map((reason) => `  ${reason}`).join("\n")}\n` +
      "Start one (quorate serve), or say where they are with --endpoints host:port,host:port.",
  );
}

/** Calls `use` with the member at `endpoint`. */
export async function withMember<T>(
  endpoint: string,
  connection: Connection,
  use: (member: MemberClient) => Promise<T>,
): Promise<T> {
  const member = new MemberClient(endpoint, connection);
  try {
    return await use(member);
  } finally {
    member.close();
  }
}

const definition = loadDefinition();

function methodOf(service: "Cluster" | "Maintenance", method: string): MethodDefinition<object, object> {
  const found = definition[service][method];
  if (found === undefined) throw new Error(`${service} has no method ${method}.`);
  return found;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

/** As etcdctl: TLS is used for an https endpoint, and for one without a scheme where a certificate is given. */
function credentialsFor(endpoint: string, connection: Connection): ChannelCredentials {
  const { caFile, certFile, keyFile, skipVerification } = connection;
  const wantsTls = caFile !== null || certFile !== null || skipVerification;
  if (endpoint.startsWith("http://") || (!endpoint.startsWith("https://") && !wantsTls))
    return credentials.createInsecure();
  return credentials.createSsl(read("--cacert", caFile), read("--key", keyFile), read("--cert", certFile), {
    rejectUnauthorized: !skipVerification,
    ...(skipVerification ? { checkServerIdentity: () => undefined } : {}),
  });
}

function read(flag: string, file: string | null): Buffer | null {
  if (file === null) return null;
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(EXIT.configuration, `${flag} is ${file}, which can't be read: ${reason}.`);
  }
}
