/**
 * Whether a transaction would change a key twice: etcd refuses that, since all its changes have one revision. What it
 * refuses is decided by what is asked for and not by what is there.
 *
 * After etcd's `checkIntervals`, with its gaps: what one nested transaction puts, a later one may delete; and a deletion
 * of all keys from one on counts as none.
 *
 * That is the same as this: go through a list of operations with its deletions first, then its nested transactions, then
 * its puts; no put may come upon a key that was put or deleted before. Of a nested transaction's two branches neither sees
 * what the other writes, and what follows sees both.
 */

import { compareBytes } from "./orders.ts";
import { PrefixSums } from "./prefix-sums.ts";
import type { Bytes, KeyRange, StoreOp } from "./types.ts";

export function writesTwice(ops: readonly StoreOp[]): boolean {
  return judge(ops).writesTwice;
}

/** `steps` is how often keys were compared and counters looked at: what a verdict costs, whatever the machine. */
export function judge(ops: readonly StoreOp[]): { readonly writesTwice: boolean; readonly steps: number } {
  const places = new Places(ops);
  const written = new Written(places.size);
  const takesAll = written.takes(listOf(places, ops));
  return { writesTwice: !takesAll, steps: places.comparisons + written.steps };
}

/** A list of operations, with places in place of keys: a deletion takes those from `first` up to, and without, `end`. */
type List = {
  readonly deletions: readonly { readonly first: number; readonly end: number }[];
  readonly branches: readonly { readonly smaller: List; readonly larger: List }[];
  readonly puts: readonly number[];
  /** How many deletions and puts there are, those within it included. */
  readonly size: number;
};

function listOf(places: Places, ops: readonly StoreOp[]): List {
  const deletions: { readonly first: number; readonly end: number }[] = [];
  const branches: { readonly smaller: List; readonly larger: List }[] = [];
  const puts: number[] = [];
  let size = 0;
  for (const op of ops) {
    if (op.type === "put") puts.push(places.of(op.key));
    else if (op.type === "deleteRange") deletions.push(places.in(op));
    else if (op.type === "txn") {
      const [success, failure] = [listOf(places, op.success), listOf(places, op.failure)];
      const isSmaller = success.size <= failure.size;
      branches.push(isSmaller ? { smaller: success, larger: failure } : { smaller: failure, larger: success });
      size += success.size + failure.size;
    }
  }
  return { deletions, branches, puts, size: size + deletions.length + puts.length };
}

/** The keys that are put, each once and in order. A key's place is how many of them are less. */
class Places {
  readonly #keys: readonly Bytes[];
  comparisons = 0;

  constructor(ops: readonly StoreOp[]) {
    const keys = new Set<Bytes>();
    collectPuts(ops, keys);
    this.#keys = [...keys].sort((a, b) => this.#compare(a, b));
  }

  get size(): number {
    return this.#keys.length;
  }

  of(key: Bytes): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#keys[middle] ?? "", key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  in({ key, rangeEnd }: KeyRange): { readonly first: number; readonly end: number } {
    // Nothing lies between a key and the same key with a zero byte after it.
    return { first: this.of(key), end: this.of(rangeEnd === "" ? `${key}\0` : rangeEnd) };
  }

  #compare(a: Bytes, b: Bytes): number {
    this.comparisons += 1;
    return compareBytes(a, b);
  }
}

function collectPuts(ops: readonly StoreOp[], keys: Set<Bytes>): void {
  for (const op of ops) {
    if (op.type === "put") keys.add(op.key);
    else if (op.type === "txn") {
      collectPuts(op.success, keys);
      collectPuts(op.failure, keys);
    }
  }
}

/**
 * What has been put and deleted so far. Each operation is written in O(log n). The smaller of two branches is taken back
 * while the larger is looked at, and then written again: so each operation is written O(log n) times at most.
 */
class Written {
  /** How many deletions there are around a key: the sum, up to its place, of those that begin less those that end. */
  readonly #deletions: PrefixSums;
  /** How often each key is put: more than once, if branches that exclude each other do. */
  readonly #puts: Uint32Array;
  #putSteps = 0;

  constructor(keyCount: number) {
    this.#deletions = new PrefixSums(keyCount);
    this.#puts = new Uint32Array(keyCount);
  }

  get steps(): number {
    return this.#deletions.steps + this.#putSteps;
  }

  /** Writes what is in the list, and says whether no key is written twice. If one is, it stops there. */
  takes({ deletions, branches, puts }: List): boolean {
    for (const { first, end } of deletions) this.#delete(first, end, 1);
    for (const { smaller, larger } of branches) {
      if (!this.takes(smaller)) return false;
      this.#write(smaller, -1);
      if (!this.takes(larger)) return false;
      this.#write(smaller, 1);
    }
    for (const place of puts) {
      if ((this.#puts[place] ?? 0) > 0 || this.#deletions.upTo(place) > 0) return false;
      this.#put(place, 1);
    }
    return true;
  }

  /** Writes all that is in the list, or, -1 times, takes it back. */
  #write({ deletions, branches, puts }: List, times: 1 | -1): void {
    for (const { first, end } of deletions) this.#delete(first, end, times);
    for (const { smaller, larger } of branches) {
      this.#write(smaller, times);
      this.#write(larger, times);
    }
    for (const place of puts) this.#put(place, times);
  }

  #put(place: number, times: 1 | -1): void {
    this.#putSteps += 1;
    this.#puts[place] = (this.#puts[place] ?? 0) + times;
  }

  #delete(first: number, end: number, times: 1 | -1): void {
    if (first >= end) return;
    this.#deletions.add(first, times);
    this.#deletions.add(end, -times);
  }
}
