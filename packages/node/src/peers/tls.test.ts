import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { makeCa, makePair, tlsOf } from "../security/fixture.ts";
import type { Pair } from "../security/fixture.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { acquaint, closeAll, isConnected, openMember, until, warnings } from "./fixture.ts";
import type { Member } from "./fixture.ts";

let ca: Pair;
let good: TlsIdentity;
beforeAll(async () => {
  ca = await makeCa();
  good = tlsOf(await makePair({ ca, name: "peer" }), ca);
});
afterEach(closeAll);

/** That `from` can't speak with `to`, and what each of them says about it. */
async function expectRefusal(
  from: Member,
  to: Member,
  code: string,
  said: string,
  heard: string | null,
): Promise<void> {
  await expect(from.peers.ask(to.id, 1, 10_000)).rejects.toMatchObject({ code });
  await until(() => warnings(from).some((line) => line.includes(said)));
  if (heard !== null) await until(() => warnings(to).some((line) => line.includes(heard)));
  expect(to.got).toHaveLength(0);
}

test("with certificates of one CA everything goes as without", async () => {
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: good })];
  acquaint(a, b);
  const chunk = new Uint8Array(2_000_000).fill(7);
  a.peers.send(b.id, "short");
  a.peers.send(b.id, chunk);
  await until(() => b.got.length === 2);
  expect(b.got.some(({ message }) => message instanceof Uint8Array && Buffer.compare(message, chunk) === 0)).toBe(true);
  expect(await a.peers.ask(b.id, 1, 5_000)).toStrictEqual({ from: "a", question: 1 });
  expect(await a.peers.ask({ urls: [b.url] }, 1, 5_000)).toStrictEqual({ from: null, question: 1 });
});

test("no certificate from a trusted CA, no connection, in either direction", async () => {
  const otherCa = await makeCa("Other CA");
  const a = await openMember("a", { tls: good });
  const stranger = await openMember("b", { tls: tlsOf(await makePair({ ca: otherCa }), otherCa) });
  acquaint(a, stranger);
  await expectRefusal(a, stranger, "unreachable", "certificate", null);
  // One that trusts everybody is not trusted for that.
  const careless = await openMember("c", { tls: tlsOf(await makePair({ ca: otherCa }), null, { isSelfSigned: true }) });
  acquaint(a, careless);
  await expect(careless.peers.ask(a.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  await until(() => warnings(a).some((line) => line.includes("TLS handshake failed")));
  expect(a.got).toHaveLength(0);
});

test("who shows no certificate is not let in", async () => {
  const a = await openMember("a", { tls: good });
  const socket = connect({ host: "127.0.0.1", port: a.port, ca: [ca.cert] });
  const error = new Promise((resolve) => socket.on("error", resolve));
  socket.on("data", () => undefined);
  expect(String(await error)).toContain("certificate required");
  await until(() => warnings(a).some((line) => line.includes("peer did not return a certificate")));
});

test("an expired certificate is named", async () => {
  const [notBefore, notAfter] = [new Date("2020-01-01"), new Date("2020-01-02")];
  const old = tlsOf(await makePair({ ca, notBefore, notAfter }), ca);
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: old })];
  acquaint(a, b);
  await expectRefusal(a, b, "unreachable", "certificate has expired", null);
  await expect(b.peers.ask(a.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  await until(() => warnings(a).some((line) => line.includes("TLS handshake failed")));
});

test("a certificate for another host is named", async () => {
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: good })];
  b.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(b.id, [b.url.replace("127.0.0.1", "127.0.0.2")]);
  await expect(a.peers.ask(b.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
});

test.each([
  ["common name", { allowedCommonName: "chief" }, { name: "chief" }, "has not the common name"],
  ["host name", { allowedHostname: "chief.test" }, { host: "chief.test" }, "is not for the host name"],
])("only an allowed %s is let in, where one is asked for", async (_, more, wishes, text) => {
  const a = await openMember("a", { tls: good });
  const b = await openMember("b", { tls: { ...good, ...more } });
  const chief = await openMember("c", { tls: tlsOf(await makePair({ ca, ...wishes }), ca) });
  acquaint(a, b, chief);
  await expectRefusal(a, b, "notAllowed", text, text);
  expect(await chief.peers.ask(b.id, 1, 5_000)).toStrictEqual({ from: "c", question: 1 });
});

test("renewed certificates are used from the next connection on", async () => {
  const otherCa = await makeCa("Other CA");
  const renewed = tlsOf(await makePair({ ca: otherCa }), otherCa);
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: renewed })];
  acquaint(a, b);
  await expect(a.peers.ask(b.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  a.peers.setTls(renewed);
  await until(() => isConnected(a, b) && isConnected(b, a));
});

test("plain text to a port of TLS, and the other way round, ends with a word about it", async () => {
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b")];
  b.peers.setPeer(a.id, [a.url.replace("https", "http")]);
  a.peers.setPeer(b.id, [b.url.replace("http", "https")]);
  await expect(b.peers.ask(a.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  await expect(a.peers.ask(b.id, 1, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  await until(() => warnings(a).some((line) => line.includes("TLS handshake failed")));
  await until(() => warnings(b).some((line) => line.includes("does not speak Quorate's peer protocol")));
});

test("without certificates of one's own, https is no address to connect to", async () => {
  const [a, b] = [await openMember("a"), await openMember("b", { tls: good })];
  acquaint(a, b);
  await expect(a.peers.ask(b.id, 1, 10_000)).rejects.toThrow("wants TLS, and this member was given no certificate");
});

test("who never shakes hands is sent away, and does not keep anything open", async () => {
  const a = await openMember("a", { tls: good, limits: { handshakeMs: 50 } });
  const socket = connectPlain({ host: "127.0.0.1", port: a.port });
  await new Promise((resolve) => socket.on("close", resolve).resume());
  await until(() => warnings(a).some((line) => line.includes("TLS handshake failed")));
});
