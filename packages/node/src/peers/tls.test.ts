import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import { afterEach, beforeAll, expect, test } from "vitest";
import { makeCa, makePair, tlsOf } from "../security/fixture.ts";
import type { Pair } from "../security/fixture.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { frameOf } from "./frames.ts";
import { PREFACE, refusal } from "./words.ts";
import { acquaint, closeAll, isConnected, openImpostor, openMember, until, warnings } from "./fixture.ts";
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
  await expectRefusal(
    careless,
    a,
    "notAllowed",
    "is signed by nobody who is trusted here",
    "CN=member is signed by nobody",
  );
});

test("who shows no certificate is not let in, whatever it says", async () => {
  const a = await openMember("a", { tls: good });
  const b = await openMember("b", { tls: good });
  acquaint(a, b);
  await until(() => isConnected(b, a));
  const socket = connect({ host: "127.0.0.1", port: a.port, ca: [ca.cert] });
  const hello = { type: "member", clusterId: "c1", from: "b", to: "a", channel: "prompt" };
  socket.write(Buffer.concat([PREFACE, frameOf("hello", hello), frameOf("message", "forged")]));
  let answer = "";
  socket.on("data", (piece: Buffer) => (answer += piece.toString("latin1")));
  await new Promise((resolve) => socket.on("close", resolve));
  expect(answer).toContain("a certificate is wanted here, and none was shown");
  expect(warnings(a)).toEqual([expect.stringContaining("a certificate is wanted here, and none was shown")]);
  expect(a.got).toEqual([]);
});

test("an expired certificate is named with its times, on both sides", async () => {
  const [notBefore, notAfter] = [new Date("2020-01-01"), new Date("2020-01-02")];
  const old = tlsOf(await makePair({ ca, name: "old", notBefore, notAfter }), ca);
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: old })];
  acquaint(a, b);
  await expectRefusal(a, b, "unreachable", "the certificate there has expired: it needs a new one", null);
  const text = "the certificate of CN=old has expired: it is valid from Jan  1 00:00:00 2020 GMT to Jan  2";
  await expectRefusal(b, a, "notAllowed", text, text);
});

test("whose certificate is not for the address of the member that it claims to be is not let in", async () => {
  // All three listen at 127.0.0.1; only those addresses of theirs that the others know are by name.
  const named = tlsOf(await makePair({ ca, onlyHost: "localhost" }), ca);
  const a = await openMember("a", { tls: good });
  const b = await openMember("b", { tls: named });
  b.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(b.id, [b.url]);
  const text = "b is claimed, but the certificate is for DNS:localhost, and this member is at 127.0.0.1";
  await expectRefusal(b, a, "notAllowed", text, text);
  await expectRefusal(a, b, "unreachable", "IP: 127.0.0.1 is not in the cert's list", null);
  // One of several addresses is enough.
  a.peers.setPeer(b.id, [b.url, b.url.replace("127.0.0.1", "localhost")]);
  expect(await b.peers.ask({ urls: [a.url] }, 1, 5_000)).toStrictEqual({ from: null, question: 1 });
  await until(() => isConnected(a, b) && isConnected(b, a));
  // Under the other one's name nothing changes: that member is where the certificate is for.
  const c = await openMember("c", { tls: named });
  c.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(c.id, ["https://c.test:1"]);
  await expectRefusal(c, a, "notAllowed", "c is claimed", "this member is at c.test");
});

test("who listens in plain text where TLS is wanted can't say that a member was removed", async () => {
  const told: NodeId[] = [];
  const onRemoved = (by: NodeId) => void told.push(by);
  const word = refusal({
    code: "removed",
    reason: "gone",
    removal: { clusterId: "c1", member: nodeId("a"), applied: 9 },
  });
  const url = await openImpostor((socket) => socket.end(), word);
  const [a, plain] = [await openMember("a", { tls: good, onRemoved }), await openMember("a", { onRemoved })];
  for (const { peers } of [a, plain]) peers.setPeer(nodeId("b"), [url]);
  await expect(a.peers.ask(nodeId("b"), 1, 10_000)).rejects.toMatchObject({ code: "removed" });
  expect(told).toEqual([]);
  await expect(plain.peers.ask(nodeId("b"), 1, 10_000)).rejects.toMatchObject({ code: "removed" });
  expect(new Set(told)).toEqual(new Set(["b"]));
});

test("a wildcard is for the hosts below its domain", async () => {
  const wild = tlsOf(await makePair({ ca, onlyHost: "*.members.test" }), ca);
  const a = await openMember("a", { tls: good });
  const b = await openMember("b", { tls: wild });
  b.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(b.id, ["https://b.elsewhere.test:1"]);
  await expectRefusal(b, a, "notAllowed", "b is claimed", "DNS:*.members.test, and this member is at b.elsewhere.test");
  a.peers.setPeer(b.id, ["https://b.members.test:1"]);
  await until(() => isConnected(b, a));
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
  // Nor does the other side speak to somebody else.
  await expectRefusal(b, a, "notAllowed", text, null);
  expect(await chief.peers.ask(b.id, 1, 5_000)).toStrictEqual({ from: "c", question: 1 });
});

test("with an allowed name, the address of the member no longer matters", async () => {
  const allowed = { allowedCommonName: "member" };
  const a = await openMember("a", { tls: tlsOf(await makePair({ ca }), ca, allowed) });
  const b = await openMember("b", { tls: tlsOf(await makePair({ ca, onlyHost: "localhost" }), ca, allowed) });
  b.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(b.id, ["https://b.test:1"]);
  await until(() => isConnected(b, a));
});

test("renewed certificates are used from the next connection on, and those that are open stay", async () => {
  const renewed = tlsOf(await makePair({ ca, name: "renewed" }), ca);
  const [a, b] = [await openMember("a", { tls: good }), await openMember("b", { tls: good })];
  acquaint(a, b);
  await until(() => isConnected(a, b) && isConnected(b, a));
  a.peers.setTls(renewed);
  const socket = connect({ host: "127.0.0.1", port: a.port, ca: [ca.cert], cert: good.cert, key: good.key });
  await new Promise((resolve) => socket.on("secureConnect", resolve));
  expect(socket.getPeerX509Certificate()?.subject).toBe("CN=renewed");
  socket.destroy();
  expect(await b.peers.ask(a.id, 1, 5_000)).toStrictEqual({ from: "b", question: 1 });
  for (const { changes } of [a, b]) expect(changes.filter((change) => !change.isConnected)).toEqual([]);
});

test("renewed certificates end that two don't trust one another", async () => {
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
