/** A client for tests that speaks HTTP/2 frame by frame, so that it can break the rules as well. */

import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { FLAG, FrameCutter, PREFACE, TYPE, frameOf, settingsFrame } from "./framing.ts";
import type { Frame } from "./framing.ts";
import { blockOf, HpackReader } from "./hpack.ts";

export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly #cutter = new FrameCutter();
  #wake = (): void => undefined;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => {
      this.#cutter.push(piece, (frame) => {
        this.frames.push(frame);
        return true;
      });
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Connected, and nothing said. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Connected, with the preface and these settings sent. */
  static async greet(
    port: number,
    settings: readonly (readonly [id: number, value: number])[] = [],
  ): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.write(PREFACE, settingsFrame(settings));
    return client;
  }

  write(...pieces: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(pieces));
  }

  /** The frames of a type and stream, once there are so many. Null where the connection closes before. */
  async wait(type: number, stream: number, count = 1): Promise<readonly Frame[] | null> {
    while (true) {
      const found = this.frames.filter((frame) => frame.type === type && frame.stream === stream);
      if (found.length >= count) return found;
      if (this.isClosed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The code of the last `goaway`, and its text, once the connection has closed. */
  async farewell(): Promise<string> {
    while (!this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const last = this.frames.findLast(({ type }) => type === TYPE.goaway);
    return last === undefined ? "none" : `${last.payload.readUInt32BE(4)} ${last.payload.toString("latin1", 8)}`;
  }

  close(): void {
    this.socket.destroy();
  }
}

const REQUEST = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "test"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
] as const;

export function requestBlock(path: string): Buffer {
  return blockOf([...REQUEST, [":path", path]]);
}

export function headers(stream: number, path: string, flags: number = FLAG.endHeaders): Buffer {
  return frameOf(TYPE.headers, flags, stream, requestBlock(path));
}

export function data(stream: number, bytes: Uint8Array, flags: number = FLAG.endStream): Buffer {
  return frameOf(TYPE.data, flags, stream, bytes);
}

/** The headers and trailers in `frames` of one stream, which do without a dynamic table. */
export function fieldsOf(frames: readonly Frame[]): Readonly<Record<string, string>> {
  const reader = new HpackReader(100_000);
  return Object.fromEntries(frames.flatMap(({ payload }) => [...reader.read(payload)]));
}
