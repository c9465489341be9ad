/** Which leader a majority follows, and who has been encouraged to take its place. */

import type { NodeEvent, Observer } from "@quorate/checker";
import { isQuorum, majorities } from "@quorate/core";
import type { NodeId, Raft, RaftState, Term } from "@quorate/core";

/** A leader with its term. */
type Leadership = { readonly term: Term; readonly leader: NodeId };

export type SettledHistory = {
  /** By node, whom it follows in its present life; a leader follows itself. Those that follow nobody are not named. */
  readonly following: { readonly [node: string]: Leadership };
  /** The first leader that a majority has followed; null as long as there was none. */
  readonly settled: Leadership | null;
  /** Those that have got a vote, or the promise of one, from a node that followed nobody. */
  readonly encouraged: readonly NodeId[];
};

/** Watches leaders find their majorities among `voters`. */
export function settledObserver(voters: readonly NodeId[]): Observer<Raft, SettledHistory> {
  const { phase2 } = majorities(voters);
  return {
    initial: { following: {}, settled: null, encouraged: [] },
    observe(history, event) {
      const { node } = event;
      const before = history.following[node];
      const now = event.type === "crash" ? null : leadershipIn(event.state, node);
      const others = Object.entries(history.following).filter(([other]) => other !== node);
      const following = Object.fromEntries(now === null ? others : [...others, [node, now]]);
      const supporters = voters.filter((voter) => isSame(following[voter], now));
      const settled = history.settled ?? (isQuorum(phase2, supporters) ? now : null);
      const encouraged = before === undefined ? including(history.encouraged, grantedIn(event)) : history.encouraged;
      return { following, settled, encouraged };
    },
  };
}

/**
 * A leader that a majority follows leads on, unless another node has votes, or was promised some, by nodes that followed
 * nobody. It holds where no leader steps down by itself or crashes.
 */
export function undisturbed({ history }: { readonly history: { readonly settled: SettledHistory } }): boolean {
  const { following, settled, encouraged } = history.settled;
  if (settled === null || encouraged.some((node) => node !== settled.leader)) return true;
  return isSame(following[settled.leader], settled);
}

function leadershipIn({ durable, volatile }: RaftState, self: NodeId): Leadership | null {
  const { role } = volatile;
  switch (role.type) {
    case "leader":
      return { term: durable.term, leader: self };
    case "follower":
      return role.leader === null ? null : { term: durable.term, leader: role.leader };
    case "preCandidate":
    case "candidate":
      return null;
  }
}

/** Whom a node has just granted a vote or a prevote. */
function grantedIn(event: NodeEvent<Raft>): readonly NodeId[] {
  if (event.type === "crash") return [];
  return event.effects.flatMap((effect) => {
    if (effect.type !== "send") return [];
    const { message, to } = effect;
    if (message.type !== "preVoteReply" && message.type !== "requestVoteReply") return [];
    return message.voteGranted ? [to] : [];
  });
}

function isSame(one: Leadership | undefined, other: Leadership | null): boolean {
  return one !== undefined && one.term === other?.term && one.leader === other.leader;
}

function including(nodes: readonly NodeId[], added: readonly NodeId[]): readonly NodeId[] {
  return added.every((node) => nodes.includes(node)) ? nodes : [...new Set([...nodes, ...added])].sort();
}
