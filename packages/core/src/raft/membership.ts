/**
 * Changes of the membership: dissertation, chapter 4. One voter more or less needs one step (section 4.1), other changes go
 * through a joint configuration (section 4.3).
 */

import type { NodeId } from "../protocol.ts";
import { configurationIndex, currentConfiguration, isJoint, sortedNodes } from "./configuration.ts";
import { refuse, unchanged } from "./effects.ts";
import { hasCommittedInTerm } from "./log-terms.ts";
import { progressOf } from "./progress.ts";
import { appendAsLeader } from "./replication.ts";
import { isSame, leaderOf } from "./state.ts";
import { becomeFollower } from "./terms.ts";
import type { ChangeMembership, Leader, RaftConfig, RaftConfiguration, RaftState, RaftStep } from "./types.ts";

/** An operator's request. The configuration acts from when it is in the log, so there is one change at a time. */
export function onChangeMembership(config: RaftConfig, state: RaftState, request: ChangeMembership): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return refuse(config, state, request, "notLeader");
  if (leader.transfer !== null) return refuse(config, state, request, "transferring");
  if (!isMembership(request)) return refuse(config, state, request, "invalidMembership");
  if (!hasCommittedInTerm(state)) return refuse(config, state, request, "termNotCommitted");
  if (isChangeUnderWay(config, state)) return refuse(config, state, request, "changeUnderWay");
  const current = currentConfiguration(config, state);
  const next = nextConfiguration(current, sortedNodes(request.voters), sortedNodes(request.learners));
  if (isSame(next, current)) return refuse(config, state, request, "sameMembership");
  if (!areCaughtUp(state, leader, current, next)) return refuse(config, state, request, "learnerBehind");
  return appendAsLeader(config, state, [{ type: "configuration", term: state.durable.term, configuration: next }]);
}

function isMembership({ voters, learners }: ChangeMembership): boolean {
  const nodes = [...voters, ...learners];
  return voters.length > 0 && new Set(nodes).size === nodes.length;
}

/** Whether the latest configuration is not committed, or is joint and so not the last of its change. */
function isChangeUnderWay(config: RaftConfig, state: RaftState): boolean {
  const isUncommitted = configurationIndex(state.volatile) > state.volatile.commitIndex;
  return isUncommitted || isJoint(currentConfiguration(config, state));
}

/** Majorities of two sets of voters meet if the sets differ in one voter: section 4.1. If in more, they need not. */
function nextConfiguration(
  current: RaftConfiguration,
  voters: readonly NodeId[],
  learners: readonly NodeId[],
): RaftConfiguration {
  const added = voters.filter((node) => !current.voters.includes(node));
  const removed = current.voters.filter((node) => !voters.includes(node));
  if (added.length + removed.length <= 1) return { voters, outgoing: [], learners, learnersNext: [] };
  const outgoing = current.voters;
  return {
    voters,
    outgoing,
    learners: learners.filter((node) => !outgoing.includes(node)),
    learnersNext: learners.filter((node) => outgoing.includes(node)),
  };
}

/** A learner gets a vote once it has what is committed, and answers: before, it could only hold up the others. */
function areCaughtUp(state: RaftState, leader: Leader, current: RaftConfiguration, next: RaftConfiguration): boolean {
  const promoted = next.voters.filter((node) => current.learners.includes(node));
  return promoted.every((node) => {
    const progress = progressOf(leader, node);
    return progress !== null && progress.isActive && progress.match >= state.volatile.commitIndex;
  });
}

/** A leader that has committed C_old,new appends C_new: section 4.3. Its own C_old,new or that of a leader before. */
export function leaveJoint(config: RaftConfig, state: RaftState): RaftStep {
  const joint = currentConfiguration(config, state);
  if (!isJoint(joint)) return unchanged(state);
  if (configurationIndex(state.volatile) > state.volatile.commitIndex) return unchanged(state);
  const { voters, learners, learnersNext } = joint;
  const configuration = {
    voters,
    outgoing: [],
    learners: sortedNodes([...learners, ...learnersNext]),
    learnersNext: [],
  };
  return appendAsLeader(config, state, [{ type: "configuration", term: state.durable.term, configuration }]);
}

/**
 * A leader that has no vote any more steps down once that is committed: section 4.2.2. Until then it counts the others. A
 * joint configuration that is committed has been left by now, so that the latest one is C_new.
 */
export function stepDownIfRemoved(config: RaftConfig, state: RaftState): RaftStep {
  if (currentConfiguration(config, state).voters.includes(config.self)) return unchanged(state);
  if (configurationIndex(state.volatile) > state.volatile.commitIndex) return unchanged(state);
  return becomeFollower(config, state, state.durable.term, null);
}
