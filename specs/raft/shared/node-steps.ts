/** What one step of one node never does, whatever happens to the others. */

import { isEqual } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { log } from "@quorate/core";
import type { Raft, RaftDurable, RaftRole, RaftState } from "@quorate/core";

type View = NodeView<Raft>;
type Leader = Extract<RaftRole, { type: "leader" }>;

/** Of elections. */
export const electionNodeSteps = {
  /** Terms never decrease: not on disk, and not in memory as long as the node lives. */
  termMonotonic: (before: View, after: View): boolean =>
    durables(before, after).every(([earlier, later]) => later.term >= earlier.term),

  /** Whoever has a node's vote of a term keeps it. */
  voteOnce: (before: View, after: View): boolean =>
    durables(before, after).every(([earlier, later]) => {
      return later.term !== earlier.term || earlier.votedFor === null || later.votedFor === earlier.votedFor;
    }),
};

/** Of logs as well, where nothing is compacted. */
export const logNodeSteps = {
  ...electionNodeSteps,

  /** A leader never overwrites or deletes entries of its log. It may forget those that its snapshot stands for. */
  leaderAppendOnly: (before: View, after: View): boolean => {
    const [earlier, later] = [leading(before), leading(after)];
    if (earlier === null || later === null || earlier.term !== later.term) return true;
    return log.commonThrough(earlier.log, later.log, isEqual) === log.lastIndex(earlier.log);
  },

  /** The commit index never goes back as long as the node lives. */
  commitIndexMonotonic: (before: View, after: View): boolean =>
    lives(before, after).every(([earlier, later]) => later.volatile.commitIndex >= earlier.volatile.commitIndex),

  /** What a leader knows a follower to hold never becomes less while it leads and the follower takes part. */
  matchIndexMonotonic: (before: View, after: View): boolean => {
    const [earlier, later] = [leading(before), leading(after)];
    if (earlier === null || later === null || earlier.term !== later.term) return true;
    return matches(earlier.leader).every(({ node, match }) => {
      const now = matches(later.leader).find((other) => other.node === node);
      return now === undefined || now.match >= match;
    });
  },
};

/** All of them. */
export const raftNodeSteps = {
  ...logNodeSteps,

  /** A snapshot is never replaced by an older one. */
  snapshotIndexMonotonic: (before: View, after: View): boolean =>
    durables(before, after).every(([earlier, later]) => (later.snapshot?.index ?? 0) >= (earlier.snapshot?.index ?? 0)),
};

/** What is on disk before and after; and what is in memory, if it is one life. */
function durables(before: View, after: View): readonly (readonly [RaftDurable, RaftDurable])[] {
  const inMemory = lives(before, after).map(([earlier, later]) => [earlier.durable, later.durable] as const);
  return [[before.disk, after.disk], ...inMemory];
}

/** The states in memory before and after, if the node is up all the while. */
function lives(before: View, after: View): readonly (readonly [RaftState, RaftState])[] {
  return before.state === null || after.state === null ? [] : [[before.state, after.state]];
}

function leading({ state }: View): (RaftDurable & { readonly leader: Leader }) | null {
  return state?.volatile.role.type === "leader" ? { ...state.durable, leader: state.volatile.role } : null;
}

/** How much of the leader's log each disk holds, its own among them under no name. */
function matches({ persisted, progress }: Leader): readonly { readonly node: string | null; readonly match: number }[] {
  return [{ node: null, match: persisted }, ...progress];
}
