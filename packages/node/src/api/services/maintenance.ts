/** The service Maintenance. */

import { setImmediate } from "node:timers/promises";
import { alarmsOf, compactedOf, hashKvInSlices, revisionOf } from "../../store/index.ts";
import type { KvHash, StoreState } from "../../store/index.ts";
import type { AlarmType } from "../../store/types.ts";
import { apiVersion } from "../../version.ts";
import { atLeastZero } from "../convert.ts";
import { MEMBER_FAULTS, STORE_ERRORS, fail } from "../errors.ts";
import { hexIdOf, hexIdToInt64, numberOf } from "../int64.ts";
import type { ApiMember } from "../member.ts";
import type { AlarmRequest, AlarmResponse, HashKVRequest, HashKVResponse, HashResponse } from "../messages.ts";
import type { HeaderResponse, MoveLeaderRequest, StatusResponse } from "../messages.ts";
import { unary, voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { snapshotMethod } from "./snapshot.ts";

const service = "Maintenance";

/** By number in `proto/rpc.proto`; 0 stands for all of them. */
const ALARMS: readonly (AlarmType | null)[] = [null, "noSpace", "corrupt"];
const GET = 0;
const ACTIVATE = 1;

const NO_MEMBER = hexIdToInt64("0000000000000000");

export function maintenanceMethods(member: ApiMember): readonly NamedMethod[] {
  const { backend } = member;
  return [
    voterUnary<AlarmRequest, AlarmResponse>(member, { service, method: "Alarm" }, (request, size) =>
      alarm(member, request, size),
    ),

    unary<object, StatusResponse>(member, { service, method: "Status" }, () => {
      const status = backend.status();
      return Promise.resolve({
        header: member.header(),
        // Clients decide by the version of etcd what they may ask for.
        version: apiVersion,
        dbSize: status.dbSize,
        dbSizeInUse: status.dbSizeInUse,
        leader: status.leader === null ? NO_MEMBER : hexIdToInt64(status.leader),
        raftIndex: status.raftIndex,
        raftTerm: status.raftTerm,
        raftAppliedIndex: status.raftAppliedIndex,
        errors: status.leader === null ? [MEMBER_FAULTS.noLeader.message, ...status.errors] : status.errors,
        isLearner: status.isLearner,
      });
    }),

    // LMDB uses the pages that it has freed again by itself: there is nothing to do.
    voterUnary<object, HeaderResponse>(member, { service, method: "Defragment" }, () =>
      Promise.resolve({ header: member.header() }),
    ),

    voterUnary<object, HashResponse>(member, { service, method: "Hash" }, async () => {
      const header = member.header();
      const { hash } = await hashOf(backend.store(), 0);
      return { header, hash };
    }),

    voterUnary<HashKVRequest, HashKVResponse>(member, { service, method: "HashKV" }, async (request) => {
      const store = backend.store();
      const asked = atLeastZero(numberOf(request.revision));
      if (asked > revisionOf(store)) fail(STORE_ERRORS.futureRevision);
      if (asked > 0 && asked < compactedOf(store)) fail(STORE_ERRORS.compacted);
      const hashRevision = asked === 0 ? revisionOf(store) : asked;
      const header = member.header();
      return { header, ...(await hashOf(store, hashRevision)), hashRevision };
    }),

    snapshotMethod(member),

    voterUnary<MoveLeaderRequest, HeaderResponse>(member, { service, method: "MoveLeader" }, async ({ targetID }) => {
      if (backend.leader !== backend.memberId) fail(MEMBER_FAULTS.notLeader);
      await backend.moveLeader(hexIdOf(targetID));
      return { header: member.header() };
    }),
  ];
}

async function alarm(member: ApiMember, request: AlarmRequest, size: number): Promise<AlarmResponse> {
  const { backend } = member;
  const type = ALARMS[request.alarm] ?? null;
  await backend.linearize();
  const raised = alarmsOf(backend.store());
  if (request.action === GET || type === null) {
    const asked = raised.filter((its) => type === null || its.alarm === type);
    return { header: member.header(), alarms: asked.map(alarmMessage) };
  }
  const one = { member: hexIdOf(request.memberID), alarm: type };
  const isActivation = request.action === ACTIVATE;
  const { revision } = await member.propose({ type: isActivation ? "alarmRaise" : "alarmClear", ...one }, size);
  // As in etcd, the answer is what was changed: an alarm that was not raised can't be cleared.
  const isKnown = raised.some((its) => its.member === one.member && its.alarm === one.alarm);
  return { header: member.header(revision), alarms: isActivation || isKnown ? [alarmMessage(one)] : [] };
}

/** Others have their turn between the slices; what they write makes stores of their own. */
async function hashOf(store: StoreState, revision: number): Promise<KvHash> {
  const slices = hashKvInSlices(store, revision);
  let slice = slices.next();
  while (slice.done !== true) {
    await setImmediate();
    slice = slices.next();
  }
  return slice.value;
}

type Raised = { readonly member: string; readonly alarm: AlarmType };

function alarmMessage({ member, alarm: type }: Raised): AlarmResponse["alarms"][number] {
  return { memberID: hexIdToInt64(member), alarm: ALARMS.indexOf(type) };
}
