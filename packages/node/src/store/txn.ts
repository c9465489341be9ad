/** The requests that change keys: put, deleteRange, txn. */

import { holds } from "./compare.ts";
import { writesTwice } from "./duplicates.ts";
import { committed, deleteKey, draftOf, keyOf, putKey } from "./keys.ts";
import type { Draft } from "./keys.ts";
import { byLease } from "./orders.ts";
import { keysNow, rangeIn, revisionFault } from "./range.ts";
import { failed } from "./state.ts";
import type { Applied, StoreState } from "./state.ts";
import { find } from "./tree/read.ts";
import type { DeleteRangeOp, OpResult, PutOp, StoreError, StoreOp, TxnOp } from "./types.ts";

export function onPut(state: StoreState, op: PutOp): Applied {
  if (isFull(state)) return failed(state, "noSpace");
  if (!isLease(state, op)) return failed(state, "leaseNotFound");
  return concluded(state, write(draftOf(state), op));
}

export function onDeleteRange(state: StoreState, op: DeleteRangeOp): Applied {
  return concluded(state, write(draftOf(state), op));
}

/**
 * All conditions, those of nested transactions too, are judged by the state before the first change, and all operations
 * are looked through before the first is carried out.
 */
export function onTxn(state: StoreState, op: TxnOp): Applied {
  if (writesTwice(op.success) || writesTwice(op.failure)) return failed(state, "duplicateKey");
  if (isFull(state) && mayPut(op)) return failed(state, "noSpace");
  const path = pathOf(state, op);
  const error = faultOf(state, path, putFault) ?? faultOf(state, path, rangeFault);
  return error === null ? concluded(state, writeAll(draftOf(state), path)) : failed(state, error);
}

/** A step of a draft: what became of it, or why it could not be taken. */
type Written =
  | { readonly ok: true; readonly draft: Draft; readonly value: OpResult }
  | { readonly ok: false; readonly error: StoreError };

function concluded(before: StoreState, written: Written): Applied {
  if (!written.ok) return failed(before, written.error);
  const state = committed(written.draft);
  return { state, result: { ok: true, value: written.value, revision: state.revision } };
}

function isFull({ alarms }: StoreState): boolean {
  return alarms.some(({ alarm }) => alarm === "noSpace");
}

function mayPut(op: StoreOp): boolean {
  return op.type === "put" || (op.type === "txn" && (op.success.some(mayPut) || op.failure.some(mayPut)));
}

/** Whether an operation is no read, nor a transaction of reads alone. */
export function mayWrite(op: StoreOp): boolean {
  return op.type === "txn" ? op.success.some(mayWrite) || op.failure.some(mayWrite) : op.type !== "range";
}

function isLease({ leases }: StoreState, { lease }: PutOp): boolean {
  return lease === "0" || find(byLease, leases, lease) !== null;
}

/** A transaction whose conditions have been judged. */
type Path = { readonly type: "path"; readonly succeeded: boolean; readonly ops: readonly (SingleOp | Path)[] };
type SingleOp = Exclude<StoreOp, TxnOp>;

function pathOf(state: StoreState, { compare, success, failure }: TxnOp): Path {
  const succeeded = compare.every((condition) => holds(state, condition));
  const ops = (succeeded ? success : failure).map((op) => (op.type === "txn" ? pathOf(state, op) : op));
  return { type: "path", succeeded, ops };
}

type Fault = (state: StoreState, op: SingleOp) => StoreError | null;

/** The first fault of an operation on the path, or null. */
function faultOf(state: StoreState, { ops }: Path, fault: Fault): StoreError | null {
  for (const op of ops) {
    const error = op.type === "path" ? faultOf(state, op, fault) : fault(state, op);
    if (error !== null) return error;
  }
  return null;
}

function putFault(state: StoreState, op: SingleOp): StoreError | null {
  if (op.type !== "put") return null;
  if ((op.ignoreValue || op.ignoreLease) && keyOf(state, op.key) === null) return "keyNotFound";
  return isLease(state, op) ? null : "leaseNotFound";
}

function rangeFault(state: StoreState, op: SingleOp): StoreError | null {
  return op.type === "range" ? revisionFault(state, op.revision) : null;
}

function writeAll(draft: Draft, { succeeded, ops }: Path): Written {
  let last = draft;
  const responses: OpResult[] = [];
  for (const op of ops) {
    const written = op.type === "path" ? writeAll(last, op) : write(last, op);
    if (!written.ok) return written;
    last = written.draft;
    responses.push(written.value);
  }
  return { ok: true, draft: last, value: { type: "txn", succeeded, responses } };
}

function write(draft: Draft, op: SingleOp): Written {
  switch (op.type) {
    case "range":
      return { ok: true, draft, value: rangeIn(draft.state, op) };
    case "put":
      return writePut(draft, op);
    case "deleteRange":
      return writeDeleteRange(draft, op);
  }
}

/** The key can be missing although it was there before the transaction, if that began with a deletion of all keys. */
function writePut(draft: Draft, { key, value, lease, prevKv, ignoreValue, ignoreLease }: PutOp): Written {
  const before = keyOf(draft.state, key);
  if ((ignoreValue || ignoreLease) && before === null) return { ok: false, error: "keyNotFound" };
  const kv = {
    key,
    value: ignoreValue && before !== null ? before.value : value,
    lease: ignoreLease && before !== null ? before.lease : lease,
  };
  const value_ = { type: "put", prevKv: prevKv ? before : null } as const;
  return { ok: true, draft: putKey(draft, before, kv), value: value_ };
}

function writeDeleteRange(draft: Draft, op: DeleteRangeOp): Written {
  const kvs = keysNow(draft.state, op, Infinity);
  const after = kvs.reduce(deleteKey, draft);
  return { ok: true, draft: after, value: { type: "deleteRange", deleted: kvs.length, prevKvs: op.prevKv ? kvs : [] } };
}
