/** Connections against clients that do as RFC 9113 says in all ways that there are, and against those that do not. */

import { once } from "node:events";
import { connect } from "node:http2";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CODE } from "../../status.ts";
import { framed } from "../frames.ts";
import { openHttp2 } from "../http2.ts";
import type { Method, StreamMethod, Transport } from "../transport.ts";
import { Connection } from "./connection.ts";
import { ERROR, FLAG, PREFACE, SETTING, TYPE, frameOf, numberFrame, settingsFrame, writeHead } from "./framing.ts";
import { data, fieldsOf, headers, RawClient, requestBlock } from "./raw-client.ts";

const ECHO = "/test/Echo";
const LATER = "/test/Later";
const FLOOD = "/test/Flood";
const hello = framed(Buffer.from("hello"));

let transport: Transport;
let port: number;
const calls: string[] = [];
const later: ((answer: Uint8Array) => void)[] = [];
const flooded: string[] = [];
const clients: RawClient[] = [];

/** Answers a message by so many bytes, and goes on when it has room. */
const flood: StreamMethod = {
  kind: "stream",
  open: (stream) => ({
    message: (bytes) => {
      if (!stream.send(Buffer.alloc(Number(Buffer.from(bytes).toString())))) flooded.push("full");
    },
    end: () => stream.finish({ code: CODE.ok, message: "" }),
    drained: () => void flooded.push("drained"),
    closed: () => void flooded.push("closed"),
  }),
};

beforeEach(async () => {
  for (const list of [calls, later, flooded]) list.length = 0;
  transport = await openHttp2({
    methods: new Map<string, Method>([
      [ECHO, { kind: "unary", call: (bytes) => Promise.resolve(bytes) }],
      [LATER, { kind: "unary", call: () => new Promise<Uint8Array>((resolve) => later.push(resolve)) }],
      [FLOOD, flood],
    ]),
    listen: [{ host: "127.0.0.1", port: 0 }],
    tls: null,
    maxMessageBytes: 4 * 1024 * 1024,
    maxConcurrentStreams: 3,
    onCall: (path, code) => void calls.push(`${path} ${code}`),
    onTurnedAway: () => undefined,
  });
  port = transport.addresses[0]?.port ?? 0;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await transport.close(0);
});

async function greeted(settings: Parameters<typeof RawClient.greet>[1] = []): Promise<RawClient> {
  const client = await RawClient.greet(port, settings);
  clients.push(client);
  return client;
}

async function demandEcho(client: RawClient, stream: number, message: Buffer = hello): Promise<void> {
  const blocks = await client.wait(TYPE.headers, stream, 2);
  expect(fieldsOf(blocks ?? [])).toEqual({
    ":status": "200",
    "content-type": "application/grpc",
    "grpc-status": "0",
  });
  const pieces = await client.wait(TYPE.data, stream);
  expect(Buffer.concat((pieces ?? []).map(({ payload }) => payload))).toEqual(message);
}

test("a request is the same however its bytes are cut", async () => {
  const client = await RawClient.connect(port);
  clients.push(client);
  const bytes = Buffer.concat([PREFACE, settingsFrame([]), headers(1, ECHO), data(1, hello)]);
  client.socket.setNoDelay(true);
  for (const byte of bytes) await new Promise((resolve) => client.socket.write(Buffer.from([byte]), resolve));
  await demandEcho(client, 1);
});

test("padding, priorities, blocks in several frames, trailers and frames of unknown types mean nothing more", async () => {
  const client = await greeted();
  const block = requestBlock(ECHO);
  const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), block.subarray(0, 20), Buffer.alloc(3)]);
  client.write(
    frameOf(TYPE.priority, 0, 1, Buffer.alloc(5)),
    frameOf(77, 0, 1, Buffer.from("unknown")),
    frameOf(TYPE.headers, FLAG.padded | FLAG.priority, 1, padded),
    frameOf(TYPE.continuation, 0, 1, block.subarray(20, 21)),
    frameOf(TYPE.continuation, FLAG.endHeaders, 1, block.subarray(21)),
    data(1, Buffer.concat([Buffer.from([5]), hello, Buffer.alloc(5)]), FLAG.padded),
    frameOf(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 1, Buffer.from([0, 1, 0x61, 1, 0x62])),
  );
  await demandEcho(client, 1);
});

test("an answer keeps to the windows of the stream and of the connection, and goes on as they grow", async () => {
  const client = await greeted([[SETTING.initialWindowSize, 3]]);
  client.write(headers(1, ECHO), data(1, hello));
  expect((await client.wait(TYPE.data, 1))?.map(({ payload }) => payload.length)).toEqual([3]);
  client.write(numberFrame(TYPE.windowUpdate, 1, 2));
  expect((await client.wait(TYPE.data, 1, 2))?.map(({ payload }) => payload.length)).toEqual([3, 2]);
  // The settings change windows that are in use, too.
  client.write(settingsFrame([[SETTING.initialWindowSize, 8]]));
  await client.wait(TYPE.headers, 1, 2);
  await demandEcho(client, 1);

  client.write(settingsFrame([[SETTING.initialWindowSize, 2 ** 20]]), headers(3, ECHO));
  const large = framed(Buffer.alloc(100_000, "x"));
  for (let at = 0; at < large.length; at += 10_000)
    client.write(data(3, large.subarray(at, at + 10_000), at + 10_000 < large.length ? 0 : FLAG.endStream));
  const first = 65_535 - hello.length;
  await expect.poll(() => lengthOf(client, 3)).toBe(first);
  client.write(numberFrame(TYPE.windowUpdate, 0, 10_000));
  await expect.poll(() => lengthOf(client, 3)).toBe(first + 10_000);
  client.write(numberFrame(TYPE.windowUpdate, 0, 100_000));
  await client.wait(TYPE.headers, 3, 2);
  await demandEcho(client, 3, large);
});

function lengthOf(client: RawClient, stream: number): number {
  const frames = client.frames.filter((frame) => frame.type === TYPE.data && frame.stream === stream);
  return frames.reduce((sum, { payload }) => sum + payload.length, 0);
}

test("messages larger than all windows pass, both ways and side by side", async () => {
  const session = connect(`http://127.0.0.1:${port}`);
  const echoes = [1, 2, 3].map(async (seed) => {
    const message = framed(Buffer.alloc(3_500_000 + seed, seed));
    const stream = session.request({ ":method": "POST", ":path": ECHO, "content-type": "application/grpc" });
    stream.end(message);
    const pieces: Buffer[] = [];
    for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(message)).toBe(true);
  });
  await Promise.all(echoes);
  session.destroy();
});

test("who sends on a stream is told when so much waits that it should pause, and when that has left", async () => {
  const client = await greeted();
  client.write(headers(1, FLOOD), data(1, framed(Buffer.from("400000")), 0));
  await expect.poll(() => flooded).toEqual(["full"]);
  client.write(numberFrame(TYPE.windowUpdate, 0, 1_000_000), numberFrame(TYPE.windowUpdate, 1, 1_000_000));
  await expect.poll(() => flooded).toEqual(["full", "drained"]);
  client.write(data(1, Buffer.alloc(0)));
  expect(fieldsOf((await client.wait(TYPE.headers, 1, 2)) ?? [])).toMatchObject({ "grpc-status": "0" });
  await expect.poll(() => flooded).toEqual(["full", "drained", "closed"]);
});

test("more streams than may be are refused, and work goes on counting when its stream is reset", async () => {
  const client = await greeted();
  for (const stream of [1, 3, 5]) client.write(headers(stream, LATER), data(stream, hello));
  await expect.poll(() => later.length).toBe(3);
  for (const stream of [1, 3, 5]) client.write(numberFrame(TYPE.rstStream, stream, ERROR.cancel));
  await expect.poll(() => calls).toEqual(Array.from({ length: 3 }, () => `${LATER} ${CODE.cancelled}`));
  client.write(headers(7, ECHO), data(7, hello));
  expect((await client.wait(TYPE.rstStream, 7))?.[0]?.payload.readUInt32BE(0)).toBe(ERROR.refusedStream);
  for (const answer of later) answer(Buffer.from("nobody hears it"));
  await new Promise((resolve) => setImmediate(resolve));
  client.write(headers(9, ECHO), data(9, hello));
  await demandEcho(client, 9);
});

test("an answer that comes before the request is whole asks the client to stop, and the rest means nothing", async () => {
  const client = await greeted();
  client.write(headers(1, "/test/None"));
  expect(fieldsOf((await client.wait(TYPE.headers, 1)) ?? [])).toMatchObject({ "grpc-status": "12" });
  expect((await client.wait(TYPE.rstStream, 1))?.[0]?.payload.readUInt32BE(0)).toBe(ERROR.noError);
  client.write(data(1, hello), numberFrame(TYPE.windowUpdate, 1, 1), numberFrame(TYPE.rstStream, 1, 0));
  client.write(headers(3, ECHO), data(3, hello));
  await demandEcho(client, 3);
});

test("a transport that closes lets calls end, takes no new ones, and hangs up", async () => {
  const client = await greeted();
  client.write(headers(1, LATER), data(1, hello));
  await expect.poll(() => later.length).toBe(1);
  const closed = transport.close(60_000);
  await client.wait(TYPE.goaway, 0);
  client.write(headers(3, ECHO), data(3, hello));
  expect((await client.wait(TYPE.rstStream, 3))?.[0]?.payload.readUInt32BE(0)).toBe(ERROR.refusedStream);
  later[0]?.(Buffer.from("hello"));
  await demandEcho(client, 1);
  expect(await client.farewell()).toBe("0 ");
  await closed;
});

const zeros = (length: number): Buffer => Buffer.alloc(length);

const wrongs: readonly (readonly [what: string, farewell: RegExp, ...frames: readonly Buffer[]])[] = [
  ["data on the connection", /^1 /, data(0, hello)],
  ["data on a stream that there is not", /^1 /, data(1, hello)],
  ["a stream with an even number", /^1 /, headers(2, ECHO)],
  ["headers within a stream", /^1 /, headers(1, FLOOD), headers(1, FLOOD)],
  ["a block that is interrupted", /^1 /, headers(1, ECHO, 0), data(1, hello)],
  ["a block without a beginning", /^1 /, frameOf(TYPE.continuation, FLAG.endHeaders, 1, zeros(1))],
  ["a block without an end", /^11 /, headers(1, ECHO, 0), ...Array.from({ length: 40 }, () => empty(1))],
  ["a block that means nothing", /^9 /, frameOf(TYPE.headers, FLAG.endHeaders, 1, Buffer.from([0xff, 0xff]))],
  ["padding without end", /^1 /, headers(1, ECHO), data(1, Buffer.from([9, 1, 2]), FLAG.padded)],
  ["a window that grows by nothing", /^1 /, numberFrame(TYPE.windowUpdate, 0, 0)],
  ["a window that is too large", /^3 /, numberFrame(TYPE.windowUpdate, 0, 2 ** 31 - 1)],
  ["a stream's window that is too large", /^3 /, headers(1, FLOOD), numberFrame(TYPE.windowUpdate, 1, 2 ** 31 - 1)],
  ["settings that make windows too large", /^3 /, settingsFrame([[SETTING.initialWindowSize, 2 ** 31]])],
  ["settings that are cut", /^6 /, frameOf(TYPE.settings, 0, 0, zeros(5))],
  ["settings of a stream", /^1 /, frameOf(TYPE.settings, 0, 1, zeros(6))],
  ["a ping of seven bytes", /^6 /, frameOf(TYPE.ping, 0, 0, zeros(7))],
  ["a reset of three bytes", /^6 /, headers(1, ECHO), frameOf(TYPE.rstStream, 0, 1, zeros(3))],
  ["a reset of a stream that there is not", /^1 /, numberFrame(TYPE.rstStream, 1, 0)],
  ["a promise", /^1 /, frameOf(TYPE.pushPromise, FLAG.endHeaders, 1, zeros(4))],
  ["data after the end", /^5 /, headers(1, LATER), data(1, hello), data(1, hello)],
  ["a frame that is too long", /^6 /, tooLong()],
];
for (const [what, farewell, ...frames] of wrongs) {
  test(`${what} ends the connection with the reason, and no other one`, async () => {
    const other = await greeted();
    const client = await greeted();
    client.write(...frames);
    expect(await client.farewell()).toMatch(farewell);
    other.write(headers(1, ECHO), data(1, hello));
    await demandEcho(other, 1);
  });
}

function empty(stream: number): Buffer {
  return frameOf(TYPE.continuation, 0, stream, zeros(0));
}

function tooLong(): Buffer {
  const head = zeros(9);
  writeHead(head, 0, 16_385, TYPE.data, 0, 1);
  return head;
}

test("what is not HTTP/2 is told so", async () => {
  const client = await RawClient.connect(port);
  clients.push(client);
  client.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  expect(await client.farewell()).toBe("1 this is not HTTP/2");
});

test("a stream that sends more than its window ends the connection", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("connection", (socket: Socket) => {
    new Connection(socket, {
      maxConcurrentStreams: 1,
      streamWindowBytes: 20_000,
      connectionWindowBytes: 100_000,
      headerBytesMax: 1_000,
      onStream: (stream) => {
        stream.pause();
      },
      onClose: () => undefined,
    });
  });
  const other = await RawClient.greet((server.address() as AddressInfo).port);
  clients.push(other);
  other.write(headers(1, ECHO), data(1, zeros(10_000), 0), data(1, zeros(10_000), 0), data(1, zeros(1), 0));
  expect(await other.farewell()).toBe("3 a stream has sent more than it may");
  server.close();
});

test("who makes the server answer and does not read the answers is not read from, until it reads", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection") as Promise<[Socket]>;
  const client = await RawClient.connect((server.address() as AddressInfo).port);
  clients.push(client);
  const [socket] = await connected;
  new Connection(socket, {
    maxConcurrentStreams: 1,
    streamWindowBytes: 65_535,
    connectionWindowBytes: 65_535,
    headerBytesMax: 1_000,
    onStream: () => undefined,
    onClose: () => undefined,
  });
  client.socket.pause();
  client.write(PREFACE);
  const many = Buffer.concat(Array.from({ length: 7_000 }, () => settingsFrame([])));
  while (!socket.isPaused()) {
    client.socket.write(many);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(socket.writableLength).toBeLessThan(4 * 1024 * 1024);
  client.socket.resume();
  await expect.poll(() => socket.isPaused(), { timeout: 30_000 }).toBe(false);
  client.close();
  server.close();
});

test("no frames at all harm anybody else", async () => {
  const frame = fc
    .tuple(
      fc.integer({ min: 0, max: 10 }),
      fc.nat(255),
      fc.integer({ min: 0, max: 4 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([type, flags, stream, payload]) => frameOf(type, flags, stream, payload));
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
      const client = await RawClient.greet(port);
      client.write(headers(1, ECHO), ...frames);
      client.socket.end();
      await client.farewell();
    }),
    { numRuns: 200 },
  );
  const client = await greeted();
  client.write(headers(1, ECHO), data(1, hello));
  await demandEcho(client, 1);
});
