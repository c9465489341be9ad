/**
 * The messages of `proto/` as they are in memory: fields in camel case, bytes as buffers, 64-bit integers in halves.
 *
 * A request that was decoded has every field, since protobufjs answers absent ones with their defaults; absent messages
 * are null. A response leaves out what is zero, empty or false.
 */

import type { Int64 } from "./int64.ts";

type Bytes = Uint8Array;

export type RangeRequest = {
  readonly key: Bytes;
  readonly rangeEnd: Bytes;
  readonly limit: Int64;
  readonly revision: Int64;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly serializable: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly minModRevision: Int64;
  readonly maxModRevision: Int64;
  readonly minCreateRevision: Int64;
  readonly maxCreateRevision: Int64;
};

export type PutRequest = {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly lease: Int64;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
};

export type DeleteRangeRequest = { readonly key: Bytes; readonly rangeEnd: Bytes; readonly prevKv: boolean };

/** At most one of these is there. */
export type RequestOp = {
  readonly requestRange: RangeRequest | null;
  readonly requestPut: PutRequest | null;
  readonly requestDeleteRange: DeleteRangeRequest | null;
  readonly requestTxn: TxnRequest | null;
};

export type CompareRequest = {
  readonly result: number;
  readonly target: number;
  readonly key: Bytes;
  readonly version: Int64;
  readonly createRevision: Int64;
  readonly modRevision: Int64;
  readonly value: Bytes;
  readonly lease: Int64;
  readonly rangeEnd: Bytes;
};

export type TxnRequest = {
  readonly compare: readonly CompareRequest[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
};

export type CompactionRequest = { readonly revision: Int64; readonly physical: boolean };
export type HashKVRequest = { readonly revision: Int64 };

export type WatchCreateRequest = {
  readonly key: Bytes;
  readonly rangeEnd: Bytes;
  readonly startRevision: Int64;
  readonly progressNotify: boolean;
  readonly filters: readonly number[];
  readonly prevKv: boolean;
  readonly watchId: Int64;
  readonly fragment: boolean;
};
/** At most one of these is there. */
export type WatchRequest = {
  readonly createRequest: WatchCreateRequest | null;
  readonly cancelRequest: { readonly watchId: Int64 } | null;
  readonly progressRequest: object | null;
};

export type LeaseGrantRequest = { readonly TTL: Int64; readonly ID: Int64 };
export type LeaseRequest = { readonly ID: Int64 };
export type LeaseTimeToLiveRequest = { readonly ID: Int64; readonly keys: boolean };

export type MemberAddRequest = { readonly peerURLs: readonly string[]; readonly isLearner: boolean };
export type MemberRequest = { readonly ID: Int64 };
export type MemberUpdateRequest = { readonly ID: Int64; readonly peerURLs: readonly string[] };

export type AlarmRequest = { readonly action: number; readonly memberID: Int64; readonly alarm: number };
export type MoveLeaderRequest = { readonly targetID: Int64 };
export type HealthCheckRequest = { readonly service: string };

export type ResponseHeader = {
  readonly clusterId?: Int64;
  readonly memberId?: Int64;
  readonly revision: number;
  readonly raftTerm?: number;
};

export type KeyValueMessage = {
  readonly key: Bytes;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly value: Bytes;
  readonly lease: Int64;
};
export type EventMessage = {
  readonly type: number;
  readonly kv: KeyValueMessage | { readonly key: Bytes; readonly modRevision: number };
  readonly prevKv?: KeyValueMessage;
};

type Headed = { readonly header: ResponseHeader };

export type RangeResponse = Headed & {
  readonly kvs: readonly KeyValueMessage[];
  readonly more: boolean;
  readonly count: number;
};
export type PutResponse = Headed & { readonly prevKv?: KeyValueMessage };
export type DeleteRangeResponse = Headed & { readonly deleted: number; readonly prevKvs: readonly KeyValueMessage[] };
export type ResponseOp =
  | { readonly responseRange: RangeResponse }
  | { readonly responsePut: PutResponse }
  | { readonly responseDeleteRange: DeleteRangeResponse }
  | { readonly responseTxn: TxnResponse };
export type TxnResponse = Headed & { readonly succeeded: boolean; readonly responses: readonly ResponseOp[] };
/** Of those that have nothing to say. */
export type HeaderResponse = Headed;

export type HashResponse = Headed & { readonly hash: number };
export type HashKVResponse = HashResponse & { readonly compactRevision: number; readonly hashRevision: number };
export type SnapshotResponse = Headed & { readonly remainingBytes: number; readonly blob: Bytes };

export type WatchResponse = {
  readonly header?: ResponseHeader;
  readonly watchId?: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: number;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly EventMessage[];
};

export type LeaseGrantResponse = Headed & { readonly ID: Int64; readonly TTL: number };
export type LeaseKeepAliveResponse = LeaseGrantResponse;
export type LeaseTimeToLiveResponse = LeaseGrantResponse & {
  readonly grantedTTL: number;
  readonly keys: readonly Bytes[];
};
export type LeaseLeasesResponse = Headed & { readonly leases: readonly { readonly ID: Int64 }[] };

export type MemberMessage = {
  readonly ID: Int64;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
};
export type MembersResponse = Headed & { readonly members: readonly MemberMessage[] };
export type MemberAddResponse = MembersResponse & { readonly member: MemberMessage | null };

export type AlarmResponse = Headed & {
  readonly alarms: readonly { readonly memberID: Int64; readonly alarm: number }[];
};
export type StatusResponse = Headed & {
  readonly version: string;
  readonly dbSize: number;
  readonly leader: Int64;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly errors: readonly string[];
  readonly dbSizeInUse: number;
  readonly isLearner: boolean;
};
export type AuthStatusResponse = Headed & { readonly enabled: boolean; readonly authRevision: number };
export type HealthCheckResponse = { readonly status: number };

export type OpenSessionResponse = { readonly header: ResponseHeader; readonly clientId: string };
