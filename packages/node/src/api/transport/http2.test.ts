/** The transport against clients that are no gRPC clients, or bad ones: each hears what is wrong, and harms nobody else. */

import { once } from "node:events";
import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serve } from "../testing/serve.ts";
import type { Served } from "../testing/serve.ts";
import { framed } from "./frames.ts";

let served: Served;
let session: ClientHttp2Session;
beforeEach(async () => {
  served = await serve({ maxRequestBytes: 1_000 });
  session = connect(`http://${served.address}`);
  session.on("error", () => undefined);
});
afterEach(async () => {
  session.destroy();
  await served.close();
  expect(served.faults).toEqual([]);
});

function open(path: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => undefined);
  return stream;
}

/** The status of gRPC's and its text, or that of HTTP's. */
async function statusAfter(stream: ClientHttp2Stream, bytes: Uint8Array | null): Promise<string> {
  let trailers: IncomingHttpHeaders = {};
  stream.on("trailers", (its: IncomingHttpHeaders) => (trailers = its));
  stream.resume();
  if (bytes === null) stream.end();
  else stream.end(bytes);
  const [headers]: IncomingHttpHeaders[] = await once(stream, "response");
  if (!stream.closed) await once(stream, "close");
  const { "grpc-status": code, "grpc-message": message } = { ...headers, ...trailers };
  return code === undefined
    ? `HTTP ${String(headers?.[":status"])}`
    : `${String(code)} ${String(message ?? "")}`.trim();
}

const range = "/etcdserverpb.KV/Range";
/** `key: "a"` */
const request = Buffer.from([0x0a, 1, 0x61]);

test("a call of gRPC's is answered", async () => {
  expect(await statusAfter(open(range), framed(request))).toBe("0");
});

test("what is no call is refused by HTTP's own means", async () => {
  expect(await statusAfter(open(range, { ":method": "GET" }), null)).toBe("HTTP 405");
  expect(await statusAfter(open(range, { "content-type": "application/json" }), Buffer.from("{}"))).toBe("HTTP 415");
});

test("methods that there are not", async () => {
  expect(await statusAfter(open("/etcdserverpb.KV/Guess"), framed(request))).toBe(
    "12 unknown method Guess for service etcdserverpb.KV",
  );
  expect(await statusAfter(open("/"), framed(request))).toBe('12 malformed method name: "/"');
});

test("bytes that are no request", async () => {
  expect(await statusAfter(open(range), null)).toBe("13 grpc: the request has no message");
  expect(await statusAfter(open(range), framed(request).subarray(0, 6))).toBe("13 grpc: the request has no message");
  expect(await statusAfter(open(range), framed(Buffer.from([0x0a, 200, 0x61])))).toMatch(
    /^13 grpc: error unmarshalling request: /,
  );
  expect(await statusAfter(open(range), Buffer.from([1, 0, 0, 0, 0]))).toMatch(/^12 grpc: compressed/);
  expect(await statusAfter(open(range), Buffer.from([0, 255, 255, 255, 255]))).toBe(
    "8 grpc: received message larger than max (4294967295 vs. 525288)",
  );
  expect(await statusAfter(open("/etcdserverpb.Watch/Watch"), Buffer.from([0, 0, 0]))).toBe(
    "13 grpc: the stream ended within a message",
  );
});

test("transactions within transactions beyond any number are refused, and nothing breaks", async () => {
  let txn: Buffer = Buffer.alloc(0);
  const field = (number: number, bytes: Buffer): Buffer => {
    const length: number[] = [];
    for (let rest = bytes.length; ; rest >>>= 7) {
      if (rest < 128) {
        length.push(rest);
        break;
      }
      length.push((rest & 127) | 128);
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
  };
  for (let depth = 0; depth < 20_000; depth++) txn = field(2, field(4, txn));
  expect(await statusAfter(open("/etcdserverpb.KV/Txn"), framed(txn))).toMatch(/^(3|8|13) /);
  expect(await statusAfter(open(range), framed(request))).toBe("0");
});

test("a connection that breaks ends its calls, and no other's", async () => {
  const stream = open("/etcdserverpb.Watch/Watch");
  stream.write(framed(Buffer.from([0x0a, 3, 0x0a, 1, 0x61])));
  await once(stream, "data");
  session.destroy();
  await expect.poll(() => served.calls).toEqual(["Watch/Watch CANCELLED"]);
  session = connect(`http://${served.address}`);
  expect(await statusAfter(open(range), framed(request))).toBe("0");
});

test("who pings without pause is sent away", async () => {
  await once(session, "connect");
  const gone = once(session, "goaway");
  for (let n = 0; n < 10; n++) session.ping(() => undefined);
  expect((await gone)[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
});

test("an address that is taken is an error, and nothing is left listening", async () => {
  const port = Number(served.address.split(":")[1]);
  await expect(serve({}, undefined, port)).rejects.toThrow("EADDRINUSE");
});
