/** A toy protocol that keeps every law, to be broken in one way at a time: the nodes agree on the largest number seen. */

import fc from "fast-check";
import type { NodeId, Protocol, Signature, State, Step } from "../protocol.ts";
import { nodeId } from "../protocol.ts";
import type { Subject } from "./conformance.ts";

export interface Gossip extends Signature {
  readonly config: { readonly self: NodeId; readonly nodes: readonly NodeId[] };
  readonly durable: { readonly largest: number };
  /** Whose numbers this node has heard, in the order of first hearing. Nothing depends on it. */
  readonly volatile: { readonly heard: readonly NodeId[] };
  readonly message: { readonly type: "number"; readonly number: number };
  readonly timer: "spread";
  readonly request: { readonly type: "put"; readonly number: number };
  readonly output: { readonly type: "grown"; readonly number: number };
}

/** A larger number is kept, told to the outside, and told to everyone else, now and whenever the timer fires. */
function learn(config: Gossip["config"], state: State<Gossip>, number: number): Step<Gossip> {
  if (number <= state.durable.largest) return { state, effects: [] };
  return spread(config, { ...state, durable: { largest: number } }, [
    { type: "output", output: { type: "grown", number } },
  ]);
}

function spread(config: Gossip["config"], state: State<Gossip>, effects: Step<Gossip>["effects"]): Step<Gossip> {
  const message = { type: "number", number: state.durable.largest } as const;
  const others = config.nodes.filter((node) => node !== config.self);
  const sends = others.map((to) => ({ type: "send", to, message, after: "durable" }) as const);
  return { state, effects: [...effects, ...sends, { type: "setTimer", timer: "spread" }] };
}

export const gossip: Protocol<Gossip> = {
  name: "gossip",
  initial: () => ({ largest: 0 }),
  start: (_config, durable) => ({ state: { durable, volatile: { heard: [] } }, effects: [] }),
  step(config, state, input) {
    switch (input.type) {
      case "request":
        return learn(config, state, input.request.number);
      case "timeout":
        return spread(config, state, []);
      case "persisted":
        return { state, effects: [] };
      case "receive": {
        if (!config.nodes.includes(input.from)) return { state, effects: [] };
        const { heard } = state.volatile;
        const hearing = heard.includes(input.from) ? state : { ...state, volatile: { heard: [...heard, input.from] } };
        return learn(config, hearing, input.message.number);
      }
    }
  },
};

/** `protocol` in clusters of one and of three nodes. */
export function gossipSubject(protocol: Protocol<Gossip>): Subject<Gossip> {
  const cluster = (names: readonly string[]) => {
    const nodes = names.map(nodeId);
    return nodes.map((self) => ({ id: self, config: { self, nodes } }));
  };
  const number = fc.integer({ min: -3, max: 20 });
  return {
    protocol,
    clusters: fc.constantFrom(cluster(["a"]), cluster(["a", "b", "c"])),
    requests: () => fc.record({ type: fc.constant("put" as const), number }),
    messages: () => fc.record({ type: fc.constant("number" as const), number }),
  };
}
