import { once } from "node:events";
import { connect } from "node:http2";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FLAG, FrameCutter, PREFACE, TYPE, frameOf, settingsFrame } from "./framing.ts";
import { blockOf, HpackReader } from "./hpack.ts";
import { HpackError } from "./hpack-error.ts";
import { huffmanDecoded } from "./huffman.ts";

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

test("the requests of RFC 7541, appendix C.4, with Huffman's code and the dynamic table", () => {
  const reader = new HpackReader(1_000);
  const common = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ] as const;
  expect([...reader.read(hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))]).toEqual(common);
  const second = [...common, ["cache-control", "no-cache"]];
  expect([...reader.read(hex("8286 84be 5886 a8eb 1064 9cbf"))]).toEqual(second);
  expect([...reader.read(hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))]).toEqual([
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ]);
});

test("an entry that is pushed out of the table is no longer there, nor what a smaller table has no room for", () => {
  const reader = new HpackReader(100_000);
  const added = (name: string, value: string): Buffer => {
    const literal = blockOf([[name, value]]);
    literal[0] = 0x40;
    return literal;
  };
  reader.read(added("first", "x".repeat(2_000)));
  reader.read(added("second", "y".repeat(2_000)));
  expect([...reader.read(hex("bf be"))].map(([name]) => name)).toEqual(["first", "second"]);
  reader.read(added("third", "z"));
  expect([...reader.read(hex("be bf"))].map(([name]) => name)).toEqual(["third", "second"]);
  expect(() => reader.read(hex("c0"))).toThrow("there is no entry 64");
  // The table's size becomes 100.
  reader.read(hex("3f45"));
  expect([...reader.read(hex("be"))]).toEqual([["third", "z"]]);
  expect(() => reader.read(hex("bf"))).toThrow("there is no entry 63");
});

test("what is no block is told so", () => {
  const read = (text: string) => () => new HpackReader(100).read(hex(text));
  expect(read("80")).toThrow("there is no entry 0");
  expect(read("ffffffffff7f")).toThrow("an integer is too large");
  expect(read("ff")).toThrow("the block ends within a field");
  expect(read("000a6162")).toThrow("the block ends within a string");
  expect(read("8220")).toThrow("the table's size changes within a block");
  expect(read("3fe21f")).toThrow("the table is made larger than it may be");
  expect(read("828282")).toThrow("there are more headers than may be");
});

test("no bytes make the reader fail in another way", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
      const reader = new HpackReader(10_000);
      try {
        for (const block of blocks) reader.read(Buffer.from(block));
      } catch (error) {
        expect(error).toBeInstanceOf(HpackError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("a string in Huffman's code ends with the first bits of its end, and fewer than eight", () => {
  const decoded = (text: string) => {
    const bytes = hex(text);
    return huffmanDecoded(bytes, 0, bytes.length);
  };
  expect(decoded("1f")).toBe("a");
  expect(() => decoded("18")).toThrow("does not end");
  expect(() => decoded("1fff")).toThrow("does not end");
  expect(() => decoded("fffffffc")).toThrow("the mark of its end");
});

test("what is written is read again", () => {
  const text = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "content-type", "grpc-message"), text), (fields) => {
      const entries = Object.entries(fields);
      expect([...new HpackReader(100_000).read(blockOf(entries))]).toEqual(entries);
    }),
  );
});

test("every character that a header may have is read as node's own client writes it", async () => {
  const values = CHARACTERS.map((code) => `-${String.fromCharCode(code).repeat(8)}-`);
  const headers = await sentByNode(Object.fromEntries(values.map((value, at) => [`x-${at}`, value])));
  for (const [at, value] of values.entries()) expect(headers.get(`x-${at}`)).toBe(value);
});

const CHARACTERS = [
  9,
  ...Array.from({ length: 95 }, (_, at) => 32 + at),
  ...Array.from({ length: 128 }, (_, at) => 128 + at),
];

/** What a reader makes of the headers of a request of node's. */
async function sentByNode(headers: Record<string, string>): Promise<ReadonlyMap<string, string>> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`);
  client.on("error", () => undefined);
  const request = client.request({ ":path": "/", ...headers });
  request.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  try {
    socket.write(settingsFrame([]));
    socket.write(frameOf(TYPE.settings, FLAG.ack, 0, Buffer.alloc(0)));
    return await blockIn(socket);
  } finally {
    client.destroy();
    server.close();
  }
}

async function blockIn(socket: Socket): Promise<ReadonlyMap<string, string>> {
  const cutter = new FrameCutter();
  const pieces: Buffer[] = [];
  let isWhole = false;
  let left = PREFACE.length;
  for await (const piece of socket as AsyncIterable<Buffer>) {
    const skipped = Math.min(left, piece.length);
    left -= skipped;
    cutter.push(piece.subarray(skipped), ({ type, flags, payload }) => {
      if (type === TYPE.headers || type === TYPE.continuation) pieces.push(payload);
      isWhole ||= pieces.length > 0 && (flags & FLAG.endHeaders) !== 0;
      return !isWhole;
    });
    if (isWhole) break;
  }
  const headers = new HpackReader(1_000_000).read(Buffer.concat(pieces));
  return headers;
}
