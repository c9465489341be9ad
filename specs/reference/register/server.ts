/** What the servers of a register have in common. */

import type { NodeId, Send } from "@quorate/core";
import { send } from "./actor.ts";
import type { ActorSignature } from "./actor.ts";

export type ServerConfig = {
  readonly self: NodeId;
  /** The other servers. */
  readonly peers: readonly NodeId[];
};

export interface ServerSignature extends ActorSignature {
  readonly config: ServerConfig;
}

/** `message` to every other server. */
export function broadcast<S extends ServerSignature>({ peers }: ServerConfig, message: S["message"]): Send<S>[] {
  return peers.map((peer) => send<S>(peer, message));
}

/** How many servers are more than half of them. */
export function majority({ peers }: ServerConfig): number {
  return Math.floor((peers.length + 1) / 2) + 1;
}
