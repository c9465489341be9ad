/** The messages of `proto/rpc.proto`, as they come off the wire and go onto it: 64-bit numbers are decimal strings there. */

export type Long = string | number;

/** Whether a field of a `oneof`, which is absent or null where another one is set, is set. */
export function isSet<T>(field: T | null | undefined): field is T {
  return field !== null && field !== undefined;
}

export type KeyValueMessage = {
  readonly key: Uint8Array;
  readonly create_revision: Long;
  readonly mod_revision: Long;
  readonly version: Long;
  readonly value: Uint8Array;
  readonly lease: Long;
};
export type EventMessage = {
  readonly type: "PUT" | "DELETE";
  readonly kv: KeyValueMessage;
  readonly prev_kv: KeyValueMessage | null;
};
export type Header = {
  readonly cluster_id: string;
  readonly member_id: string;
  readonly revision: Long;
  readonly raft_term: Long;
};

export type RangeRequest = {
  readonly key: Uint8Array;
  readonly range_end: Uint8Array;
  readonly limit: Long;
  readonly revision: Long;
  readonly sort_order: "NONE" | "ASCEND" | "DESCEND" | number;
  readonly sort_target: "KEY" | "VERSION" | "CREATE" | "MOD" | "VALUE" | number;
  readonly serializable: boolean;
  readonly keys_only: boolean;
  readonly count_only: boolean;
  readonly min_mod_revision: Long;
  readonly max_mod_revision: Long;
  readonly min_create_revision: Long;
  readonly max_create_revision: Long;
};
export type PutRequest = {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: Long;
  readonly prev_kv: boolean;
  readonly ignore_value: boolean;
  readonly ignore_lease: boolean;
};
export type DeleteRangeRequest = {
  readonly key: Uint8Array;
  readonly range_end: Uint8Array;
  readonly prev_kv: boolean;
};
/** Which field is set `request` says; it is absent where a client has set none. */
export type RequestOp = {
  readonly request?: "request_range" | "request_put" | "request_delete_range" | "request_txn";
  readonly request_range?: RangeRequest | null;
  readonly request_put?: PutRequest | null;
  readonly request_delete_range?: DeleteRangeRequest | null;
  readonly request_txn?: TxnRequest | null;
};
export type CompareMessage = {
  readonly result: "EQUAL" | "GREATER" | "LESS" | "NOT_EQUAL" | number;
  readonly target: "VERSION" | "CREATE" | "MOD" | "VALUE" | "LEASE" | number;
  readonly key: Uint8Array;
  readonly version?: Long;
  readonly create_revision?: Long;
  readonly mod_revision?: Long;
  readonly value?: Uint8Array;
  readonly lease?: Long;
  readonly range_end: Uint8Array;
};
export type TxnRequest = {
  readonly compare: readonly CompareMessage[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
};

export type WatchCreateRequest = {
  readonly key: Uint8Array;
  readonly range_end: Uint8Array;
  readonly start_revision: Long;
  readonly progress_notify: boolean;
  readonly filters: readonly ("NOPUT" | "NODELETE" | number)[];
  readonly prev_kv: boolean;
  readonly watch_id: Long;
  readonly fragment: boolean;
};
export type WatchRequest = {
  readonly request_union?: "create_request" | "cancel_request" | "progress_request";
  readonly create_request?: WatchCreateRequest | null;
  readonly cancel_request?: { readonly watch_id: Long } | null;
};
export type WatchResponse = {
  readonly header: Header;
  readonly watch_id: Long;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: Long;
  readonly cancel_reason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly EventMessage[];
};
