/**
 * What the services know of gRPC: methods that take and give messages as bytes. How those travel is the transport's
 * business.
 */

import type { PeerAddress } from "../../peers/index.ts";
import type { TlsIdentity } from "../../security/tls.ts";
import type { Code, Status } from "../status.ts";

export type CallContext = {
  /** A value of the request's metadata, the first if there are several. Names are in lower case. */
  metadata(name: string): string | undefined;
};

/** What a stream's handler can do to its stream. After `finish`, or once the stream has closed, nothing has an effect. */
export interface ServerStream {
  /**
   * Sends a message. False means that so much waits to be sent that the handler should pause until `drained`; the message
   * goes all the same.
   */
  send(message: Uint8Array): boolean;
  /** Ends the stream with a status. Messages that were sent arrive before. */
  finish(status: Status): void;
}

/** What happens to a stream, told to its handler. */
export type StreamHandler = {
  /** The next message. The transport waits for the promise before it hands over another, and ends the stream if it fails. */
  message(bytes: Uint8Array): void | Promise<void>;
  /** The client will send nothing more. Not called before the promise of the last message has come. */
  end(): void;
  /** What waited has been sent. */
  drained(): void;
  /** The stream is over, for whatever reason; the last call. */
  closed(): void;
};

export type UnaryMethod = {
  readonly kind: "unary";
  readonly call: (request: Uint8Array, context: CallContext) => Promise<Uint8Array>;
};
export type StreamMethod = {
  readonly kind: "stream";
  readonly open: (stream: ServerStream, context: CallContext) => StreamHandler;
};
/** A failure is thrown as anything that `statusOf` knows; what else is thrown is a fault of the server. */
export type Method = UnaryMethod | StreamMethod;

/** By path, as in `/etcdserverpb.KV/Range`. */
type Methods = ReadonlyMap<string, Method>;

export type TransportOptions = {
  readonly methods: Methods;
  readonly listen: readonly PeerAddress[];
  /** Null for plain text. */
  readonly tls: TlsIdentity | null;
  /** In bytes. A larger message ends its call with `resourceExhausted`. */
  readonly maxMessageBytes: number;
  /** For one connection. */
  readonly maxConcurrentStreams: number;
  /** Told of each call of one of `methods` when it is over. */
  readonly onCall: (path: string, code: Code, seconds: number) => void;
  /** Told of each connection that did not come about, with the other side's address. */
  readonly onTurnedAway: (address: string, reason: string) => void;
};

export type Transport = {
  readonly addresses: readonly PeerAddress[];
  /** Connections made from now on use these certificates. There have to be some already. */
  setTls(tls: TlsIdentity): void;
  /** Takes no new calls, waits for those under way, and after `graceMs` ends what is left. */
  close(graceMs: number): Promise<void>;
};

/** @throws Error (by rejection) if an address can't be listened at; nothing is left listening then */
export type OpenTransport = (options: TransportOptions) => Promise<Transport>;
