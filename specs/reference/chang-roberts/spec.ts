import { functionOf, integer, model, spec } from "@quorate/checker";
import type { FullState, ModelState } from "@quorate/checker";

type Node = `n${number}`;

export default spec({
  about: "Leader election on a one-way ring (Chang and Roberts, 1979), as the TLA+ Examples model it.",
  parameters: { nodes: integer("nodes of the ring", { min: 2, max: 7, default: 3 }) },
  build: (parameters) => {
    const ids = Array.from({ length: parameters.nodes }, (_, index) => index + 1);
    const nodeOf = (id: number): Node => `n${id}`;
    const nodes = ids.map(nodeOf);
    /** The identities ascend along the ring; the smallest initiator shall win. */
    const ring = ids.map((id) => ({ self: nodeOf(id), id, succ: nodeOf((id % parameters.nodes) + 1) }));

    const variables = {
      /** The messages on their way to a node: identities, in ascending order. */
      msgs: functionOf<Node, readonly number[]>(nodes, []),
      pc: functionOf<Node, "n0" | "n1">(nodes, "n0"),
      initiator: functionOf<Node, boolean>(nodes, false),
      state: functionOf<Node, "cand" | "lost" | "won">(nodes, "lost"),
    };
    type State = ModelState<typeof variables>;

    /** Nothing can happen any more: every node has started, and no message is on its way. */
    const quiet = (s: State): boolean => nodes.every((node) => s.pc[node] === "n1" && s.msgs[node]?.length === 0);

    return model(variables, {
      initial: function* (): Iterable<FullState<typeof variables>> {
        for (const initiators of subsets(nodes)) {
          yield {
            msgs: record(nodes, () => []),
            pc: record(nodes, () => "n0"),
            initiator: record(nodes, (node) => initiators.includes(node)),
            state: record(nodes, (node) => (initiators.includes(node) ? "cand" : "lost")),
          };
        }
      },
      actions: (action) => ({
        /** A node starts; an initiator sends its identity to its neighbour. */
        n0: action({ node: ring }, (s, { node: { self, id, succ } }) => {
          if (s.pc[self] !== "n0") return undefined;
          if (!s.initiator[self]) return { pc: { [self]: "n1" } };
          return { pc: { [self]: "n1" }, msgs: { [succ]: insert(s.msgs[succ], id) } };
        }),
        /** A node takes one of the messages that wait for it. */
        n1: action({ node: ring }, (s, { node: { self, id: own, succ } }) => {
          if (s.pc[self] !== "n1") return undefined;
          const waiting = s.msgs[self] ?? [];
          return waiting.map((id) => {
            const rest = waiting.filter((other) => other !== id);
            const taken = { msgs: { [self]: rest } };
            const forwarded = { msgs: { [self]: rest, [succ]: insert(self === succ ? rest : s.msgs[succ], id) } };
            if (s.state[self] === "lost") return forwarded;
            if (id < own) return { ...forwarded, state: { [self]: "lost" } };
            if (id === own) return { ...taken, state: { [self]: "won" } };
            return taken;
          });
        }),
      }),
      always: {
        /** The winner is the initiator with the smallest identity, and all others know that they lost. */
        correctness: (s) =>
          ring.every(
            ({ self, id }) =>
              s.state[self] !== "won" ||
              (s.initiator[self] &&
                ring.every(
                  (other) =>
                    other.self === self ||
                    (s.state[other.self] === "lost" && (!s.initiator[other.self] || other.id > id)),
                )),
          ),
        /** Every run comes to rest, so this is what liveness claims: where there was a candidate, somebody won. */
        liveness: (s) =>
          !quiet(s) || !nodes.some((node) => s.initiator[node]) || nodes.some((node) => s.state[node] === "won"),
      },
      sometimes: {
        elected: (s) => nodes.some((node) => s.state[node] === "won"),
        initiatorLost: (s) => nodes.some((node) => s.initiator[node] && s.state[node] === "lost"),
        nobodyStarted: (s) => quiet(s) && !nodes.some((node) => s.initiator[node]),
      },
      deadlock: "allowed",
    });
  },
});

/** The set with `id` in it. Sets are kept in ascending order, so that equal ones are equal lists. */
function insert(set: readonly number[] = [], id: number): readonly number[] {
  return set.includes(id) ? set : [...set, id].sort((a, b) => a - b);
}

function record<K extends string, T>(keys: readonly K[], item: (key: K) => T): { readonly [key: string]: T } {
  return Object.fromEntries(keys.map((key) => [key, item(key)]));
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>(
    (partial, item) => partial.flatMap((subset) => [subset, [...subset, item]]),
    [[]],
  );
}
