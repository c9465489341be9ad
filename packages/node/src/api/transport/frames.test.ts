import fc from "fast-check";
import { expect, test } from "vitest";
import { timeoutMsOf } from "./deadline.ts";
import { FrameReader, framed } from "./frames.ts";
import { HpackReader } from "./h2/hpack.ts";
import { trailersOf } from "./wire.ts";

test("messages are found however their bytes arrive", () => {
  const message = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 30 })), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(framed));
      const reader = new FrameReader(40);
      const found: Buffer[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        if (at >= bytes.length) break;
        found.push(...reader.push(bytes.subarray(at, at + cut)));
        at += cut;
      }
      expect(found.map((its) => its.toString("hex"))).toEqual(messages.map((its) => Buffer.from(its).toString("hex")));
      expect(reader.isWithin).toBe(false);
    }),
  );
});

test("a message that is too large is refused before it has arrived, and so is a compressed one", () => {
  const head = framed(Buffer.alloc(41)).subarray(0, 5);
  expect(() => new FrameReader(40).push(head)).toThrow("grpc: received message larger than max (41 vs. 40)");
  expect(new FrameReader(41).push(head)).toEqual([]);
  expect(() => new FrameReader(40).push(Buffer.from([1, 0, 0, 0, 0]))).toThrow("compressed");
});

test("a timeout is never shorter than what the client asked for", () => {
  fc.assert(
    fc.property(fc.nat(99_999_999), fc.constantFrom("H", "M", "S", "m", "u", "n"), (count, unit) => {
      const ms = { H: 3.6e6, M: 6e4, S: 1e3, m: 1, u: 1e-3, n: 1e-6 }[unit];
      const timeout = timeoutMsOf(`${count}${unit}`);
      expect(timeout).toBeGreaterThanOrEqual(Math.min(2 ** 31 - 1, count * ms));
    }),
  );
  for (const header of [undefined, "", "1", "S", "-1S", "1.5S", "123456789S", "1x"])
    expect(timeoutMsOf(header)).toBe(null);
});

test("texts of statuses are ASCII on the wire", () => {
  const block = trailersOf({ code: 3, message: "100% größer\n" });
  expect([...new HpackReader(1_000).read(block)]).toEqual([
    ["grpc-status", "3"],
    ["grpc-message", "100%25 gr%C3%B6%C3%9Fer%0A"],
  ]);
});
