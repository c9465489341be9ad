/**
 * The replicated store: what its commands, results and state are.
 *
 * The data model is etcd's: keys in the order of their bytes, each change of the store a new revision, old revisions kept
 * until they are compacted. Names are those of etcd's `rpc.proto` and `kv.proto` (github etcd-io/etcd), in lower camel
 * case.
 */

/** A string of bytes: one code unit from 0 to 255 a byte ("latin1"), so that `<` compares as bytes do. */
export type Bytes = string;

/** A lease's id, a positive 63-bit integer in decimal digits, or `"0"` for none. */
export type LeaseId = string;

/** A member's id, 64 bits in 16 hexadecimal digits; also its name as a node of the protocol. */
export type MemberId = string;

/** A key as it was at one revision. */
export type KeyValue = {
  readonly key: Bytes;
  readonly value: Bytes;
  /** The revision of the last creation. */
  readonly createRevision: number;
  /** The revision of the last change. */
  readonly modRevision: number;
  /** How often it was changed since its creation, that included. A deletion starts it anew. */
  readonly version: number;
  readonly lease: LeaseId;
};

/**
 * The keys from `key` up to, and without, `rangeEnd`. As etcd has it: `rangeEnd` empty means `key` alone, `"\0"` means all
 * keys from `key` on.
 */
export type KeyRange = { readonly key: Bytes; readonly rangeEnd: Bytes };

export type SortTarget = "key" | "version" | "create" | "mod" | "value";

export type RangeOp = KeyRange & {
  readonly type: "range";
  /** How many to return at most, 0 for all. `count` is not limited by it. */
  readonly limit: number;
  /** The revision to read at, 0 for the newest. */
  readonly revision: number;
  readonly sortOrder: "none" | "ascend" | "descend";
  readonly sortTarget: SortTarget;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** Bounds of revisions, 0 for none. They filter what is returned, and not the count. */
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
};
export type PutOp = {
  readonly type: "put";
  readonly key: Bytes;
  readonly value: Bytes;
  readonly lease: LeaseId;
  readonly prevKv: boolean;
  /** Keep the value that the key has: the key must exist. */
  readonly ignoreValue: boolean;
  /** Keep the lease that the key has: the key must exist. */
  readonly ignoreLease: boolean;
};
export type DeleteRangeOp = KeyRange & { readonly type: "deleteRange"; readonly prevKv: boolean };
export type TxnOp = {
  readonly type: "txn";
  readonly compare: readonly Compare[];
  readonly success: readonly StoreOp[];
  readonly failure: readonly StoreOp[];
};
export type StoreOp = RangeOp | PutOp | DeleteRangeOp | TxnOp;

/** Holds if it holds for every key of the range; for one key that does not exist, numbers are 0 and a value never equal. */
export type Compare = KeyRange & {
  readonly result: "equal" | "greater" | "less" | "notEqual";
} & (
    | { readonly target: "version" | "create" | "mod"; readonly revision: number }
    | { readonly target: "value"; readonly value: Bytes }
    | { readonly target: "lease"; readonly lease: LeaseId }
  );

/** A member of the cluster, as clients see it. A member that has not started yet has no name. */
export type Member = {
  readonly id: MemberId;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
};

export type AlarmType = "noSpace" | "corrupt";

/** What the order of the cluster holds. The first three are requests of clients as they are. */
export type StoreCommand =
  | PutOp
  | DeleteRangeOp
  | TxnOp
  | { readonly type: "compact"; readonly revision: number }
  /** `ttl` in seconds. */
  | { readonly type: "leaseGrant"; readonly id: LeaseId; readonly ttl: number }
  | { readonly type: "leaseRevoke"; readonly id: LeaseId }
  /** From `term` on, its leader watches over the leases: what an earlier one says of their expiry no longer counts. */
  | { readonly type: "lessor"; readonly term: number }
  /** The time of the lease that was granted as number `grant` has run out, says the leader of `term`. */
  | { readonly type: "leaseExpire"; readonly id: LeaseId; readonly term: number; readonly grant: number }
  /** The members at the beginning; later changes are `members...`. Without effect if there are members already. */
  | { readonly type: "membersInit"; readonly members: readonly Member[] }
  | { readonly type: "memberAdd"; readonly member: Member }
  | { readonly type: "memberRemove"; readonly id: MemberId }
  | { readonly type: "memberUpdate"; readonly id: MemberId; readonly peerUrls: readonly string[] }
  | { readonly type: "memberPromote"; readonly id: MemberId }
  /** A member that has started says what it is called and where clients reach it. */
  | {
      readonly type: "memberPublish";
      readonly id: MemberId;
      readonly name: string;
      readonly clientUrls: readonly string[];
    }
  | { readonly type: "alarmRaise"; readonly member: MemberId; readonly alarm: AlarmType }
  | { readonly type: "alarmClear"; readonly member: MemberId; readonly alarm: AlarmType };

/**
 * A request through a session: see `server/once.ts`.
 *
 * `client` is what opening the session gave. The client numbers its requests as it likes, each with a `sequence` of its own;
 * it has the answers of all that are numbered below `acknowledged`, and will not send these again.
 */
export type SessionRequest = {
  readonly type: "sessionRequest";
  readonly client: string;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly command: StoreCommand;
};

/** What members put into the order. `nonce` is new each time. */
export type ClientCommand = StoreCommand | { readonly type: "sessionOpen"; readonly nonce: string } | SessionRequest;

/**
 * Why a command, or a read, was not carried out. It has changed nothing then.
 *
 * Of requests through a session: it may have been carried out before, and was for certain if the answer is too long to have
 * been kept.
 */
export type StoreError =
  | "sessionExpired"
  | "answerAcknowledged"
  | "answerTooLong"
  | "compacted"
  | "futureRevision"
  | "keyNotFound"
  | "duplicateKey"
  | "leaseNotFound"
  | "leaseExists"
  | "noSpace"
  | "corrupt"
  | "memberNotFound"
  | "memberExists"
  | "peerUrlExists"
  | "memberNotLearner"
  | "tooManyLearners";

export type RangeResult = {
  readonly type: "range";
  readonly kvs: readonly KeyValue[];
  /** Whether there are more than `limit`. */
  readonly more: boolean;
  readonly count: number;
};
type PutResult = { readonly type: "put"; readonly prevKv: KeyValue | null };
type DeleteRangeResult = {
  readonly type: "deleteRange";
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
};
type TxnResult = { readonly type: "txn"; readonly succeeded: boolean; readonly responses: readonly OpResult[] };
export type OpResult = RangeResult | PutResult | DeleteRangeResult | TxnResult;

/** What a command comes to. `revision` is the store's after it. */
export type StoreResult = { readonly revision: number } & (
  | {
      readonly ok: true;
      readonly value:
        OpResult | { readonly type: "done" } | { readonly type: "sessionOpened"; readonly client: string };
    }
  | { readonly ok: false; readonly error: StoreError }
);

/** A change of one key. `prevKv` is what the key was before, if that is not compacted. A deletion's `kv` has key and `modRevision`. */
export type StoreEvent = {
  readonly type: "put" | "delete";
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | null;
};
