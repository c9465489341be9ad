/** The heartbeat timer: the paper, section 5.2; Figure 2, "Leaders", first rule. */

import { andThen, SET_HEARTBEAT, unchanged } from "./effects.ts";
import { measureRound } from "./lease.ts";
import { acknowledgeRound } from "./reads.ts";
import { sendHeartbeats } from "./replication.ts";
import { leaderOf, withRole } from "./state.ts";
import type { RaftConfig, RaftState, RaftStep } from "./types.ts";

/** A heartbeat says what log it expects, so that the answers show what was lost. With a lease, it is a new round. */
export function onHeartbeatTimeout(config: RaftConfig, state: RaftState): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  return andThen(
    sendHeartbeats(config, withRole(state, measureRound(leader))),
    (next) => acknowledgeRound(config, next),
    (next) => ({ state: next, effects: [SET_HEARTBEAT] }),
  );
}
