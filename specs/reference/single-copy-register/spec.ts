/** Servers that each hold a register of their own and know nothing of each other. */

import { integer, spec } from "@quorate/checker";
import type { NodeId, Protocol } from "@quorate/core";
import { protocolOf, send } from "../register/actor.ts";
import type { Reaction } from "../register/actor.ts";
import type { RegisterMessage, Value } from "../register/messages.ts";
import { registerCluster } from "../register/workload.ts";
import type { ServerSignature } from "../register/server.ts";

interface SingleCopy extends ServerSignature {
  readonly volatile: { readonly value: Value };
  readonly message: RegisterMessage;
}

const singleCopy: Protocol<SingleCopy> = protocolOf<SingleCopy>({
  name: "single-copy register",

  start: () => ({ state: { value: null }, sends: [] }),

  receive(_config, state, from: NodeId, message): Reaction<SingleCopy> {
    const { request } = message;
    switch (message.type) {
      case "put":
        return { state: { value: message.value }, sends: [send(from, { type: "putOk", request })] };
      case "get":
        return { state, sends: [send(from, { type: "getOk", request, value: state.value })] };
      case "putOk":
      case "getOk":
        return { state, sends: [] };
    }
  },
});

export default spec({
  about: "A register that servers keep each for itself: one register with one server, and none with more.",
  parameters: {
    servers: integer("servers", { min: 1, max: 3, default: 1 }),
    clients: integer("clients that write once and then read once", { min: 1, max: 4, default: 2 }),
  },
  build: ({ servers, clients }) => registerCluster({ server: singleCopy, servers, clients }),
});
