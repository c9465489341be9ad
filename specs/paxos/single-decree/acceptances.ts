/**
 * What the acceptors' disks have held: which values are chosen by that, in the paper's sense, and which promises were
 * broken. Learners do not come into it.
 */

import { isEqual } from "@quorate/checker";
import type { Observer } from "@quorate/checker";
import { compareBallots, isQuorum } from "@quorate/core";
import type { Ballot, NodeId, Paxos, Quorums, Value } from "@quorate/core";
import { byEncoding, isAmong } from "../../shared/consensus.ts";

/** A proposal, and the acceptors that have had it on disk as accepted. */
type Acceptance = { readonly ballot: Ballot; readonly value: Value; readonly acceptors: readonly NodeId[] };

export type AcceptorHistory = {
  /** In the order of their ballots. */
  readonly acceptances: readonly Acceptance[];
  /** By acceptor, the highest ballot that it has told anyone it promises. */
  readonly promised: { readonly [acceptor: string]: Ballot };
  /** The acceptors that accepted something below a promise that they had told. */
  readonly breakers: readonly NodeId[];
};

/** Watches the acceptors. */
export const acceptorObserver: Observer<Paxos, AcceptorHistory> = {
  initial: { acceptances: [], promised: {}, breakers: [] },
  observe: (before, event) => {
    if (event.type === "crash") return before;
    const { node, disk, effects } = event;
    let history = before;
    if (disk.accepted !== null) history = withAcceptance(history, node, disk.accepted.ballot, disk.accepted.value);
    for (const effect of effects) {
      if (effect.type !== "send" || effect.message.type !== "promise") continue;
      const { ballot } = effect.message;
      if (compareBallots(ballot, history.promised[node] ?? null) <= 0) continue;
      history = { ...history, promised: { ...history.promised, [node]: ballot } };
    }
    return history;
  },
};

/** The values that a quorum has accepted at one ballot, once each. */
export function chosenValues({ acceptances }: AcceptorHistory, phase2: Quorums): readonly Value[] {
  const chosen = acceptances.filter(({ acceptors }) => isQuorum(phase2, acceptors)).map(({ value }) => value);
  return chosen.filter((value, index) => !isAmong(chosen.slice(0, index), value));
}

function withAcceptance(history: AcceptorHistory, acceptor: NodeId, ballot: Ballot, value: Value): AcceptorHistory {
  const same = (other: Acceptance): boolean =>
    compareBallots(other.ballot, ballot) === 0 && isEqual(other.value, value);
  const known = history.acceptances.find(same);
  if (known?.acceptors.includes(acceptor) === true) return history;
  const acceptors = [...(known?.acceptors ?? []), acceptor].sort();
  const acceptances = [...history.acceptances.filter((other) => !same(other)), { ballot, value, acceptors }].sort(
    (a, b) => compareBallots(a.ballot, b.ballot) || byEncoding(a.value, b.value),
  );
  const breaks = compareBallots(ballot, history.promised[acceptor] ?? null) < 0;
  return { ...history, acceptances, breakers: breaks ? [...history.breakers, acceptor].sort() : history.breakers };
}
