/** A client that costs as little as it can: gRPC over HTTP/2, with requests that were encoded before. */

import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

/** gRPC puts a byte for the compression and the length before each message. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export class Connection {
  readonly #session: ClientHttp2Session;

  constructor(endpoint: string) {
    this.#session = connect(`http://${endpoint}`);
    // A member that is killed takes its connections along: calls say so themselves.
    this.#session.on("error", () => undefined);
  }

  /** One call. Resolves with the response's bytes, the frame's head left out; rejects with gRPC's status otherwise. */
  call(path: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.open(path);
      const pieces: Buffer[] = [];
      let status = "";
      stream.on("response", (headers) => {
        status = String(headers["grpc-status"] ?? status);
      });
      stream.on("trailers", (headers) => {
        status = String(headers["grpc-status"] ?? status);
      });
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("error", reject);
      stream.on("close", () => {
        if (status === "0") resolve(Buffer.concat(pieces).subarray(5));
        else reject(new Error(`${path} has ended with the status ${status === "" ? "none" : status}.`));
      });
      stream.end(request);
    });
  }

  open(path: string): ClientHttp2Stream {
    return this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
  }

  close(): void {
    this.#session.destroy();
  }
}
