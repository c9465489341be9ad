/** The transport over TLS: who is let in. */

import { once } from "node:events";
import { connect } from "node:http2";
import { beforeAll, expect, test } from "vitest";
import { tlsOf, makeCa, makePair } from "../../security/fixture.ts";
import type { Pair } from "../../security/fixture.ts";
import type { TlsIdentity } from "../../security/tls.ts";
import { framed } from "./frames.ts";
import { openHttp2 } from "./http2.ts";
import type { Transport } from "./transport.ts";

let ca: Pair;
let server: Pair;
beforeAll(async () => {
  ca = await makeCa();
  server = await makePair({ name: "server", ca });
});

function open(tls: Partial<TlsIdentity>): Promise<Transport> {
  return openHttp2({
    methods: new Map([["/test/Echo", { kind: "unary", call: (bytes) => Promise.resolve(bytes) }]]),
    listen: [{ host: "127.0.0.1", port: 0 }],
    tls: tlsOf(server, ca, { clientCertAuth: false, ...tls }),
    maxMessageBytes: 100,
    maxConcurrentStreams: 10,
    onCall: () => undefined,
  });
}

/** What the echo is, or that there is none. */
async function echo({ addresses }: Transport, client: Pair | null): Promise<string> {
  const [{ port } = { port: 0 }] = addresses;
  const session = connect(`https://127.0.0.1:${port}`, { ca: ca.cert, ...client });
  try {
    const failed = once(session, "close").then(() => "refused");
    session.on("error", () => undefined);
    const stream = session.request({
      ":method": "POST",
      ":path": "/test/Echo",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => undefined);
    stream.end(framed(Buffer.from("echo")));
    const data = once(stream, "data").then(
      ([piece]: Buffer[]) => piece?.subarray(5).toString() ?? "",
      () => "refused",
    );
    return await Promise.race([data, failed]);
  } finally {
    session.destroy();
  }
}

test("with a certificate of the server's own, anybody is let in", async () => {
  const transport = await open({});
  expect(await echo(transport, null)).toBe("echo");
  await transport.close(0);
});

test("with certificates both ways, those whom the CA has signed", async () => {
  const transport = await open({ clientCertAuth: true });
  expect(await echo(transport, await makePair({ name: "client", ca }))).toBe("echo");
  expect(await echo(transport, null)).toBe("refused");
  expect(await echo(transport, await makePair({ name: "client", ca: await makeCa("Another CA") }))).toBe("refused");
  await transport.close(0);
});

test("with a name that is allowed, those of that name", async () => {
  const transport = await open({ clientCertAuth: true, allowedCommonName: "client" });
  expect(await echo(transport, await makePair({ name: "client", ca }))).toBe("echo");
  expect(await echo(transport, await makePair({ name: "other", ca }))).toBe("refused");
  await transport.close(0);
});
