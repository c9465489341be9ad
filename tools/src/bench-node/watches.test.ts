/** What the benchmark counts of watches: every event, however the bytes come. */

import { loadDefinition } from "@quorate/node";
import { expect, test } from "vitest";
import { framed, Messages } from "./grpc.ts";
import { eventsIn } from "./requests.ts";

function response(keys: readonly string[]): Buffer {
  const events = keys.map((key) => ({ kv: { key: Buffer.from(key), value: Buffer.alloc(300, "v") } }));
  const message = { header: { revision: "7" }, watch_id: "1", events };
  const encoded = loadDefinition().Watch["Watch"]?.responseSerialize(message);
  if (encoded === undefined) throw new Error("The API has no Watch.");
  return encoded;
}

test("a response with the events of several revisions counts as so many", () => {
  expect(eventsIn(response([]))).toBe(0);
  expect(eventsIn(response(["a"]))).toBe(1);
  expect(eventsIn(response(["a", "b", "c"]))).toBe(3);
});

test("messages are the same in whatever pieces they come", () => {
  const sent = [response(["a"]), Buffer.alloc(0), response(["b", "c"])];
  const bytes = Buffer.concat(sent.map(framed));
  for (const size of [1, 2, 4, 5, 6, 300, bytes.length]) {
    const messages = new Messages();
    const taken: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) taken.push(...messages.take(bytes.subarray(at, at + size)));
    expect(taken).toEqual(sent);
  }
});
