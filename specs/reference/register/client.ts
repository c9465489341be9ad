/** A client of the register: writes one value, waits for the answer, reads from the next server, and is done. */

import type { NodeId, Protocol } from "@quorate/core";
import { protocolOf, send } from "./actor.ts";
import type { ActorSignature, Reaction } from "./actor.ts";
import type { RegisterMessage, RequestId } from "./messages.ts";

export type ClientConfig = {
  /** The client's place among all nodes, servers first: it numbers its requests with multiples of it. */
  readonly index: number;
  readonly value: string;
  readonly writesTo: NodeId;
  readonly readsFrom: NodeId;
};

export type ClientState = {
  /** The request whose answer the client waits for, or null when it is done. */
  readonly awaiting: RequestId | null;
  /** How many operations it has begun, and one more when it is done. */
  readonly opCount: number;
};

interface RegisterClient extends ActorSignature {
  readonly config: ClientConfig;
  readonly volatile: ClientState;
  readonly message: RegisterMessage;
}

export const registerClient: Protocol<RegisterClient> = protocolOf<RegisterClient>({
  name: "register client",

  start: ({ index, value, writesTo }) => ({
    state: { awaiting: index, opCount: 1 },
    sends: [send(writesTo, { type: "put", request: index, value })],
  }),

  receive(config, state, _from, message): Reaction<RegisterClient> {
    switch (message.type) {
      case "putOk": {
        if (message.request !== state.awaiting) return { state, sends: [] };
        const opCount = state.opCount + 1;
        const request = opCount * config.index;
        return {
          state: { awaiting: request, opCount },
          sends: [send(config.readsFrom, { type: "get", request })],
        };
      }
      case "getOk":
        if (message.request !== state.awaiting) return { state, sends: [] };
        return { state: { awaiting: null, opCount: state.opCount + 1 }, sends: [] };
      case "put":
      case "get":
        return { state, sends: [] };
    }
  },
});
