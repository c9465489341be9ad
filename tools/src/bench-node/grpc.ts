/** A client that costs as little as it can: gRPC over HTTP/2, with requests that were encoded before. */

import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

/** Before each message gRPC puts a byte for the compression, and the length. */
const HEAD_BYTES = 5;

/** A message as it is sent. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The messages in a stream of bytes, which comes in pieces that begin and end anywhere. */
export class Messages {
  #rest: Buffer = Buffer.alloc(0);

  /** Those that the next piece completes, the frames' heads left out. */
  take(piece: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at + HEAD_BYTES <= bytes.length) {
      const end = at + HEAD_BYTES + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + HEAD_BYTES, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return messages;
  }
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
        if (status === "0") resolve(Buffer.concat(pieces).subarray(HEAD_BYTES));
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
