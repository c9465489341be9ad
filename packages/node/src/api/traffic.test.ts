import { expect, test } from "vitest";
import { counted } from "./traffic.ts";
import type { ServerStream } from "./transport/transport.ts";

const context = { metadata: () => undefined };

test("the messages of calls and of streams are counted both ways, and arrive as they were", async () => {
  const traffic = { received: 0, sent: 0 };
  const count = {
    onReceived: (bytes: number) => void (traffic.received += bytes),
    onSent: (bytes: number) => void (traffic.sent += bytes),
  };
  const [, unary] = counted(["/a", { kind: "unary", call: () => Promise.resolve(new Uint8Array(7)) }], count);
  expect(unary.kind === "unary" ? await unary.call(new Uint8Array(5), context) : null).toEqual(new Uint8Array(7));
  expect(traffic).toEqual({ received: 5, sent: 7 });

  const done: string[] = [];
  const stream: ServerStream = {
    send: (message) => done.push(`sent ${message.length}`) > 0,
    finish: ({ code }) => void done.push(`finished ${code}`),
  };
  const [, streaming] = counted(
    [
      "/b",
      {
        kind: "stream",
        open: (opened) => ({
          message: (bytes) => void opened.send(new Uint8Array(2 * bytes.length)),
          end: () => opened.finish({ code: 0, message: "" }),
          drained: () => void done.push("drained"),
          closed: () => void done.push("closed"),
        }),
      },
    ],
    count,
  );
  const handler = streaming.kind === "stream" ? streaming.open(stream, context) : null;
  await handler?.message(new Uint8Array(10));
  handler?.drained();
  handler?.end();
  handler?.closed();
  expect(done).toEqual(["sent 20", "drained", "finished 0", "closed"]);
  expect(traffic).toEqual({ received: 15, sent: 27 });
});
