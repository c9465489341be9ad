/**
 * The transport between members. Each member connects to each other one, and sends over the connections that it has made
 * itself: one for what is short, so that heartbeats don't wait, and one for what is long. README.md has the frames.
 */

import type { NodeId, Plain } from "@quorate/core";
import { sizeOf } from "../sizes.ts";
import { Link } from "./link.ts";
import { Listener } from "./listener.ts";
import { PeerError, peerLimits } from "./types.ts";
import type { PeerLimits, Peers, PeersOptions } from "./types.ts";

export { askAt } from "./link.ts";
export { PeerError, peerLimits } from "./types.ts";
export type { PeerAddress, PeerLimits, PeerLog, Peers, PeersOptions, PeerStatus } from "./types.ts";

/** From so many bytes on a message goes over the connection for long ones. */
const LONG_BYTES = 64 * 1024;

type Peer = { readonly short: Link; readonly long: Link };

/** @throws Error (by rejection) if an address can't be listened at */
export async function openPeers(options: PeersOptions): Promise<Peers> {
  const limits: PeerLimits = { ...peerLimits, ...options.limits };
  const peers = new Map<NodeId, Peer>();
  const listener = new Listener(options, limits, (node) => peers.has(node));
  const addresses = await listener.open();

  const linkTo = (peer: NodeId, urls: readonly string[], onChange: (isConnected: boolean) => void): Link =>
    new Link({
      hello: { clusterId: options.clusterId, from: options.self, to: peer },
      urls,
      tls: options.tls,
      limits,
      log: options.log,
      onChange,
    });

  const removePeer = (peer: NodeId): void => {
    const links = peers.get(peer);
    peers.delete(peer);
    links?.short.close();
    links?.long.close();
  };

  return {
    addresses,

    setPeer(peer, urls) {
      removePeer(peer);
      const short = linkTo(peer, urls, (isConnected) => {
        options.onPeerChange(peer, isConnected);
      });
      peers.set(peer, { short, long: linkTo(peer, urls, () => undefined) });
    },

    removePeer,

    send(to, message) {
      const links = peers.get(to);
      if (links === undefined) return false;
      return (sizeOf(message) < LONG_BYTES ? links.short : links.long).send(message);
    },

    ask(to: NodeId, question: Plain, timeoutMs: number): Promise<Plain> {
      const links = peers.get(to);
      if (links === undefined) return Promise.reject(new PeerError("unsent", `${to} is no member that is known here.`));
      return links.short.ask(question, timeoutMs);
    },

    status() {
      return [...peers].map(([peer, { short, long }]) => {
        const [a, b] = [short.status, long.status];
        return {
          peer,
          isConnected: a.isConnected,
          queuedBytes: a.queuedBytes + b.queuedBytes,
          droppedMessages: a.droppedMessages + b.droppedMessages,
          sentBytes: a.sentBytes + b.sentBytes,
          receivedBytes: a.receivedBytes + b.receivedBytes,
          rttMs: a.rttMs,
        };
      });
    },

    async close() {
      for (const peer of peers.keys()) removePeer(peer);
      await listener.close();
    },
  };
}
