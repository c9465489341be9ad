/**
 * The transport between members. Each connects to each other one, and sends over the connections that it has made itself:
 * one for what is short, so that heartbeats don't wait, and one for what is long. README.md has the frames.
 */

import type { NodeId, Plain } from "@quorate/core";
import type { TlsIdentity } from "../security/tls.ts";
import { Channel } from "./channel.ts";
import { frameOf } from "./frames.ts";
import { MessageFrames } from "./message-frames.ts";
import { Listener } from "./listener.ts";
import { PeerError, peerLimits } from "./types.ts";
import type { PeerLimits, PeerLog, Peers, PeersOptions } from "./types.ts";
import type { ChannelName } from "./words.ts";

export { Complaints } from "./complaints.ts";
export { PeerError, peerLimits } from "./types.ts";
export type { PeerAddress, PeerLog, Peers, PeersOptions, PeerStatus } from "./types.ts";

type Peer = { readonly urls: readonly string[]; readonly prompt: Channel; readonly bulk: Channel };

/** @throws Error (by rejection) if an address can't be listened at */
export async function openPeers(options: PeersOptions): Promise<Peers> {
  const limits: PeerLimits = { ...peerLimits, ...options.limits };
  const { self, clusterId, log } = options;
  const peers = new Map<NodeId, Peer>();
  const stopped = new AbortController();
  let tls = options.tls;
  let questions = 0;
  let isClosed = false;
  const listener = new Listener(options, limits, (node) => peers.get(node)?.urls ?? null);
  const addresses = await listener.open();

  const channelTo = (peer: NodeId, urls: readonly string[], channel: ChannelName): Channel =>
    new Channel({
      hello: { type: "member", clusterId, from: self, to: peer, channel },
      urls,
      tls: () => tls,
      limits,
      log,
      onChange(isConnected) {
        if (channel === "prompt") options.onPeerChange?.(peer, isConnected);
      },
      onRemoved(removal) {
        const isMeant = removal.clusterId === clusterId && removal.member === self;
        if (isMeant) options.onRemoved?.(peer, removal.applied);
      },
    });

  const messages = new MessageFrames(limits.bulkMin);

  const removePeer = (peer: NodeId): void => {
    const channels = peers.get(peer);
    peers.delete(peer);
    channels?.prompt.close(`${peer} was removed`);
    channels?.bulk.close(`${peer} was removed`);
    listener.drop(peer);
  };

  return {
    addresses,

    setPeer(peer, urls) {
      const known = peers.get(peer);
      if (isClosed || (known !== undefined && isSameList(known.urls, urls))) return;
      // What others have connected stays: it is the same member, at another address.
      known?.prompt.close(`${peer} has other addresses now`);
      known?.bulk.close(`${peer} has other addresses now`);
      const prompt = channelTo(peer, urls, "prompt");
      peers.set(peer, { urls, prompt, bulk: channelTo(peer, urls, "bulk") });
      prompt.start();
    },

    removePeer,

    send(to, message) {
      const channels = peers.get(to);
      if (channels === undefined) return false;
      const frame = messages.frameOf(message);
      if (frame.length > limits.frameMax) {
        log.warn({ peer: to, bytes: frame.length }, "a message is longer than a frame may be, and was dropped");
        return false;
      }
      return channelFor(channels, frame, limits).send(frame);
    },

    async ask(to, question, timeoutMs) {
      if (isClosed) throw new PeerError("stopped", "these peers were closed");
      if (typeof to !== "string") {
        return await askAt({ urls: to.urls, tls, limits, log, stop: stopped.signal }, question, timeoutMs);
      }
      const channels = peers.get(to);
      if (channels === undefined) throw new PeerError("unknownPeer", `no address of ${to} is known here`);
      const number = (questions += 1);
      const frame = questionFrame(number, question, limits.frameMax);
      return await channelFor(channels, frame, limits).ask(number, frame, timeoutMs);
    },

    status() {
      return [...peers].map(([peer, { prompt, bulk }]) => {
        const [short, long] = [prompt.status, bulk.status];
        return {
          peer,
          isConnected: short.isConnected,
          queuedBytes: short.queuedBytes + long.queuedBytes,
          droppedMessages: short.droppedMessages + long.droppedMessages,
          sentBytes: short.sentBytes + long.sentBytes,
          receivedBytes: short.receivedBytes + long.receivedBytes,
          rttMs: short.rttMs,
        };
      });
    },

    setTls(renewed) {
      tls = renewed;
      listener.setTls(renewed);
    },

    async close() {
      isClosed = true;
      for (const peer of peers.keys()) removePeer(peer);
      stopped.abort();
      await listener.close();
    },
  };
}

export type AskAtOptions = {
  readonly urls: readonly string[];
  readonly tls: TlsIdentity | null;
  readonly limits?: Partial<PeerLimits>;
  readonly log: PeerLog;
  readonly stop?: AbortSignal;
};

/**
 * Asks whoever is at the first of the addresses that answers, without belonging to a cluster: so does one that wants to join.
 *
 * @throws PeerError (by rejection), or CodecError if the question is not plain data
 */
export async function askAt(options: AskAtOptions, question: Plain, timeoutMs: number): Promise<Plain> {
  const { urls, tls, log, stop } = options;
  const limits: PeerLimits = { ...peerLimits, ...options.limits };
  const frame = questionFrame(0, question, limits.strangerFrameMax);
  const nothing = (): void => {};
  const channel = new Channel({
    hello: { type: "stranger" },
    urls,
    tls: () => tls,
    limits,
    log,
    onChange: nothing,
    onRemoved: nothing,
  });
  const onStop = (): void => {
    channel.close("these peers were closed");
  };
  stop?.addEventListener("abort", onStop);
  try {
    return await channel.ask(0, frame, timeoutMs);
  } finally {
    stop?.removeEventListener("abort", onStop);
    channel.close("the question is done with");
  }
}

function channelFor({ prompt, bulk }: Peer, frame: Buffer, { bulkMin }: PeerLimits): Channel {
  return frame.length < bulkMin ? prompt : bulk;
}

function questionFrame(number: number, question: Plain, bytesMax: number): Buffer {
  const frame = frameOf("ask", { number, body: question });
  if (frame.length <= bytesMax) return frame;
  throw new PeerError("tooLarge", `the question has ${frame.length} bytes, and may have ${bytesMax}`);
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index]);
}
