/** The frames of HTTP/2 as bytes: RFC 9113, sections 4 and 6. */

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Why a stream or a connection ends: section 7. */
export const ERROR = {
  noError: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;
export type ErrorCode = (typeof ERROR)[keyof typeof ERROR];

export const SETTING = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** What a client's connection begins with: section 3.4. */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export const HEAD_BYTES = 9;
/** What either side may send unless told otherwise, and neither is: section 6.5.2. */
export const FRAME_BYTES_MAX = 16_384;
export const WINDOW_BYTES = 65_535;
export const WINDOW_BYTES_MAX: number = 2 ** 31 - 1;

export type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

/** The other side has broken the rules. Ends the connection: section 5.4.1. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const NOTHING = Buffer.alloc(0);

/** Finds the frames in what arrives. */
export class FrameCutter {
  #rest: Buffer = NOTHING;

  /**
   * Calls `take` with each frame that is whole now, as long as it returns true. Payloads are parts of what has arrived.
   *
   * @throws ConnectionError if a frame is too long
   */
  push(piece: Buffer, take: (frame: Frame) => boolean): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      if (length > FRAME_BYTES_MAX) throw new ConnectionError(ERROR.frameSize, "a frame is too long");
      const end = at + HEAD_BYTES + length;
      if (end > bytes.length) break;
      const frame = {
        type: bytes[at + 3] ?? 0,
        flags: bytes[at + 4] ?? 0,
        stream: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
        payload: bytes.subarray(at + HEAD_BYTES, end),
      };
      at = end;
      if (!take(frame)) return;
    }
    this.#rest = at === bytes.length ? NOTHING : bytes.subarray(at);
  }
}

/** Puts a frame's head into `target`, and returns where its payload goes. */
export function writeHead(
  target: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  target.writeUIntBE(length, at, 3);
  target[at + 3] = type;
  target[at + 4] = flags;
  target.writeUInt32BE(stream, at + 5);
  return at + HEAD_BYTES;
}

export function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.set(payload, writeHead(frame, 0, payload.length, type, flags, stream));
  return frame;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  for (const [at, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  }
  return frameOf(TYPE.settings, 0, 0, payload);
}

/** A frame whose payload is a number of four bytes: `rstStream`, `windowUpdate`. */
export function numberFrame(type: number, stream: number, number: number): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 4);
  frame.writeUInt32BE(number, writeHead(frame, 0, 4, type, 0, stream));
  return frame;
}

export function goawayFrame(lastStream: number, code: ErrorCode, text: string): Buffer {
  const payload = Buffer.alloc(8 + text.length);
  payload.writeUInt32BE(lastStream, 0);
  payload.writeUInt32BE(code, 4);
  payload.write(text, 8, "latin1");
  return frameOf(TYPE.goaway, 0, 0, payload);
}

/**
 * What is left of the payload of a `data` or `headers` frame without its padding.
 *
 * @throws ConnectionError if there is more padding than payload
 */
export function unpadded({ flags, payload }: Frame): Buffer {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0] ?? payload.length;
  if (padding >= payload.length) throw new ConnectionError(ERROR.protocol, "a frame is all padding");
  return payload.subarray(1, payload.length - padding);
}
