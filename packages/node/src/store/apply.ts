/** What each command does. */

import { compact } from "./compact.ts";
import { end, grant } from "./leases.ts";
import { addMember, promoteMember, publishMember, removeMember, sorted, updateMember } from "./members.ts";
import { OperationFault, operationsOf, perform, transactionFault } from "./operations.ts";
import type { StoreState } from "./state.ts";
import { get } from "./tree.ts";
import type {
  AlarmType,
  DeleteRangeOp,
  MemberId,
  PutOp,
  StoreCommand,
  StoreError,
  StoreResult,
  TxnOp,
} from "./types.ts";
import { Working } from "./working.ts";

export type Applied = { readonly state: StoreState; readonly result: StoreResult };

export function apply(state: StoreState, command: StoreCommand): Applied {
  switch (command.type) {
    case "put":
    case "deleteRange":
    case "txn":
      return onOperation(state, command);
    case "compact":
      return settle(state, compact(state, command.revision));
    case "leaseGrant":
      return settle(state, onLeaseGrant(state, command.id, command.ttl));
    case "leaseRevoke":
      return settle(state, get(state.leases, command.id) === null ? "leaseNotFound" : end(state, command.id));
    case "lessor":
      return settle(state, command.term > state.lessorTerm ? { ...state, lessorTerm: command.term } : state);
    case "leaseExpire": {
      const isDue = command.term === state.lessorTerm && get(state.leases, command.id) !== null;
      return settle(state, isDue ? end(state, command.id) : state);
    }
    case "membersInit":
      return settle(state, state.members.length > 0 ? state : { ...state, members: sorted(command.members) });
    case "memberAdd":
      return settle(state, addMember(state, command.member));
    case "memberRemove":
      return settle(state, removeMember(state, command.id));
    case "memberUpdate":
      return settle(state, updateMember(state, command.id, command.peerUrls));
    case "memberPromote":
      return settle(state, promoteMember(state, command.id));
    case "memberPublish":
      return settle(state, publishMember(state, command));
    case "alarmRaise":
      return settle(state, raise(state, command.member, command.alarm));
    case "alarmClear":
      return settle(state, clear(state, command.member, command.alarm));
  }
}

/** A command that fails changes nothing, not even a part of what it would have. */
function onOperation(state: StoreState, op: PutOp | DeleteRangeOp | TxnOp): Applied {
  if (writes(op) && isFull(state)) return refused(state, "noSpace");
  const working = new Working(state);
  const fault = op.type === "txn" ? transactionFault(working, op) : null;
  if (fault !== null) return refused(state, fault);
  try {
    const value = perform(working, op);
    const after = working.done();
    return { state: after, result: { revision: after.revision, ok: true, value } };
  } catch (error) {
    if (error instanceof OperationFault) return refused(state, error.error);
    throw error;
  }
}

function writes(op: PutOp | DeleteRangeOp | TxnOp): boolean {
  return op.type === "put" || (op.type === "txn" && operationsOf(op).some(({ type }) => type === "put"));
}

function isFull({ alarms }: StoreState): boolean {
  return alarms.some(({ alarm }) => alarm === "noSpace");
}

function onLeaseGrant(state: StoreState, id: string, ttl: number): StoreState | StoreError {
  if (isFull(state)) return "noSpace";
  return get(state.leases, id) === null ? grant(state, id, ttl) : "leaseExists";
}

function raise(state: StoreState, member: MemberId, alarm: AlarmType): StoreState {
  const { alarms } = state;
  if (alarms.some((of) => of.member === member && of.alarm === alarm)) return state;
  return { ...state, alarms: [...alarms, { member, alarm }] };
}

function clear(state: StoreState, member: MemberId, alarm: AlarmType): StoreState {
  const alarms = state.alarms.filter((of) => of.member !== member || of.alarm !== alarm);
  return alarms.length === state.alarms.length ? state : { ...state, alarms };
}

function settle(before: StoreState, after: StoreState | StoreError): Applied {
  if (typeof after === "string") return refused(before, after);
  return { state: after, result: { revision: after.revision, ok: true, value: { type: "done" } } };
}

function refused(state: StoreState, error: StoreError): Applied {
  return { state, result: { revision: state.revision, ok: false, error } };
}
