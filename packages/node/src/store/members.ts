/** The members of the cluster as clients see them, and their alarms. */

import { compareBytes } from "./orders.ts";
import { done, failed } from "./state.ts";
import type { Applied, StoreAlarm, StoreState } from "./state.ts";
import type { AlarmType, Member, MemberId, StoreCommand } from "./types.ts";

type CommandOf<T extends StoreCommand["type"]> = Extract<StoreCommand, { readonly type: T }>;

/** A cluster has so many learners at most, as etcd has it. */
const LEARNERS_MAX = 1;

export function onMembersInit(state: StoreState, { members }: CommandOf<"membersInit">): Applied {
  return done(state.members.length > 0 || members.length === 0 ? state : { ...state, members: inOrder(members) });
}

export function onMemberAdd(state: StoreState, { member }: CommandOf<"memberAdd">): Applied {
  const { members, removedMembers } = state;
  if (removedMembers.includes(member.id)) return failed(state, "memberNotFound");
  if (memberOf(state, member.id) !== null) return failed(state, "memberExists");
  if (isPeerUrlTaken(members, member.peerUrls)) return failed(state, "peerUrlExists");
  const learners = members.filter(({ isLearner }) => isLearner).length;
  if (member.isLearner && learners >= LEARNERS_MAX) return failed(state, "tooManyLearners");
  return done({ ...state, members: inOrder([...members, member]) });
}

export function onMemberRemove(state: StoreState, { id }: CommandOf<"memberRemove">): Applied {
  if (memberOf(state, id) === null) return failed(state, "memberNotFound");
  return done({
    ...state,
    members: state.members.filter((member) => member.id !== id),
    removedMembers: [...state.removedMembers, id].sort(compareBytes),
  });
}

export function onMemberUpdate(state: StoreState, { id, peerUrls }: CommandOf<"memberUpdate">): Applied {
  const member = memberOf(state, id);
  if (member === null) return failed(state, "memberNotFound");
  const others = state.members.filter((other) => other !== member);
  if (isPeerUrlTaken(others, peerUrls)) return failed(state, "peerUrlExists");
  return done(withMember(state, { ...member, peerUrls }));
}

export function onMemberPromote(state: StoreState, { id }: CommandOf<"memberPromote">): Applied {
  const member = memberOf(state, id);
  if (member === null) return failed(state, "memberNotFound");
  if (!member.isLearner) return failed(state, "memberNotLearner");
  return done(withMember(state, { ...member, isLearner: false }));
}

export function onMemberPublish(state: StoreState, { id, name, clientUrls }: CommandOf<"memberPublish">): Applied {
  const member = memberOf(state, id);
  if (member === null) return failed(state, "memberNotFound");
  return done(withMember(state, { ...member, name, clientUrls }));
}

export function onAlarmRaise(state: StoreState, { member, alarm }: CommandOf<"alarmRaise">): Applied {
  if (state.alarms.some((other) => isAlarm(other, member, alarm))) return done(state);
  const alarms = [...state.alarms, { member, alarm }];
  return done({ ...state, alarms: alarms.sort((a, b) => compareBytes(a.member + a.alarm, b.member + b.alarm)) });
}

export function onAlarmClear(state: StoreState, { member, alarm }: CommandOf<"alarmClear">): Applied {
  const alarms = state.alarms.filter((other) => !isAlarm(other, member, alarm));
  return done(alarms.length === state.alarms.length ? state : { ...state, alarms });
}

function isAlarm(of: StoreAlarm, member: MemberId, alarm: AlarmType): boolean {
  return of.member === member && of.alarm === alarm;
}

function memberOf({ members }: StoreState, id: MemberId): Member | null {
  return members.find((member) => member.id === id) ?? null;
}

function withMember(state: StoreState, changed: Member): StoreState {
  if (state.members.some((member) => isSame(member, changed))) return state;
  return { ...state, members: state.members.map((member) => (member.id === changed.id ? changed : member)) };
}

function isSame(a: Member, b: Member): boolean {
  const isSameFlat = a.id === b.id && a.name === b.name && a.isLearner === b.isLearner;
  return isSameFlat && isSameList(a.peerUrls, b.peerUrls) && isSameList(a.clientUrls, b.clientUrls);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function inOrder(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => compareBytes(a.id, b.id));
}

function isPeerUrlTaken(members: readonly Member[], peerUrls: readonly string[]): boolean {
  return members.some((member) => member.peerUrls.some((url) => peerUrls.includes(url)));
}
