/** The election timer: the paper, section 5.2. */

import { hasRecentLeader } from "./clock.ts";
import { mayCampaign } from "./configuration.ts";
import { SET_ELECTION, unchanged } from "./effects.ts";
import { campaign } from "./election.ts";
import { askForPreVotes } from "./prevote.ts";
import { withRole } from "./state.ts";
import type { RaftConfig, RaftState, RaftStep } from "./types.ts";

/** No word of a leader for as long as the timer ran. Only who may have a vote campaigns: dissertation, 4.2. */
export function onElectionTimeout(config: RaftConfig, state: RaftState): RaftStep {
  if (state.volatile.role.type === "leader") return unchanged(state);
  if (hasRecentLeader(config, state)) return { state, effects: [SET_ELECTION] };
  if (!mayCampaign(config, state)) return giveLeaderUp(state);
  return config.preVote ? askForPreVotes(config, state) : campaign(config, state, "timeout");
}

/** A node that has no vote waits for whoever will be elected. */
function giveLeaderUp(state: RaftState): RaftStep {
  return { state: withRole(state, { type: "follower", leader: null, incoming: null }), effects: [SET_ELECTION] };
}
