/** The service Maintenance. */

import { alarmsOf, hashKv, revisionOf } from "../store/index.ts";
import type { AlarmType } from "../store/types.ts";
import { apiVersion } from "../version.ts";
import type { Context } from "./context.ts";
import { memberIdOfWire, numberOf, wireId } from "./convert.ts";
import { storeFault } from "./errors.ts";
import type { Long } from "./messages.ts";

type AlarmName = "NONE" | "NOSPACE" | "CORRUPT" | number;
type AlarmRequest = {
  readonly action: "GET" | "ACTIVATE" | "DEACTIVATE" | number;
  readonly memberID: Long;
  readonly alarm: AlarmName;
};

export type MaintenanceService = {
  Alarm(request: AlarmRequest): Promise<object>;
  Status(): Promise<object>;
  Defragment(): Promise<object>;
  HashKV(request: { readonly revision: Long }): Promise<object>;
  MoveLeader(request: { readonly targetID: Long }): Promise<object>;
  /** The responses of the stream. */
  snapshot(): AsyncIterable<object>;
};

export function maintenanceService(context: Context): MaintenanceService {
  const { backend } = context;
  return {
    async Alarm({ action, memberID, alarm }) {
      const type = alarmOf(alarm);
      if (action !== "GET" && type !== null) {
        const member = memberIdOfWire(memberID);
        await context.apply({ type: action === "ACTIVATE" ? "alarmRaise" : "alarmClear", member, alarm: type });
      } else {
        await backend.linearize();
      }
      const alarms = alarmsOf(backend.store()).map((of) => ({
        memberID: wireId(of.member),
        alarm: of.alarm === "noSpace" ? "NOSPACE" : "CORRUPT",
      }));
      return { header: context.header(), alarms };
    },

    Status() {
      const status = backend.status();
      return Promise.resolve({
        header: context.header(),
        // Clients decide by the version of etcd what they may ask for.
        version: apiVersion,
        dbSize: status.dbSize,
        dbSizeInUse: status.dbSizeInUse,
        leader: status.leader === null ? "0" : wireId(status.leader),
        raftIndex: status.raftIndex,
        raftTerm: status.raftTerm,
        raftAppliedIndex: status.raftAppliedIndex,
        errors: status.errors,
        isLearner: status.isLearner,
      });
    },

    /** LMDB uses the pages that it has freed again by itself: there is nothing to do. */
    Defragment: () => Promise.resolve({ header: context.header() }),

    HashKV({ revision }) {
      const store = backend.store();
      const at = numberOf(revision);
      if (at > revisionOf(store)) throw storeFault("futureRevision");
      const { hash, compactRevision } = hashKv(store, at);
      if (at !== 0 && at < compactRevision) throw storeFault("compacted");
      return Promise.resolve({ header: context.header(), hash, compact_revision: compactRevision });
    },

    async MoveLeader({ targetID }) {
      await backend.moveLeader(memberIdOfWire(targetID));
      return { header: context.header() };
    },

    async *snapshot() {
      const { size, chunks } = backend.snapshot();
      let remaining = size;
      for await (const blob of chunks) {
        for (let at = 0; at < blob.length; at += BLOB_BYTES) {
          const part = blob.subarray(at, at + BLOB_BYTES);
          remaining -= part.length;
          yield { header: context.header(), remaining_bytes: remaining, blob: part };
        }
      }
    },
  };
}

const BLOB_BYTES = 32 * 1024;

function alarmOf(alarm: AlarmName): AlarmType | null {
  if (alarm === "NOSPACE") return "noSpace";
  return alarm === "CORRUPT" ? "corrupt" : null;
}
