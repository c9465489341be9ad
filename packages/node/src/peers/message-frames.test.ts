import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { frameOf } from "./frames.ts";
import { MessageFrames } from "./message-frames.ts";

const entry = { type: "command", term: 1, command: "c" };

function append(entries: readonly Plain[], extra: { readonly [field: string]: Plain } = {}): Plain {
  return { type: "appendEntries", term: 1, entries, ...extra };
}

test("what is said to one after the other is encoded once", () => {
  const frames = new MessageFrames(1_000);
  const first = frames.frameOf(append([entry, entry]));
  expect(frames.frameOf(append([entry, entry]))).toBe(first);
  expect(frames.frameOf(append([entry]))).not.toBe(first);
});

test("a frame that is long is not kept", () => {
  const frames = new MessageFrames(10);
  const message = append([entry]);
  expect(frames.frameOf(message)).not.toBe(frames.frameOf(message));
});

test("whatever came before, a message has its own frame", () => {
  const shared = [{ a: 1 }, [1], new Uint8Array([1])];
  const part = fc.oneof(fc.constantFrom<Plain>(null, 0, 1, "a", [], {}, ...shared), fc.constant<Plain>(shared));
  const list = fc.array(part, { maxLength: 3 });
  const message = fc.oneof(part, list, fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(part, list)));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
      const frames = new MessageFrames(1_000);
      for (const of of messages) expect(frames.frameOf(of)).toEqual(frameOf("message", of));
    }),
    { numRuns: 2_000 },
  );
});
