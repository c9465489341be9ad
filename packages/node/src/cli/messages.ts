/** What the commands read of members' answers. */

import { z } from "zod";
import type { Call } from "./client.ts";

export type MemberRow = {
  /** 16 hexadecimal digits. */
  readonly ID: string;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
};
type Header = { readonly cluster_id: string; readonly member_id: string };
type MemberList = { readonly header: Header; readonly members: readonly MemberRow[] };
type MemberAdded = MemberList & { readonly member: MemberRow };
export type StatusRow = {
  readonly header: Header;
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly leader: string;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
};
export type SnapshotPiece = { readonly remaining_bytes: number; readonly blob: Uint8Array };

/** 64 bits as a decimal text, in 16 hexadecimal digits. */
const id = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform((text) => BigInt(text).toString(16).padStart(16, "0"));
const count = z.string().regex(/^\d+$/).transform(Number);
const header: z.ZodType<Header> = z.object({ cluster_id: id, member_id: id });
const member: z.ZodType<MemberRow> = z.object({
  ID: id,
  name: z.string(),
  peerURLs: z.array(z.string()),
  clientURLs: z.array(z.string()),
  isLearner: z.boolean(),
});
const members: z.ZodType<MemberList> = z.object({ header, members: z.array(member) });
const added: z.ZodType<MemberAdded> = z.object({ header, member, members: z.array(member) });
const status: z.ZodType<StatusRow> = z.object({
  header,
  version: z.string(),
  dbSize: count,
  dbSizeInUse: count,
  leader: id,
  raftIndex: count,
  raftTerm: count,
  raftAppliedIndex: count,
  errors: z.array(z.string()),
  isLearner: z.boolean(),
});
const piece: z.ZodType<SnapshotPiece> = z.object({ remaining_bytes: count, blob: z.instanceof(Uint8Array) });

/** The 64-bit id of 16 hexadecimal digits as the wire has it. */
function wire(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

export const NO_ID: string = "0".repeat(16);

function call<T>(service: Call<T>["service"], method: string, request: object, response: z.ZodType<T>): Call<T> {
  return { service, method, request, response };
}

/** What a member knows by itself suffices here: this has to work without a quorum as well. */
export function memberList(): Call<MemberList> {
  return call("Cluster", "MemberList", { linearizable: false }, members);
}

export function memberAdd(peerURLs: readonly string[], isLearner: boolean): Call<MemberAdded> {
  return call("Cluster", "MemberAdd", { peerURLs, isLearner }, added);
}

export function memberRemove(hex: string): Call<MemberList> {
  return call("Cluster", "MemberRemove", { ID: wire(hex) }, members);
}

export function memberUpdate(hex: string, peerURLs: readonly string[]): Call<MemberList> {
  return call("Cluster", "MemberUpdate", { ID: wire(hex), peerURLs }, members);
}

export function memberPromote(hex: string): Call<MemberList> {
  return call("Cluster", "MemberPromote", { ID: wire(hex) }, members);
}

export function memberStatus(): Call<StatusRow> {
  return call("Maintenance", "Status", {}, status);
}

export function moveLeader(hex: string): Call<unknown> {
  return call("Maintenance", "MoveLeader", { targetID: wire(hex) }, z.unknown());
}

export function snapshot(): Call<SnapshotPiece> {
  return call("Maintenance", "Snapshot", {}, piece);
}
