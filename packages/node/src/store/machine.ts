/** The store as a state machine: what each command does. */

import type { MachineSignature, StateMachine } from "@quorate/core";
import { isCommand, isQuery } from "./commands.ts";
import { onCompact } from "./compact.ts";
import { onLeaseExpire, onLeaseGrant, onLeaseRevoke, onLessor } from "./leases.ts";
import { onAlarmClear, onAlarmRaise, onMemberAdd, onMemberPromote, onMemberPublish } from "./members.ts";
import { onMemberRemove, onMembersInit, onMemberUpdate } from "./members.ts";
import { range } from "./range.ts";
import type { RangeAnswer } from "./range.ts";
import { fromChunks, toChunks } from "./snapshot.ts";
import { failed, INITIAL } from "./state.ts";
import type { Applied, StoreState } from "./state.ts";
import { mayWrite, onDeleteRange, onPut, onTxn } from "./txn.ts";
import type { RangeOp, StoreCommand, StoreResult } from "./types.ts";

export interface StoreMachine extends MachineSignature {
  readonly state: StoreState;
  readonly command: StoreCommand;
  readonly result: StoreResult;
  readonly query: RangeOp;
  readonly answer: RangeAnswer;
}

export const storeMachine: StateMachine<StoreMachine> = {
  initial: INITIAL,
  isCommand,
  isQuery,
  apply: (state, command) => applied(state, command),
  read: range,
  toChunks,
  fromChunks,
};

function applied(state: StoreState, command: StoreCommand): Applied {
  if (isCorrupt(state) && isRefusedIfCorrupt(command)) return failed(state, "corrupt");
  switch (command.type) {
    case "put":
      return onPut(state, command);
    case "deleteRange":
      return onDeleteRange(state, command);
    case "txn":
      return onTxn(state, command);
    case "compact":
      return onCompact(state, command);
    case "leaseGrant":
      return onLeaseGrant(state, command);
    case "leaseRevoke":
      return onLeaseRevoke(state, command);
    case "lessor":
      return onLessor(state, command);
    case "leaseExpire":
      return onLeaseExpire(state, command);
    case "membersInit":
      return onMembersInit(state, command);
    case "memberAdd":
      return onMemberAdd(state, command);
    case "memberRemove":
      return onMemberRemove(state, command);
    case "memberUpdate":
      return onMemberUpdate(state, command);
    case "memberPromote":
      return onMemberPromote(state, command);
    case "memberPublish":
      return onMemberPublish(state, command);
    case "alarmRaise":
      return onAlarmRaise(state, command);
    case "alarmClear":
      return onAlarmClear(state, command);
  }
}

function isCorrupt({ alarms }: StoreState): boolean {
  return alarms.some(({ alarm }) => alarm === "corrupt");
}

/** As in etcd, whoever finds members that differ should find them as they were: only keys can still be read. */
function isRefusedIfCorrupt(command: StoreCommand): boolean {
  switch (command.type) {
    case "put":
    case "deleteRange":
    case "txn":
      return mayWrite(command);
    case "compact":
    case "leaseGrant":
    case "leaseRevoke":
    case "leaseExpire":
      return true;
    case "lessor":
    case "membersInit":
    case "memberAdd":
    case "memberRemove":
    case "memberUpdate":
    case "memberPromote":
    case "memberPublish":
    case "alarmRaise":
    case "alarmClear":
      return false;
  }
}
