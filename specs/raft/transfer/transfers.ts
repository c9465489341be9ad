/** How a leader that was asked to hand over leadership found its target. */

import type { NodeView, Observer } from "@quorate/checker";
import { leaderOf, log } from "@quorate/core";
import type { Leader, NodeId, Raft, RaftState } from "@quorate/core";

/** By target, whether it was known to hold the whole log when the transfer to it began. */
export type TransferHistory = { readonly [target: string]: "up to date" | "behind" };

/** Watches transfers begin. */
export const transferObserver: Observer<Raft, TransferHistory> = {
  initial: {},
  observe(history, event) {
    if (event.type !== "input" || event.input.type !== "request") return history;
    const { request } = event.input;
    if (request.type !== "transferLeadership" || leaderOf(event.state)?.transfer !== request.to) return history;
    if (Object.hasOwn(history, request.to)) return history;
    return { ...history, [request.to]: isBehind(event.state, request.to) ? "behind" : "up to date" };
  },
};

function isBehind(state: RaftState, target: NodeId): boolean {
  const progress = leaderOf(state)?.progress.find(({ node }) => node === target);
  return (progress?.match ?? 0) < log.lastIndex(state.durable.log);
}

/** The target of the transfer that a node has under way, or null. */
export function targetOf({ state }: NodeView<Raft>): NodeId | null {
  return state === null ? null : (leaderOf(state)?.transfer ?? null);
}

/** A leader that is handing over takes nothing new into its log: the target could never catch up with it. */
export function transferringAppendsNothing(before: NodeView<Raft>, after: NodeView<Raft>): boolean {
  const [earlier, later] = [handingOver(before), handingOver(after)];
  return earlier === null || later === null || earlier.last === later.last;
}

function handingOver({ state }: NodeView<Raft>): { readonly leader: Leader; readonly last: number } | null {
  const leader = state === null ? null : leaderOf(state);
  if (state === null || leader === null || leader.transfer === null) return null;
  return { leader, last: log.lastIndex(state.durable.log) };
}
