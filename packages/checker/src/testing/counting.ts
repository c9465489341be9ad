/** The smallest cluster that is worth breaking: two nodes that send each other a number until it is large enough. */

import { nodeId } from "@quorate/core";
import type { NodeId, Plain, Protocol, Step } from "@quorate/core";
import type { Cluster, ClusterOptions } from "../cluster/cluster.ts";
import { cluster } from "../cluster/cluster.ts";

export type CountSignature = {
  readonly config: { readonly peer: NodeId; readonly max: number };
  readonly durable: { readonly count: number; readonly key: Uint8Array };
  readonly volatile: { readonly seen: readonly number[] };
  readonly message: { readonly type: "count"; readonly count: number; readonly key: Uint8Array };
  readonly timer: never;
  readonly request: { readonly type: "begin" };
  readonly output: { readonly type: "counted"; readonly count: number };
};
type S = CountSignature;
type Options = ClusterOptions<S, { readonly [name: string]: Plain }>;

const KEY = [1, 2, 3] as const;
const ids = [nodeId("left"), nodeId("right")] as const;

export const counting: Protocol<S> = {
  name: "counting",
  initial: () => ({ count: 0, key: Uint8Array.from(KEY) }),
  start: (_config, durable) => ({ state: { durable, volatile: { seen: [] } }, effects: [] }),
  step: ({ peer, max }, state, input): Step<S> => {
    if (input.type === "persisted") return { state, effects: [] };
    const count = input.type === "receive" ? input.message.count : 0;
    if (count >= max) return { state, effects: [] };
    const { key } = state.durable;
    return {
      state: { durable: { count, key }, volatile: { seen: [...state.volatile.seen, count] } },
      effects: [
        { type: "send", to: peer, message: { type: "count", count: count + 1, key }, after: "durable" },
        { type: "output", output: { type: "counted", count } },
      ],
    };
  },
};

/** The cluster, with what is given to it broken or claimed. */
export function countingCluster({
  protocol = counting,
  ...options
}: Partial<Options> & { readonly protocol?: Protocol<S> } = {}): Cluster {
  const [left, right] = ids;
  return cluster<S, { readonly [name: string]: Plain }>({
    nodes: {
      left: { protocol, config: { peer: right, max: 4 } },
      right: { protocol, config: { peer: left, max: 4 } },
    },
    clients: { client: { to: [left], requests: [{ type: "begin" }] } },
    ...options,
  });
}
