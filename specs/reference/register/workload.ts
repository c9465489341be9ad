/**
 * The register workload: servers of some protocol that together are a register, clients that use it, and the claim that
 * the clients can't tell it from one register in one place.
 */

import { cluster, isLinearizable, register } from "@quorate/checker";
import type { Cluster, ClusterNode } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Protocol } from "@quorate/core";
import type { ActorSignature } from "./actor.ts";
import { registerClient } from "./client.ts";
import type { ClientConfig, ClientState } from "./client.ts";
import { registerObserver } from "./history.ts";
import type { RegisterHistory } from "./history.ts";
import { isRegisterMessage } from "./messages.ts";
import type { RegisterMessage, Value } from "./messages.ts";
import type { ServerConfig, ServerSignature } from "./server.ts";

/** Servers and clients together. */
interface RegisterSignature<Server extends ServerSignature> extends ActorSignature {
  readonly config: ServerConfig | ClientConfig;
  readonly volatile: Server["volatile"] | ClientState;
  readonly message: Server["message"] | RegisterMessage;
}

/**
 * `servers` servers and `clients` clients, over links that reorder but neither lose nor duplicate. Nodes are numbered
 * through, servers first; no protocol compares a server with a client, so that names order as numbers do.
 */
export function registerCluster<Server extends ServerSignature>(options: {
  readonly server: Protocol<Server>;
  readonly servers: number;
  readonly clients: number;
}): Cluster {
  type Node = readonly [string, ClusterNode<RegisterSignature<Server>>];
  const places = Array.from({ length: options.servers }, (_, place) => place);
  const serverAt = (place: number): NodeId => nodeId(`s${place % options.servers}`);
  const servers = places.map((place): Node => {
    const peers = places.filter((other) => other !== place).map(serverAt);
    return [serverAt(place), { protocol: options.server, config: { self: serverAt(place), peers } }];
  });
  const clients = Array.from({ length: options.clients }, (_, number): Node => {
    const index = options.servers + number;
    const value = String.fromCharCode("A".charCodeAt(0) + number);
    const config = { index, value, writesTo: serverAt(index), readsFrom: serverAt(index + 1) };
    return [`c${index}`, { protocol: registerClient, config }];
  });

  const initially = register<Value>(null);
  return cluster<RegisterSignature<Server>, { readonly register: RegisterHistory }>({
    nodes: Object.fromEntries([...servers, ...clients]),
    observers: { register: registerObserver },
    always: { linearizable: (s) => isLinearizable(initially, s.history.register) },
    sometimes: { valueChosen: (s) => s.messages.some(({ message }) => saysValue(message)) },
  });
}

/** An answer in flight which says that the register holds what some client wrote. */
function saysValue(message: { readonly type: string }): boolean {
  return isRegisterMessage(message) && message.type === "getOk" && message.value !== null;
}
