/** What somebody can do who may connect, and means no good. */

import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { encode } from "../codec.ts";
import { acquaint, closeAll, isConnected, openMember, until, warnings } from "./fixture.ts";
import type { Member } from "./fixture.ts";
import { frameOf, FrameReader, HEAD_BYTES } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { PREFACE } from "./words.ts";

const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await closeAll();
});

const MEMBER: Plain = { type: "member", clusterId: "c1", from: "b", to: "a", channel: "prompt" };
const STRANGER: Plain = { type: "stranger" };

function knock(to: Member): Socket {
  const socket = connect({ host: "127.0.0.1", port: to.port });
  socket.on("error", () => undefined);
  socket.resume();
  sockets.push(socket);
  return socket;
}

function greet(to: Member, hello: Plain): Socket {
  const socket = knock(to);
  socket.write(Buffer.concat([PREFACE, frameOf("hello", hello)]));
  return socket;
}

function closed(socket: Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.on("close", resolve));
}

async function expectWell(a: Member, c: Member): Promise<void> {
  expect(await c.peers.ask(a.id, "well?", 5_000)).toStrictEqual({ from: "c", question: "well?" });
}

async function openTwo(options: Parameters<typeof openMember>[1] = {}): Promise<readonly [Member, Member]> {
  const [a, b, c] = [await openMember("a", options), await openMember("b"), await openMember("c")];
  acquaint(a, c);
  a.peers.setPeer(b.id, [b.url]);
  await until(() => isConnected(c, a));
  return [a, c];
}

const bytes = fc.uint8Array({ maxLength: 300 });
const type = fc.constantFrom(
  "hello",
  "accept",
  "refuse",
  "message",
  "ask",
  "answer",
  "failure",
  "ping",
  "pong" as const,
);
const body: fc.Arbitrary<Plain> = fc.oneof(
  fc.constantFrom<Plain[]>(null, MEMBER, STRANGER, { number: 1, body: null }, { number: -1, body: 0 }, []),
  fc.string(),
);
/** What may stand in a stream: frames, frames with a byte changed, and anything. */
const piece = fc.oneof(
  bytes,
  fc.tuple(type, body).map(([some, value]) => frameOf(some, value)),
  fc.tuple(type, body, fc.nat(), fc.nat(255)).map(([some, value, at, byte]) => {
    const frame = frameOf(some, value);
    frame[at % frame.length] = byte;
    return frame;
  }),
);
const beginning = fc.constantFrom(
  Buffer.alloc(0),
  PREFACE,
  Buffer.concat([PREFACE, frameOf("hello", MEMBER)]),
  Buffer.concat([PREFACE, frameOf("hello", STRANGER)]),
);

test("whatever bytes come, in whatever pieces, nothing breaks and nothing stays", async () => {
  const [a, c] = await openTwo({ limits: { handshakeMs: 100, strangerMs: 100, missedPingsMax: 3 } });
  await fc.assert(
    fc.asyncProperty(beginning, fc.array(piece, { maxLength: 6 }), fc.nat(400), async (start, pieces, cut) => {
      const all = Buffer.concat([start, ...pieces]);
      const socket = knock(a);
      socket.write(all.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(all.subarray(cut));
      socket.end();
      await closed(socket);
    }),
    { numRuns: 300 },
  );
  await expectWell(a, c);
});

test("frames come out as they went in, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5_000 })),
      (bodies, cuts) => {
        const all = Buffer.concat(bodies.map((some) => frameOf("message", some)));
        const reader = new FrameReader();
        const frames: Frame[] = [];
        for (let at = 0; at < all.length;) {
          const end = at + (cuts.next().value ?? 1);
          for (const frame of reader.read(all.subarray(at, end), () => 10_000)) {
            frames.push({ type: frame.type, body: Buffer.from(frame.body) });
          }
          at = end;
        }
        expect(frames).toStrictEqual(bodies.map((some) => ({ type: "message", body: Buffer.from(encode(some)) })));
      },
    ),
  );
});

test.each([0, 10_001, 0xffff_ffff])(
  "a frame that says it has %d bytes is refused before any of it is kept",
  (length) => {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(length, 0);
    expect(() => [...new FrameReader().read(head, () => 10_000)]).toThrow("a frame of");
  },
);

test("a frame of which a bit has changed is refused", () => {
  const frame = frameOf("message", "some text");
  for (let at = 4; at < frame.length; at++) {
    const damaged = Buffer.from(frame);
    damaged[at] = (damaged[at] ?? 0) ^ 4;
    expect(() => [...new FrameReader().read(damaged, () => 10_000)]).toThrow("damaged");
  }
});

test.each<[string, Plain, Buffer, string]>([
  ["of no such type", MEMBER, Buffer.from([0, 0, 0, 1, 0xd2, 0x02, 0xef, 0x8d, 0]), "there is no frame of the type 0"],
  ["that is a second hello", MEMBER, frameOf("hello", MEMBER), "came the wrong way"],
  ["that is nested without end", MEMBER, deep(), "nested more than"],
  ["that is a question without a number", MEMBER, frameOf("ask", "?"), "does not hold what its type promises"],
  ["that is a message of a stranger", STRANGER, frameOf("message", 1), "somebody who is no member"],
  [
    "that is too long for a stranger",
    STRANGER,
    frameOf("ask", { number: 1, body: "x".repeat(70_000) }),
    "was announced",
  ],
])("a frame %s ends its connection, with a word about it", async (_, hello, frame, text) => {
  const [a, c] = await openTwo();
  const socket = greet(a, hello);
  socket.write(frame);
  await closed(socket);
  await until(() => warnings(a).some((line) => line.includes(text)));
  await expectWell(a, c);
});

/** A well made frame around a million arrays, each in the other: no encoder here would write that. */
function deep(): Buffer {
  const levels = Buffer.alloc(2_000_000, Buffer.from([8, 1]));
  const whole = frameOf("message", levels);
  // The body of this message is a byte string; the tag and the length before its bytes are left out below.
  const tagAndLength = whole.length - HEAD_BYTES - levels.length;
  return withBody(whole.subarray(HEAD_BYTES + tagAndLength), frameOf("message", null)[HEAD_BYTES - 1] ?? 0);
}

function withBody(nested: Buffer, typeByte: number): Buffer {
  const typed = Buffer.concat([Buffer.from([typeByte]), nested]);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(typed.length, 0);
  head.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([head, typed]);
}

test.each<[string, Buffer, string]>([
  ["speaks something else", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "does not speak Quorate's peer protocol"],
  ["speaks another version", Buffer.concat([PREFACE.subarray(0, 7), Buffer.from([9])]), "version mismatch"],
  ["has no hello", Buffer.concat([PREFACE, frameOf("message", 1)]), "and no hello"],
  ["has a strange hello", Buffer.concat([PREFACE, frameOf("hello", { type: "king" })]), "does not hold what its type"],
])("who %s is sent away", async (_, words, text) => {
  const [a, c] = await openTwo();
  const socket = knock(a);
  socket.write(words);
  await closed(socket);
  await until(() => warnings(a).some((line) => line.includes(text)));
  await expectWell(a, c);
});

test("who says hello byte by byte has no more time than others", async () => {
  const [a, c] = await openTwo({ limits: { handshakeMs: 100 } });
  const socket = knock(a);
  const words = Buffer.concat([PREFACE, frameOf("hello", MEMBER)]);
  let sent = 0;
  for (; sent < words.length && !socket.closed; sent++) {
    socket.write(words.subarray(sent, sent + 1));
    await sleep(10);
  }
  expect(sent).toBeLessThan(words.length);
  await until(() => warnings(a).some((line) => line.includes("no hello within 100 ms")));
  await expectWell(a, c);
});

test("there is room for so many strangers, and members come in all the same", async () => {
  const [a] = await openTwo({ limits: { strangersMax: 5, handshakeMs: 60_000 } });
  const crowd = Array.from({ length: 12 }, () => greet(a, STRANGER));
  await until(() => crowd.filter((socket) => socket.closed).length === 7);
  await until(() => warnings(a).some((line) => line.includes("too many connections")));
  for (const socket of crowd) socket.destroy();
  await until(() => crowd.every((socket) => socket.closed));
  await closed(knock(a).end());
  const d = await openMember("d");
  acquaint(a, d);
  await until(() => isConnected(d, a));
});

test("a member has one connection of each kind: the newest", async () => {
  const [a, c] = await openTwo();
  const first = greet(a, MEMBER);
  await new Promise((resolve) => first.once("data", resolve));
  const second = greet(a, MEMBER);
  await closed(first);
  expect(second.closed).toBe(false);
  await expectWell(a, c);
});

test("who asks and never reads the answers is not read from either", async () => {
  let asked = 0;
  const [a, c] = await openTwo({
    limits: { missedPingsMax: 3, asksMax: 5_000 },
    onAsk: (from, question) => {
      if (question === "well?") return Promise.resolve({ from, question });
      asked += 1;
      return Promise.resolve("x".repeat(100_000));
    },
  });
  const socket = greet(a, MEMBER);
  socket.pause();
  // Each comes with so much that one piece of the stream holds few of them.
  const body = "much".repeat(250);
  for (let number = 0; number < 3_000; number++) socket.write(frameOf("ask", { number, body }));
  await until(() => warnings(a).some((line) => line.includes("no word for")));
  // What the system takes in for a connection, and a few more.
  expect(asked).toBeLessThan(1_000);
  await expectWell(a, c);
});

test("too many questions at once are refused one by one", async () => {
  const [a, c] = await openTwo({ limits: { asksMax: 3 }, onAsk: () => new Promise(() => undefined) });
  const codes = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      c.peers.ask(a.id, index, 300).then(
        () => "answered",
        (error: unknown) => (error instanceof Error ? error.message : "?"),
      ),
    ),
  );
  expect(codes.filter((reason) => reason === "too many questions at once")).toHaveLength(2);
});
