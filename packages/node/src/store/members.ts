/** The list of members: etcd's `MemberAdd`, `MemberRemove`, `MemberUpdate` and `MemberPromote`. */

import type { StoreState } from "./state.ts";
import type { Member, MemberId, StoreError } from "./types.ts";

/** etcd's limit, for the time being: a learner costs its leader as much as a voter does. */
const LEARNERS_MAX = 1;

export type MembersOutcome = StoreState | StoreError;

export function addMember(state: StoreState, member: Member): MembersOutcome {
  const { members } = state;
  if (members.some(({ id }) => id === member.id)) return "memberExists";
  if (usesAnyOf(members, member.peerUrls)) return "peerUrlExists";
  if (member.isLearner && members.filter(({ isLearner }) => isLearner).length >= LEARNERS_MAX) return "tooManyLearners";
  return { ...state, members: sorted([...members, member]) };
}

export function removeMember(state: StoreState, id: MemberId): MembersOutcome {
  if (!has(state, id)) return "memberNotFound";
  return {
    ...state,
    members: state.members.filter((member) => member.id !== id),
    alarms: state.alarms.filter(({ member }) => member !== id),
  };
}

export function updateMember(state: StoreState, id: MemberId, peerUrls: readonly string[]): MembersOutcome {
  if (!has(state, id)) return "memberNotFound";
  const others = state.members.filter((member) => member.id !== id);
  if (usesAnyOf(others, peerUrls)) return "peerUrlExists";
  return change(state, id, (member) => ({ ...member, peerUrls }));
}

export function promoteMember(state: StoreState, id: MemberId): MembersOutcome {
  const member = state.members.find((of) => of.id === id);
  if (member === undefined) return "memberNotFound";
  if (!member.isLearner) return "memberNotLearner";
  return change(state, id, (of) => ({ ...of, isLearner: false }));
}

export function publishMember(
  state: StoreState,
  { id, name, clientUrls }: Pick<Member, "id" | "name" | "clientUrls">,
): MembersOutcome {
  if (!has(state, id)) return "memberNotFound";
  return change(state, id, (member) => ({ ...member, name, clientUrls }));
}

/** In the order of their ids, as every member has to have them. */
export function sorted(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function has({ members }: StoreState, id: MemberId): boolean {
  return members.some((member) => member.id === id);
}

function change(state: StoreState, id: MemberId, to: (member: Member) => Member): StoreState {
  return { ...state, members: state.members.map((member) => (member.id === id ? to(member) : member)) };
}

function usesAnyOf(members: readonly Member[], urls: readonly string[]): boolean {
  return members.some(({ peerUrls }) => peerUrls.some((url) => urls.includes(url)));
}
