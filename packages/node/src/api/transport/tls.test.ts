/** The transport over TLS: who is let in. */

import { once } from "node:events";
import { connect } from "node:http2";
import { afterEach, beforeAll, expect, test } from "vitest";
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

const turnedAway: string[] = [];
afterEach(() => void turnedAway.splice(0));

function open(tls: Partial<TlsIdentity>): Promise<Transport> {
  return openHttp2({
    methods: new Map([["/test/Echo", { kind: "unary", call: (bytes) => Promise.resolve(bytes) }]]),
    listen: [{ host: "127.0.0.1", port: 0 }],
    tls: tlsOf(server, ca, { clientCertAuth: false, ...tls }),
    maxMessageBytes: 100,
    maxConcurrentStreams: 10,
    onCall: () => undefined,
    onTurnedAway: (address, reason) => void turnedAway.push(`${address} ${reason}`),
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
  const [notBefore, notAfter] = [new Date("2020-01-01"), new Date("2020-01-02")];
  expect(await echo(transport, await makePair({ name: "client", ca, notBefore, notAfter }))).toBe("refused");
  await transport.close(0);
  expect(turnedAway).toEqual([
    "127.0.0.1 a certificate is wanted here, and none was shown",
    expect.stringContaining("127.0.0.1 the certificate of CN=client is signed by nobody who is trusted here"),
    expect.stringContaining(
      "127.0.0.1 the certificate of CN=client has expired: it is valid from Jan  1 00:00:00 2020",
    ),
  ]);
});

test("renewed certificates are for connections to come, and those that are open stay", async () => {
  const transport = await open({ clientCertAuth: true });
  const [{ port } = { port: 0 }] = transport.addresses;
  const client = await makePair({ name: "client", ca });
  const before = connect(`https://127.0.0.1:${port}`, { ca: ca.cert, ...client });
  await once(before, "connect");
  const [otherCa, other] = await Promise.all([makeCa("Other CA"), makePair({ name: "server", ca })]);
  transport.setTls(tlsOf(other, otherCa));
  // Its CA is trusted no more.
  expect(await echo(transport, client)).toBe("refused");
  expect(await echo(transport, await makePair({ name: "client", ca: otherCa }))).toBe("echo");
  await new Promise((resolve, reject) => {
    before.ping((error) => (error === null ? resolve(null) : reject(error)));
  });
  before.destroy();
  await transport.close(0);
});

test("with a name that is allowed, those of that name", async () => {
  const transport = await open({ clientCertAuth: true, allowedCommonName: "client" });
  expect(await echo(transport, await makePair({ name: "client", ca }))).toBe("echo");
  expect(await echo(transport, await makePair({ name: "other", ca }))).toBe("refused");
  await transport.close(0);
});
