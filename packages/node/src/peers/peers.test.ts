import { connect } from "node:net";
import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import { afterEach, expect, test } from "vitest";
import { acquaint, closeAll, isConnected, openImpostor, openMember, until, urlOf, warnings } from "./fixture.ts";
import { frameOf } from "./frames.ts";
import { askAt } from "./index.ts";
import { PREFACE, refusal } from "./words.ts";

afterEach(closeAll);

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

test("messages arrive as they were, in the order of one connection", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  const messages = Array.from({ length: 500 }, (_, index) => ({
    index,
    text: "\ud800\xff",
    bytes: new Uint8Array(index),
  }));
  for (const message of messages) expect(a.peers.send(b.id, message)).toBe(true);
  expect(b.peers.send(a.id, null)).toBe(true);
  await until(() => b.got.length === 500 && a.got.length === 1);
  expect(b.got).toStrictEqual(messages.map((message) => ({ from: a.id, message })));
});

test("a large message goes another way than small ones, and arrives whole", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  await until(() => isConnected(a, b));
  const chunk = new Uint8Array(3_000_000).map((_, index) => index % 251);
  a.peers.send(b.id, { chunk });
  a.peers.send(b.id, "heartbeat");
  await until(() => b.got.length === 2);
  // The small one need not wait for the connection that the large one goes by.
  expect(b.got[0]?.message).toBe("heartbeat");
  expect(Buffer.compare(Buffer.from(chunk), bytesIn(b.got[1]?.message))).toBe(0);
});

function bytesIn(message: unknown): Buffer {
  if (typeof message === "object" && message !== null && "chunk" in message && message.chunk instanceof Uint8Array) {
    return Buffer.from(message.chunk);
  }
  throw new Error("no chunk");
}

test("to an unknown peer nothing is sent", async () => {
  const a = await openMember("a");
  expect(a.peers.send(nodeId("nobody"), 1)).toBe(false);
  await expect(a.peers.ask(nodeId("nobody"), 1, 100)).rejects.toMatchObject({ code: "unknownPeer" });
});

test("questions are answered, to members by name and to others without", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  expect(await a.peers.ask(b.id, { q: 1 }, 5_000)).toStrictEqual({ from: "a", question: { q: 1 } });
  expect(await a.peers.ask({ urls: [b.url] }, "who?", 5_000)).toStrictEqual({ from: null, question: "who?" });
  const joining = { urls: [urlOf(1), b.url], tls: null, log: quiet };
  expect(await askAt(joining, "who?", 5_000)).toStrictEqual({ from: null, question: "who?" });
});

test("many questions at once get each its own answer", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  const large = "x".repeat(100_000);
  const questions = Array.from({ length: 200 }, (_, index) => (index % 50 === 0 ? `${large}${index}` : index));
  const answers = await Promise.all(questions.map((question) => a.peers.ask(b.id, question, 10_000)));
  expect(answers).toStrictEqual(questions.map((question) => ({ from: "a", question })));
});

test("a refusal says why", async () => {
  const a = await openMember("a");
  const b = await openMember("b", { onAsk: () => Promise.reject(new Error("this member does not lead")) });
  acquaint(a, b);
  await expect(a.peers.ask(b.id, 1, 5_000)).rejects.toMatchObject({
    code: "refused",
    message: "this member does not lead",
  });
});

test("what is no answer within the time is a timeout, and a late answer disturbs nothing", async () => {
  const late: (() => void)[] = [];
  const a = await openMember("a");
  const b = await openMember("b", {
    onAsk: (_, question) =>
      question === "quick" ? Promise.resolve("quick") : new Promise((resolve) => late.push(() => resolve("late"))),
  });
  acquaint(a, b);
  await expect(a.peers.ask(b.id, "slow", 100)).rejects.toMatchObject({ code: "timeout" });
  for (const answer of late) answer();
  expect(late).toHaveLength(1);
  expect(await a.peers.ask(b.id, "quick", 5_000)).toBe("quick");
});

test("a question whose connection breaks is closed, and one that never left is unreachable", async () => {
  let isAsked = false;
  const [a, b] = [
    await openMember("a"),
    await openMember("b", {
      onAsk: () => {
        isAsked = true;
        return new Promise(() => undefined);
      },
    }),
  ];
  acquaint(a, b);
  const asked = a.peers.ask(b.id, 1, 10_000);
  const rejected = expect(asked).rejects.toMatchObject({ code: "closed" });
  await until(() => isAsked);
  await b.peers.close();
  await rejected;
  await expect(a.peers.ask(b.id, 2, 10_000)).rejects.toMatchObject({ code: "unreachable" });
  await expect(a.peers.ask({ urls: [b.url] }, 2, 10_000)).rejects.toMatchObject({ code: "unreachable" });
});

test("a peer that comes back is connected again, and its absence is logged once", async () => {
  const a = await openMember("a");
  const b = await openMember("b");
  acquaint(a, b);
  await until(() => isConnected(a, b));
  await b.peers.close();
  await until(() => !isConnected(a, b) && warnings(a).some((line) => line.includes("ECONNREFUSED")));
  const before = a.peers.status()[0]?.droppedMessages ?? 0;
  await until(() => {
    // Whatever waits for an attempt that fails is let go.
    a.peers.send(b.id, "stale");
    return (a.peers.status()[0]?.droppedMessages ?? 0) > before + 3;
  });
  expect(warnings(a).filter((line) => line.includes("ECONNREFUSED"))).toHaveLength(1);
  const again = await openMember("b", { port: b.port });
  acquaint(a, again);
  await until(() => isConnected(a, again) && isConnected(again, a));
  a.peers.send(b.id, "fresh");
  await until(() => again.got.some(({ message }) => message === "fresh"));
  expect(a.changes.filter(({ isConnected: is }) => is)).toHaveLength(2);
});

test("addresses are tried in turn, and may change", async () => {
  const [a, b, c] = [await openMember("a"), await openMember("b"), await openMember("b")];
  b.peers.setPeer(a.id, [a.url]);
  c.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(b.id, [urlOf(1), "nonsense", b.url]);
  await until(() => isConnected(a, b));
  expect(warnings(a).some((line) => line.includes("is no address of a peer"))).toBe(true);
  a.peers.setPeer(b.id, [c.url]);
  await until(() => isConnected(a, c));
  a.peers.send(b.id, 1);
  await until(() => c.got.length === 1);
  expect(b.got).toHaveLength(0);
});

test("a member that was removed is told so when it connects, and one that is not known is not", async () => {
  const told: string[] = [];
  const onRemoved = (by: NodeId, applied: number) => void told.push(`${by} ${applied}`);
  const a = await openMember("a", { removedBy: (node) => (node === "b" ? 42 : null) });
  const b = await openMember("b", { onRemoved });
  const c = await openMember("c", { onRemoved });
  for (const member of [b, c]) member.peers.setPeer(a.id, [a.url]);
  await expect(b.peers.ask(a.id, 1, 5_000)).rejects.toMatchObject({
    code: "removed",
    message: expect.stringContaining("turned away: b was removed from the cluster"),
  });
  await expect(c.peers.ask(a.id, 1, 5_000)).rejects.toMatchObject({ code: "notMember" });
  expect(new Set(told)).toEqual(new Set(["a 42"]));
  expect(warnings(a).some((line) => line.includes("b was removed from the cluster"))).toBe(true);
});

test.each([
  ["another cluster", { clusterId: "c2", member: nodeId("a"), applied: 42 }],
  ["another member", { clusterId: "c1", member: nodeId("b"), applied: 42 }],
])("what is said of %s is no word of this member's", async (_, removal) => {
  const told: NodeId[] = [];
  const a = await openMember("a", { onRemoved: (by) => void told.push(by) });
  const url = await openImpostor((socket) => socket.end(refusal({ code: "removed", reason: "gone", removal })), null);
  a.peers.setPeer(nodeId("b"), [url]);
  await expect(a.peers.ask(nodeId("b"), 1, 5_000)).rejects.toMatchObject({ code: "removed" });
  expect(told).toEqual([]);
});

test("a peer that is removed is neither sent to nor heard, and can be added again", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  await until(() => isConnected(a, b) && isConnected(b, a));
  a.peers.removePeer(b.id);
  expect(a.peers.send(b.id, 1)).toBe(false);
  await until(() => warnings(b).some((line) => line.includes("is not known as a member here")));
  expect(isConnected(b, a)).toBe(false);
  a.peers.setPeer(b.id, [b.url]);
  await until(() => isConnected(a, b) && isConnected(b, a));
});

test.each([
  ["cluster", { clusterId: "c2" }, "b", "clusterMismatch", "cluster id mismatch"],
  ["member", {}, "c", "wrongMember", "this is the member c, and not b"],
])("the wrong %s is refused on both sides, and logged once", async (_, options, name, code, text) => {
  const a = await openMember("a");
  const b = await openMember(name, options);
  b.peers.setPeer(a.id, [a.url]);
  a.peers.setPeer(nodeId("b"), [b.url]);
  await expect(a.peers.ask(nodeId("b"), 1, 10_000)).rejects.toMatchObject({ code });
  await until(() => {
    a.peers.send(nodeId("b"), 1);
    return (a.peers.status()[0]?.droppedMessages ?? 0) > 3;
  });
  for (const member of [a, b]) {
    // Two lines at most: one as the side that connects, one as the side that listens.
    const about = warnings(member).filter((line) => line.includes(text));
    expect(about.length).toBeGreaterThan(0);
    expect(new Set(about.map((line) => line.slice(0, 20))).size).toBe(about.length);
  }
  expect(b.got).toHaveLength(0);
});

test("a full queue drops what is newest, and others flow", async () => {
  const limits = { queueMax: 200_000, pingMs: 1_000 };
  const a = await openMember("a", { limits });
  const [b, c] = [await openMember("b"), await openMember("c")];
  // A peer that says the right words, and then takes nothing.
  const stuck = await openImpostor((socket) => socket.pause());
  acquaint(a, b, c);
  const d = nodeId("d");
  a.peers.setPeer(d, [stuck]);
  await until(() => a.peers.status().every((status) => status.isConnected));
  let refused = 0;
  for (let i = 0; i < 5_000; i++) {
    if (!a.peers.send(d, "x".repeat(10_000))) refused += 1;
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const status = a.peers.status().find(({ peer }) => peer === d);
  expect(refused).toBeGreaterThan(0);
  expect(status?.droppedMessages).toBe(refused);
  expect(status?.queuedBytes).toBeLessThanOrEqual(limits.queueMax);
  for (const other of [b, c]) expect(a.peers.send(other.id, "flows")).toBe(true);
  await until(() => b.got.length === 1 && c.got.length === 1);
});

test("a peer that is silent is given up, on both sides", async () => {
  const silent = await openImpostor((socket) => socket.resume());
  const a = await openMember("a", { limits: { missedPingsMax: 3, pingMs: 10 } });
  a.peers.setPeer(nodeId("b"), [silent]);
  await until(() => warnings(a).some((line) => line.includes("no word for 3 pings")));
  const socket = connect({ host: "127.0.0.1", port: a.port });
  const hello = { type: "member", clusterId: "c1", from: "b", to: "a", channel: "prompt" };
  socket.write(Buffer.concat([PREFACE, frameOf("hello", hello)]));
  await new Promise((resolve) => socket.on("close", resolve).resume());
  expect(warnings(a).some((line) => line.includes("no word for 4 pings"))).toBe(true);
});

test("the round trip is measured, and bytes are counted", async () => {
  const [a, b] = [await openMember("a"), await openMember("b")];
  acquaint(a, b);
  await until(() => a.peers.status()[0]?.rttMs !== null);
  a.peers.send(b.id, "x".repeat(10_000));
  await until(() => b.got.length === 1);
  const status = a.peers.status()[0];
  expect(status?.sentBytes).toBeGreaterThan(10_000);
  expect(status?.receivedBytes).toBeGreaterThan(0);
  expect(status?.rttMs).toBeLessThan(5_000);
});

test("a message or question that is too long stays here", async () => {
  const [a, b] = [await openMember("a", { limits: { frameMax: 10_000 } }), await openMember("b")];
  acquaint(a, b);
  await until(() => isConnected(a, b));
  expect(a.peers.send(b.id, "x".repeat(10_000))).toBe(false);
  await expect(a.peers.ask(b.id, "x".repeat(10_000), 1_000)).rejects.toMatchObject({ code: "tooLarge" });
  expect(await a.peers.ask(b.id, 1, 5_000)).toStrictEqual({ from: "a", question: 1 });
});

test("an answer that is too long is a refusal", async () => {
  const a = await openMember("a");
  const b = await openMember("b", {
    limits: { frameMax: 10_000 },
    onAsk: () => Promise.resolve("x".repeat(10_000)),
  });
  acquaint(a, b);
  await expect(a.peers.ask(b.id, 1, 5_000)).rejects.toMatchObject({ code: "refused" });
});

test("an address that is in use is named", async () => {
  const a = await openMember("a");
  await expect(openMember("b", { port: a.port })).rejects.toThrow(`127.0.0.1:${a.port}: listen EADDRINUSE`);
});

test("after closing nothing is left open, and nothing is asked or sent", async () => {
  const [a, b] = [await openMember("a"), await openMember("b", { onAsk: () => new Promise(() => undefined) })];
  acquaint(a, b);
  await until(() => isConnected(a, b) && isConnected(b, a));
  const pending = [a.peers.ask(b.id, 1, 60_000), a.peers.ask({ urls: [b.url] }, 1, 60_000)].map((asked) =>
    expect(asked).rejects.toMatchObject({ code: "stopped" }),
  );
  await a.peers.close();
  await Promise.all(pending);
  await b.peers.close();
  await expect(a.peers.ask(b.id, 1, 100)).rejects.toMatchObject({ code: "stopped" });
  expect(a.peers.send(b.id, 1)).toBe(false);
  await until(() => !process.getActiveResourcesInfo().some((name) => name.startsWith("TCP")));
});
