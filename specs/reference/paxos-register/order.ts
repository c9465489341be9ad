import type { AcceptedProposal, Ballot } from "./types.ts";

/** Negative, zero or positive as `a` is below, equal to or above `b`: by round, then by server. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return compareInOrder([a.round, a.node], [b.round, b.node]);
}

/** The same for what servers accepted. Nothing is below everything; proposals decide between equal ballots. */
export function compareAccepted(a: AcceptedProposal | null, b: AcceptedProposal | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareInOrder(fields(a), fields(b));
}

function fields({ ballot, proposal }: AcceptedProposal): readonly (number | string)[] {
  return [ballot.round, ballot.node, proposal.request, proposal.requester, proposal.value];
}

/** Compares two lists of the same length item by item. */
function compareInOrder(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  const at = a.findIndex((item, index) => item !== b[index]);
  const [x, y] = [a[at], b[at]];
  if (x === undefined || y === undefined) return 0;
  return x < y ? -1 : 1;
}
