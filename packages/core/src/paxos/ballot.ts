import type { NodeId } from "../protocol.ts";
import type { Ballot } from "./types.ts";

/** Negative, zero or positive as `a` is below, equal to or above `b`. No ballot at all is below every ballot. */
export function compareBallots(a: Ballot | null, b: Ballot | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (a.round !== b.round) return a.round - b.round;
  if (a.node === b.node) return 0;
  return a.node < b.node ? -1 : 1;
}

/** The ballot of `node` in the first round above those of `a` and `b`: it is above both, whosever they are. */
export function ballotAbove(node: NodeId, a: Ballot | null, b: Ballot | null): Ballot {
  return { round: Math.max(a?.round ?? 0, b?.round ?? 0) + 1, node };
}
