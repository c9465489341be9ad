/** Terms and roles: the paper, sections 5.1 and 5.2. */

import { invariant } from "../assert.ts";
import type { NodeId } from "../protocol.ts";
import { CLEAR_HEARTBEAT, CLEAR_TRANSFER, SET_ELECTION } from "./effects.ts";
import { withDurable, withQuietTicks, withRole } from "./state.ts";
import type { Follower, Leader, RaftConfig, RaftEffect, RaftState, RaftStep, Term } from "./types.ts";

/**
 * Becomes, or stays, a follower in `term`, which is at least the present one: Figure 2, "All Servers". Within the same term
 * the vote is kept, or two candidates could have it, and so is what
 * has arrived of the leader's snapshot.
 */
export function becomeFollower(config: RaftConfig, state: RaftState, term: Term, leader: NodeId | null): RaftStep {
  const { durable } = state;
  invariant(term >= durable.term, "the term never decreases", { from: durable.term, to: term });
  const votedFor = term > durable.term ? null : durable.votedFor;
  const isSame = term === durable.term && votedFor === durable.votedFor;
  const { role } = state.volatile;
  const incoming = term === durable.term && role.type === "follower" ? role.incoming : null;
  const follower: Follower = { type: "follower", leader, incoming };
  return {
    state: withRole(isSame ? state : withDurable(state, { ...durable, term, votedFor }), follower),
    effects: role.type === "leader" ? stepDown(config, role) : [],
  };
}

/** What a leader leaves undone when it becomes a follower. Clients of its own are told. */
function stepDown(config: RaftConfig, { reads, transfer }: Leader): readonly RaftEffect[] {
  const lost = [...(reads.confirming?.reads ?? []), ...reads.waiting].filter(({ from }) => from === config.self);
  return [
    ...lost.map(({ id }): RaftEffect => {
      const request = { type: "read", id } as const;
      return { type: "output", output: { type: "refused", request, reason: "leadershipLost", leader: null } };
    }),
    CLEAR_HEARTBEAT,
    ...(transfer === null ? [] : [CLEAR_TRANSFER]),
    SET_ELECTION,
  ];
}

/** The leader of the present term has been heard from: it is followed, and the election timer begins anew. */
export function follow(config: RaftConfig, state: RaftState, leader: NodeId): RaftStep {
  const step = becomeFollower(config, state, state.durable.term, leader);
  return { state: withQuietTicks(step.state, 0), effects: [...step.effects, SET_ELECTION] };
}
