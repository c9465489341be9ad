/** Who has led which term. */

import type { Observer } from "@quorate/checker";
import type { NodeId, Raft } from "@quorate/core";

/** Once each, in the order of the terms and then of the names. */
export type LeaderHistory = readonly { readonly term: number; readonly node: NodeId }[];

/** Watches who leads. */
export const leaderObserver: Observer<Raft, LeaderHistory> = {
  initial: [],
  observe(history, event) {
    if (event.type === "crash" || event.state.volatile.role.type !== "leader") return history;
    const { node, state } = event;
    const { term } = state.durable;
    if (history.some((known) => known.term === term && known.node === node)) return history;
    return [...history, { term, node }].sort((a, b) => a.term - b.term || (a.node < b.node ? -1 : 1));
  },
};
