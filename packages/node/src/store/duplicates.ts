/**
 * Whether a transaction would change a key twice: etcd refuses that, since all its changes have one revision. What it
 * refuses is decided by what is asked for and not by what is there.
 *
 * After etcd's `checkIntervals`, with its gaps: what one nested transaction puts, a later one may delete; and a deletion
 * of all keys from one on counts as none.
 */

import type { Bytes, KeyRange, StoreOp } from "./types.ts";

/** What the operations of a transaction, nested ones included, put and delete. */
type Written = { readonly puts: ReadonlySet<Bytes>; readonly deletes: readonly KeyRange[] };

export function writesTwice(ops: readonly StoreOp[]): boolean {
  return writtenBy(ops) === null;
}

/** What is written by these operations, or null if a key is written twice. */
function writtenBy(ops: readonly StoreOp[]): Written | null {
  const puts = new Set<Bytes>();
  const deletes: KeyRange[] = ops.filter((op) => op.type === "deleteRange");
  const isTaken = (key: Bytes): boolean => puts.has(key) || deletes.some((range) => covers(range, key));
  for (const op of ops) {
    if (op.type !== "txn") continue;
    const [success, failure] = [writtenBy(op.success), writtenBy(op.failure)];
    if (success === null || failure === null) return null;
    // The two exclude each other, so that both may write one key.
    const either = new Set([...success.puts, ...failure.puts]);
    for (const key of either) if (isTaken(key)) return null;
    for (const key of either) puts.add(key);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const op of ops) {
    if (op.type !== "put") continue;
    if (isTaken(op.key)) return null;
    puts.add(op.key);
  }
  return { puts, deletes };
}

function covers({ key, rangeEnd }: KeyRange, other: Bytes): boolean {
  return rangeEnd === "" ? other === key : key <= other && other < rangeEnd;
}
