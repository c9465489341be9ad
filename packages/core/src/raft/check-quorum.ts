/** What comes of ticks: followers that lose their leader, leaders that lose their followers (sections 6.2 and 6.4.1). */

import { currentConfiguration, isQuorum } from "./configuration.ts";
import { andThen, SET_TICK, unchanged } from "./effects.ts";
import { tickLease } from "./lease.ts";
import { withQuietTicks, withRole } from "./state.ts";
import { becomeFollower } from "./terms.ts";
import type { Leader, RaftConfig, RaftState, RaftStep } from "./types.ts";

/** The `tick` timer. */
export function onTick(config: RaftConfig, state: RaftState): RaftStep {
  if (config.checkQuorum === null) return unchanged(state);
  const { electionTicks } = config.checkQuorum;
  const { role, quietTicks } = state.volatile;
  const ticked =
    role.type === "leader"
      ? tickLeader(config, state, role, electionTicks)
      : { state: withQuietTicks(state, Math.min(quietTicks + 1, electionTicks)), effects: [] };
  return andThen(ticked, (next) => ({ state: next, effects: [SET_TICK] }));
}

/** A leader that no quorum has answered for an election's time steps down: its clients should ask another one. */
function tickLeader(config: RaftConfig, state: RaftState, leader: Leader, electionTicks: number): RaftStep {
  const lease = tickLease(config, leader.lease);
  const ticks = leader.ticks + 1;
  if (ticks < electionTicks) return { state: withRole(state, { ...leader, lease, ticks }), effects: [] };
  const active = leader.progress.filter(({ isActive }) => isActive).map(({ node }) => node);
  if (!isQuorum(currentConfiguration(config, state), [config.self, ...active])) {
    return becomeFollower(config, state, state.durable.term, null);
  }
  const progress = leader.progress.map((of) => ({ ...of, isActive: false }));
  return { state: withRole(state, { ...leader, lease, ticks: 0, progress }), effects: [] };
}
