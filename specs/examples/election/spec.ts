import { cluster, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { nodeId } from "@quorate/core";
import type { NodeId, Protocol, Send, Signature } from "@quorate/core";

interface Election extends Signature {
  readonly config: NodeId; // a node's own name
  readonly durable: { readonly votedFor: NodeId | null };
  readonly volatile: { readonly votes: readonly NodeId[] };
  readonly message: { readonly type: "ask" | "vote" };
  readonly timer: never;
  readonly request: { readonly type: "stand" };
  readonly output: never;
}

const nodes = ["ada", "bob", "cyn"].map(nodeId);

const election: Protocol<Election> = {
  name: "election",
  initial: () => ({ votedFor: null }),
  start: (_self, durable) => ({ state: { durable, volatile: { votes: [] } }, effects: [] }),
  step(self, state, input) {
    const hasVoted = state.durable.votedFor !== null;
    const { votes } = state.volatile;
    if (input.type === "request" && !hasVoted) {
      const effects = nodes.filter((node) => node !== self).map((node) => send(node, "ask"));
      return { state: { durable: { votedFor: self }, volatile: { votes: [self] } }, effects };
    }
    if (input.type === "receive" && input.message.type === "ask" && !hasVoted) {
      return { state: { ...state, durable: { votedFor: input.from } }, effects: [send(input.from, "vote")] };
    }
    if (input.type === "receive" && input.message.type === "vote" && !votes.includes(input.from)) {
      return { state: { ...state, volatile: { votes: [...votes, input.from].sort() } }, effects: [] };
    }
    return { state, effects: [] };
  },
};

function send(to: NodeId, type: "ask" | "vote"): Send<Election> {
  return { type: "send", to, message: { type }, after: "durable" };
}

function leads({ state }: NodeView<Election>): boolean {
  return state !== null && state.volatile.votes.length >= 2;
}

export default spec({
  about: "An election: who has the votes of two of the three nodes leads.",
  build: () =>
    cluster<Election, Record<string, never>>({
      nodes: Object.fromEntries(nodes.map((id) => [id, { protocol: election, config: id }])),
      clients: { operator: { to: nodes, requests: [{ type: "stand" }, { type: "stand" }] } },
      faults: { crashRecovery: 1 },
      always: { electionSafety: (s) => s.nodes.filter(leads).length <= 1 },
      sometimes: { elected: (s) => s.nodes.some(leads) },
    }),
});
