/** The operations on keys, and transactions of them: etcd's `Put`, `DeleteRange` and `Txn`. */

import { range, rangeOf, recordsIn, revisionFault } from "./range.ts";
import { get } from "./tree.ts";
import type {
  Compare,
  DeleteRangeOp,
  DeleteRangeResult,
  KeyRange,
  KeyValue,
  OpResult,
  PutOp,
  PutResult,
  RangeOp,
  RangeResult,
  StoreError,
  StoreOp,
  TxnOp,
  TxnResult,
} from "./types.ts";
import type { Working } from "./working.ts";

/** Why an operation, and so the whole command, can't be carried out. Thrown within one command, and caught there. */
export class OperationFault extends Error {
  readonly error: StoreError;

  constructor(error: StoreError) {
    super(error);
    this.error = error;
  }
}

export function perform(working: Working, op: StoreOp): OpResult {
  switch (op.type) {
    case "range":
      return onRange(working, op);
    case "put":
      return onPut(working, op);
    case "deleteRange":
      return onDeleteRange(working, op);
    case "txn":
      return onTxn(working, op);
  }
}

/** The newest revision is what the transaction has made of it so far. */
function onRange(working: Working, op: RangeOp): RangeResult {
  if (op.revision !== 0 && op.revision !== working.revision) {
    const outcome = range(working.before, op);
    if (!outcome.ok) throw new OperationFault(outcome.error);
    return outcome.value;
  }
  return rangeOf(op, working.keys, (record) => working.versionNow(record));
}

function onPut(working: Working, { key, value, lease, prevKv, ignoreValue, ignoreLease }: PutOp): PutResult {
  const old = working.current(key);
  if ((ignoreValue || ignoreLease) && old === null) throw new OperationFault("keyNotFound");
  const newLease = ignoreLease ? (old?.lease ?? "0") : lease;
  if (newLease !== "0" && get(working.before.leases, newLease) === null) throw new OperationFault("leaseNotFound");
  working.put(key, ignoreValue ? (old?.value ?? "") : value, newLease);
  return { type: "put", prevKv: prevKv ? old : null };
}

function onDeleteRange(working: Working, op: DeleteRangeOp): DeleteRangeResult {
  const old = [...recordsIn(working.keys, op)].flatMap((record) => working.versionNow(record) ?? []);
  for (const kv of old) working.delete(kv);
  return { type: "deleteRange", deleted: old.length, prevKvs: op.prevKv ? old : [] };
}

function onTxn(working: Working, { compare, success, failure }: TxnOp): TxnResult {
  const succeeded = compare.every((of) => holds(working, of));
  const responses = (succeeded ? success : failure).map((op) => perform(working, op));
  return { type: "txn", succeeded, responses };
}

/** A comparison of a range holds if it holds for every key there is; that of a single key looks at one that is not, too. */
function holds(working: Working, compare: Compare): boolean {
  if (compare.rangeEnd === "") return holdsFor(working.current(compare.key), compare);
  for (const record of recordsIn(working.keys, compare)) {
    const kv = working.versionNow(record);
    if (kv !== null && !holdsFor(kv, compare)) return false;
  }
  return true;
}

/** etcd takes a key that does not exist for one whose numbers are all 0, and never compares its value. */
function holdsFor(kv: KeyValue | null, compare: Compare): boolean {
  switch (compare.target) {
    case "value":
      return kv !== null && isAsAsked(order(kv.value, compare.value), compare.result);
    case "lease":
      return isAsAsked(order(BigInt(kv?.lease ?? "0"), BigInt(compare.lease)), compare.result);
    case "version":
      return isAsAsked(order(kv?.version ?? 0, compare.revision), compare.result);
    case "create":
      return isAsAsked(order(kv?.createRevision ?? 0, compare.revision), compare.result);
    case "mod":
      return isAsAsked(order(kv?.modRevision ?? 0, compare.revision), compare.result);
  }
}

function order<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isAsAsked(sign: number, result: Compare["result"]): boolean {
  switch (result) {
    case "equal":
      return sign === 0;
    case "notEqual":
      return sign !== 0;
    case "less":
      return sign < 0;
    case "greater":
      return sign > 0;
  }
}

/** Why a transaction can't be carried out whatever the store holds, or reads what it can't: null if it can. */
export function transactionFault(working: Working, txn: TxnOp): StoreError | null {
  const isDoubled = [txn.success, txn.failure].some((branch) => writesOf(branch) === null);
  if (isDoubled) return "duplicateKey";
  const faults = operationsOf(txn).map((op) =>
    op.type === "range" ? revisionFault(working.before, op.revision) : null,
  );
  return faults.find((fault) => fault !== null) ?? null;
}

/** All operations that a transaction may come to, in either branch. */
export function operationsOf(txn: TxnOp): readonly Exclude<StoreOp, TxnOp>[] {
  return [...txn.success, ...txn.failure].flatMap((op) => (op.type === "txn" ? operationsOf(op) : [op]));
}

type Writes = { readonly puts: ReadonlySet<string>; readonly deletes: readonly KeyRange[] };

/**
 * What a list of operations may write, or null if it may write a key twice: put it twice, or put and delete it. Branches of
 * one transaction within exclude each other; two transactions side by side do not.
 */
function writesOf(ops: readonly StoreOp[]): Writes | null {
  const puts = new Set<string>();
  const deletes: KeyRange[] = ops.flatMap((op) => (op.type === "deleteRange" ? [op] : []));
  for (const op of ops) {
    if (op.type !== "put") continue;
    if (puts.has(op.key) || deletes.some((of) => contains(of, op.key))) return null;
    puts.add(op.key);
  }
  for (const op of ops) {
    if (op.type !== "txn") continue;
    const [success, failure] = [writesOf(op.success), writesOf(op.failure)];
    if (success === null || failure === null) return null;
    const inner: Writes = {
      puts: new Set([...success.puts, ...failure.puts]),
      deletes: [...success.deletes, ...failure.deletes],
    };
    if ([...inner.puts].some((key) => puts.has(key) || deletes.some((of) => contains(of, key)))) return null;
    if ([...puts].some((key) => inner.deletes.some((of) => contains(of, key)))) return null;
    for (const key of inner.puts) puts.add(key);
    deletes.push(...inner.deletes);
  }
  return { puts, deletes };
}

function contains({ key, rangeEnd }: KeyRange, of: string): boolean {
  if (rangeEnd === "") return of === key;
  return of >= key && (rangeEnd === "\0" || of < rangeEnd);
}
