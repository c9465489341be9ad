/** What nodes have held to be committed, and in which term. */

import { encode, isEqual } from "@quorate/checker";
import type { Observer } from "@quorate/checker";
import { log } from "@quorate/core";
import type { Raft, RaftEntry, RaftState } from "@quorate/core";

/** An entry that some node has held to be committed. `term` is the least term of those nodes at that time. */
type Commitment = { readonly index: number; readonly entry: RaftEntry; readonly term: number };

/**
 * In the order of the indexes. Where all is well there is one entry for each. That the least term is kept, and not the
 * first one, makes it a matter of who has committed what, and not of who did so first.
 */
export type CommitHistory = readonly Commitment[];

/**
 * Watches commit indexes.
 *
 * @param committed what was committed before the run begins
 */
export function commitObserver(committed: CommitHistory = []): Observer<Raft, CommitHistory> {
  return {
    initial: committed,
    observe: (history, event) => {
      if (event.type === "crash") return history;
      return commitmentsIn(event.state).reduce(withCommitment, history);
    },
  };
}

/** What a node holds to be committed, as far as its log remembers it. */
function commitmentsIn({ durable, volatile }: RaftState): readonly Commitment[] {
  const first = log.firstIndex(durable.log);
  return log
    .slice(durable.log, first, volatile.commitIndex)
    .map((entry, at) => ({ index: first + at, entry, term: durable.term }));
}

function withCommitment(history: CommitHistory, added: Commitment): CommitHistory {
  const known = history.find(({ index, entry }) => index === added.index && isEqual(entry, added.entry));
  if (known !== undefined && known.term <= added.term) return history;
  const others = history.filter((commitment) => commitment !== known);
  return [...others, added].sort((a, b) => a.index - b.index || (encode(a.entry) < encode(b.entry) ? -1 : 1));
}
