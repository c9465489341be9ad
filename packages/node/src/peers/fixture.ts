/** Members for tests, on the loopback interface. */

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeId } from "@quorate/core";
import type { NodeId, Plain } from "@quorate/core";
import type { TlsIdentity } from "../security/tls.ts";
import { openPeers } from "./index.ts";
import { frameOf } from "./frames.ts";
import type { Peers, PeersOptions } from "./index.ts";
import { PREFACE } from "./words.ts";

type Line = { readonly level: "debug" | "info" | "warn"; readonly details: object; readonly message: string };

export type Member = {
  readonly id: NodeId;
  readonly peers: Peers;
  readonly url: string;
  readonly port: number;
  readonly got: { readonly from: NodeId; readonly message: Plain }[];
  readonly changes: { readonly peer: NodeId; readonly isConnected: boolean }[];
  readonly lines: Line[];
};

const opened: Peers[] = [];
const impostors: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

/** Small times: what takes seconds in earnest takes tens of milliseconds here. */
const QUICK: NonNullable<PeersOptions["limits"]> = {
  handshakeMs: 1_000,
  pingMs: 20,
  missedPingsMax: 10,
  backoffMinMs: 5,
  backoffMaxMs: 40,
};

export type MemberOptions = Partial<Omit<PeersOptions, "listen">> & { readonly port?: number };

export async function openMember(name: string, options: MemberOptions = {}): Promise<Member> {
  const id = nodeId(name);
  const { port = 0, tls = null, limits } = options;
  const got: Member["got"][number][] = [];
  const changes: Member["changes"][number][] = [];
  const lines: Line[] = [];
  const keep = (level: Line["level"]) => (details: object, message: string) =>
    void lines.push({ level, details, message });
  const peers = await openPeers({
    self: id,
    clusterId: "c1",
    onMessage: (from, message) => void got.push({ from, message }),
    onAsk: (from, question) => Promise.resolve({ from, question }),
    onPeerChange: (peer, isConnected) => void changes.push({ peer, isConnected }),
    log: { debug: keep("debug"), info: keep("info"), warn: keep("warn") },
    ...options,
    tls,
    listen: [{ host: "127.0.0.1", port }],
    limits: { ...QUICK, ...limits },
  });
  opened.push(peers);
  const chosen = peers.addresses[0]?.port ?? 0;
  return { id, peers, url: urlOf(chosen, tls), port: chosen, got, changes, lines };
}

export function urlOf(port: number, tls: TlsIdentity | null = null): string {
  return `${tls === null ? "http" : "https"}://127.0.0.1:${port}`;
}

/** Each knows the other. */
export function acquaint(...members: readonly Member[]): void {
  for (const one of members) {
    for (const other of members) if (one !== other) one.peers.setPeer(other.id, [other.url]);
  }
}

/** Called after each test. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((peers) => peers.close()));
  for (const { server, sockets } of impostors.splice(0)) {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
}

/** Somebody who says `word` to whoever comes, and then does what the test wants. Gives its address. */
export async function openImpostor(
  greet: (socket: Socket) => void,
  word: Buffer | null = Buffer.concat([PREFACE, frameOf("accept", null)]),
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (word !== null) socket.write(word);
    greet(socket);
  });
  impostors.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens at no port.");
  return urlOf(address.port);
}

export function isConnected(member: Member, to: Member): boolean {
  return member.peers.status().some((status) => status.peer === to.id && status.isConnected);
}

/** The warnings of a member, each as one text. */
export function warnings({ lines }: Member): readonly string[] {
  return lines
    .filter(({ level }) => level === "warn")
    .map(({ details, message }) => `${message} ${JSON.stringify(details)}`);
}

/** Waits for a condition, and fails with its text if that does not come. */
export async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`It did not come to ${condition.toString()}`);
    await sleep(2);
  }
}
