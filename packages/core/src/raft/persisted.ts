/** The own disk, which counts as the peers' do: once it holds what it is counted for. Dissertation, section 10.2.1. */

import { lastIndex } from "../log/index.ts";
import { advanceCommit } from "./commit.ts";
import { unchanged } from "./effects.ts";
import { countVote } from "./election.ts";
import { withRole } from "./state.ts";
import type { RaftConfig, RaftDurable, RaftState, RaftStep } from "./types.ts";

/**
 * The disk holds `durable`. A candidate has its own vote by that, and a leader its own match: in the term that it leads a
 * leader's log only grows, so that what the disk holds of this term is a prefix of the log. Of an earlier term, it may hold
 * entries that have been replaced since: they can have the same indexes, and count for nothing.
 */
export function onPersisted(config: RaftConfig, state: RaftState, durable: RaftDurable): RaftStep {
  const { role } = state.volatile;
  switch (role.type) {
    case "follower":
    case "preCandidate":
      return unchanged(state);
    case "candidate":
      if (durable.term !== state.durable.term) return unchanged(state);
      return countVote(config, state, role, config.self);
    case "leader": {
      if (durable.term !== state.durable.term) return unchanged(state);
      const persisted = Math.max(role.persisted, lastIndex(durable.log));
      return advanceCommit(config, withRole(state, { ...role, persisted }));
    }
  }
}
