/**
 * The membership. The store has the list of members, which clients see and change; the protocol has its configuration,
 * which says whose word counts. The leader makes the second follow the first, whoever changed the list, and however often
 * leaders fail in between: it compares the two at each turn and asks for what is missing.
 */

import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import type { Follower, ProtocolView } from "../protocols/index.ts";
import type { Member } from "../store/types.ts";
import type { MembershipChange } from "./member-words.ts";
import type { MemberFault } from "./backend.ts";

export type Membership = { readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[] };

export function membershipOf(members: readonly Member[]): Membership {
  const of = (isLearner: boolean): readonly NodeId[] =>
    members.filter((member) => member.isLearner === isLearner).map(({ id }) => nodeId(id));
  return { voters: of(false), learners: of(true) };
}

/** Whether the protocol's configuration is what the list of members says. */
export function isInStep(view: ProtocolView, members: readonly Member[]): boolean {
  const { voters, learners } = membershipOf(members);
  return view.isSettled && isSameSet(view.voters, voters) && isSameSet(view.learners, learners);
}

function isSameSet(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node));
}

/** The share of the log that a learner has to have to become a voter, as etcd has it. */
const READY_SHARE = 0.9;

/**
 * Those of the followers that answer: by the protocol, which notices after a while, and by the transport.
 */
export function answering(followers: readonly Follower[], isConnected: (node: NodeId) => boolean): readonly Follower[] {
  return followers.map((follower) => ({ ...follower, isActive: follower.isActive && isConnected(follower.node) }));
}

/**
 * Why a leader advises against a change, or null: without a quorum afterwards the change could never be agreed on, nor
 * taken back. A cluster of one may grow, or it could never become more.
 */
export function faultOf(
  change: MembershipChange,
  self: NodeId,
  view: ProtocolView,
  followers: readonly Follower[],
): MemberFault | null {
  const isActive = (node: NodeId): boolean =>
    node === self || followers.some((follower) => follower.node === node && follower.isActive);
  const { voters } = view;
  switch (change.type) {
    case "addVoter":
      if (voters.length <= 1) return null;
      return voters.filter(isActive).length >= majorityOf(voters.length + 1) ? null : "unhealthyCluster";
    case "remove": {
      const id = nodeId(change.id);
      if (!voters.includes(id)) return null;
      const rest = voters.filter((node) => node !== id);
      return rest.filter(isActive).length >= majorityOf(rest.length) ? null : "unhealthyCluster";
    }
    case "promote": {
      const learner = followers.find(({ node }) => node === change.id);
      if (learner === undefined) return null;
      const isReady = learner.isActive && learner.match >= READY_SHARE * view.commitIndex;
      return isReady ? null : "learnerNotReady";
    }
  }
}

function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}
