/**
 * A dumb twin of the store: it copies everything at each revision, and looks at everything for each answer. Written from
 * etcd's behaviour and not from the store's code, so that an error has to be made twice to stay unseen.
 */

import type { Compare, KeyRange, KeyValue, OpResult, RangeOp, RangeResult, StoreOp, TxnOp } from "../types.ts";
import type { StoreCommand, StoreError, StoreEvent, StoreResult } from "../types.ts";

type Contents = ReadonlyMap<string, KeyValue>;

/** What changes anything, in itself or in a transaction within. No key or value of a test spells it. */
const CORRUPTIBLE = /"type":"(put|deleteRange|compact|leaseGrant|leaseRevoke|leaseExpire)"/;

class Fault extends Error {
  readonly error: StoreError;

  constructor(error: StoreError) {
    super(error);
    this.error = error;
  }
}

export class NaiveStore {
  /** What there was at each revision, from revision 0 on. */
  readonly contents: Contents[] = [new Map(), new Map()];
  /** What happened at each revision. */
  readonly events: StoreEvent[][] = [[], []];
  readonly leases: Map<string, number> = new Map();
  /** The ids of all leases that were ever granted. */
  readonly granted: string[] = [];
  compacted: number = -1;
  isFull = false;
  isCorrupt = false;
  lessorTerm = 0;

  get revision(): number {
    return this.contents.length - 1;
  }

  apply(command: StoreCommand): StoreResult {
    try {
      const value = this.#perform(command);
      return { ok: true, value, revision: this.revision };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { ok: false, error: error.error, revision: this.revision };
    }
  }

  #perform(command: StoreCommand): OpResult | { readonly type: "done" } {
    if (this.isCorrupt && CORRUPTIBLE.test(JSON.stringify(command))) throw new Fault("corrupt");
    switch (command.type) {
      case "put":
      case "deleteRange":
      case "txn":
        return this.#write(command);
      case "compact":
        if (command.revision <= this.compacted) throw new Fault("compacted");
        if (command.revision > this.revision) throw new Fault("futureRevision");
        this.compacted = command.revision;
        return { type: "done" };
      case "leaseGrant":
        if (this.isFull) throw new Fault("noSpace");
        if (this.leases.has(command.id)) throw new Fault("leaseExists");
        this.leases.set(command.id, command.ttl);
        this.granted.push(command.id);
        return { type: "done" };
      case "leaseRevoke":
        return this.#revoke(command.id);
      case "lessor":
        this.lessorTerm = Math.max(this.lessorTerm, command.term);
        return { type: "done" };
      case "leaseExpire":
        if (command.term !== this.lessorTerm) return { type: "done" };
        if (this.leases.has(command.id) && this.granted.lastIndexOf(command.id) !== command.grant - 1)
          return { type: "done" };
        return this.#revoke(command.id);
      case "alarmRaise":
      case "alarmClear":
        if (command.alarm === "noSpace") this.isFull = command.type === "alarmRaise";
        else this.isCorrupt = command.type === "alarmRaise";
        return { type: "done" };
      case "membersInit":
      case "memberAdd":
      case "memberRemove":
      case "memberUpdate":
      case "memberPromote":
      case "memberPublish":
        throw new Error(`The naive store has no members, and so no ${command.type}.`);
    }
  }

  #revoke(id: string): { readonly type: "done" } {
    if (!this.leases.delete(id)) throw new Fault("leaseNotFound");
    const ops = this.keysOf(id).map((key) => ({ type: "deleteRange", key, rangeEnd: "", prevKv: false }) as const);
    this.#revise((draft, events) => {
      for (const op of ops) this.#op(draft, events, op, new Map());
    });
    return { type: "done" };
  }

  keysOf(id: string): readonly string[] {
    return inOrder(this.#newest())
      .filter(({ lease }) => lease === id)
      .map(({ key }) => key);
  }

  #newest(): Contents {
    return this.contents.at(-1) ?? new Map();
  }

  /** Makes a revision, if anything happens in it. */
  #revise<T>(write: (draft: Map<string, KeyValue>, events: StoreEvent[]) => T): T {
    const [draft, events]: [Map<string, KeyValue>, StoreEvent[]] = [new Map(this.#newest()), []];
    const value = write(draft, events);
    if (events.length > 0) {
      this.contents.push(draft);
      this.events.push(events);
    }
    return value;
  }

  #write(op: StoreOp): OpResult {
    if (op.type === "txn" && hasClash(op)) throw new Fault("duplicateKey");
    if (this.isFull && JSON.stringify(op).includes('"type":"put"')) throw new Fault("noSpace");
    const verdicts = new Map<TxnOp, boolean>();
    const plan = this.#plan(op, verdicts);
    const keyFault = (put: StoreOp): Fault | null =>
      put.type === "put" && (put.ignoreValue || put.ignoreLease) && !this.#newest().has(put.key)
        ? new Fault("keyNotFound")
        : null;
    const leaseFault = (put: StoreOp): Fault | null =>
      put.type === "put" && put.lease !== "0" && !this.leases.has(put.lease) ? new Fault("leaseNotFound") : null;
    for (const step of plan) {
      const [first, second] = op.type === "put" ? [leaseFault, keyFault] : [keyFault, leaseFault];
      const fault = first(step) ?? second(step);
      if (fault !== null) throw fault;
    }
    for (const step of plan) if (step.type === "range") this.demandReadable(step.revision);
    return this.#revise((draft, events) => this.#op(draft, events, op, verdicts));
  }

  /** The operations that will be carried out, and which branch each transaction takes. */
  #plan(op: StoreOp, verdicts: Map<TxnOp, boolean>): readonly StoreOp[] {
    if (op.type !== "txn") return [op];
    const succeeded = op.compare.every((condition) => this.#holds(condition));
    verdicts.set(op, succeeded);
    return (succeeded ? op.success : op.failure).flatMap((step) => this.#plan(step, verdicts));
  }

  #holds(condition: Compare): boolean {
    const found = [...this.#newest().values()].filter(({ key }) => isIn(condition, key));
    if (found.length === 0 && condition.target === "value") return false;
    const missing = { key: "", value: "", createRevision: 0, modRevision: 0, version: 0, lease: "0" };
    return (found.length === 0 ? [missing] : found).every((kv) => {
      const [a, b] = sides(condition, kv);
      if (condition.result === "equal") return a === b;
      if (condition.result === "notEqual") return a !== b;
      return condition.result === "less" ? a < b : a > b;
    });
  }

  #op(
    draft: Map<string, KeyValue>,
    events: StoreEvent[],
    op: StoreOp,
    verdicts: ReadonlyMap<TxnOp, boolean>,
  ): OpResult {
    const revision = this.revision + 1;
    if (op.type === "txn") {
      const succeeded = verdicts.get(op) === true;
      const steps = succeeded ? op.success : op.failure;
      return { type: "txn", succeeded, responses: steps.map((step) => this.#op(draft, events, step, verdicts)) };
    }
    if (op.type === "range") return rangeOf(op.revision === 0 ? draft : (this.contents[op.revision] ?? draft), op);
    if (op.type === "deleteRange") {
      const gone = inOrder(draft).filter(({ key }) => isIn(op, key));
      for (const { key } of gone) {
        draft.delete(key);
        const kv = { key, value: "", createRevision: 0, modRevision: revision, version: 0, lease: "0" };
        events.push({ type: "delete", kv, prevKv: this.#newest().get(key) ?? null });
      }
      return { type: "deleteRange", deleted: gone.length, prevKvs: op.prevKv ? gone : [] };
    }
    const old = draft.get(op.key);
    if (old === undefined && (op.ignoreValue || op.ignoreLease)) throw new Fault("keyNotFound");
    const kv: KeyValue = {
      key: op.key,
      value: op.ignoreValue && old !== undefined ? old.value : op.value,
      createRevision: old === undefined ? revision : old.createRevision,
      modRevision: revision,
      version: old === undefined ? 1 : old.version + 1,
      lease: op.ignoreLease && old !== undefined ? old.lease : op.lease,
    };
    draft.set(op.key, kv);
    events.push({ type: "put", kv, prevKv: this.#newest().get(op.key) ?? null });
    return { type: "put", prevKv: op.prevKv ? (old ?? null) : null };
  }

  demandReadable(revision: number): void {
    if (revision > this.revision) throw new Fault("futureRevision");
    if (revision !== 0 && revision < this.compacted) throw new Fault("compacted");
  }

  range(op: RangeOp): RangeResult | StoreError {
    if (op.revision > this.revision) return "futureRevision";
    if (op.revision !== 0 && op.revision < this.compacted) return "compacted";
    return rangeOf(op.revision === 0 ? this.#newest() : (this.contents[op.revision] ?? new Map()), op);
  }
}

function isIn({ key, rangeEnd }: KeyRange, other: string): boolean {
  if (rangeEnd === "") return other === key;
  return other >= key && (rangeEnd === "\0" || other < rangeEnd);
}

function inOrder(contents: Contents): readonly KeyValue[] {
  return [...contents.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function sides(condition: Compare, kv: KeyValue): readonly [bigint | string, bigint | string] {
  switch (condition.target) {
    case "value":
      return [kv.value, condition.value];
    case "lease":
      return [BigInt(kv.lease), BigInt(condition.lease)];
    case "version":
      return [BigInt(kv.version), BigInt(condition.revision)];
    case "create":
      return [BigInt(kv.createRevision), BigInt(condition.revision)];
    case "mod":
      return [BigInt(kv.modRevision), BigInt(condition.revision)];
  }
}

function rangeOf(contents: Contents, op: RangeOp): RangeResult {
  const all = inOrder(contents).filter(({ key }) => isIn(op, key));
  if (op.countOnly) return { type: "range", kvs: [], more: false, count: all.length };
  const isWithin = (value: number, min: number, max: number): boolean =>
    (min === 0 || value >= min) && (max === 0 || value <= max);
  const passing = all.filter(
    (kv) =>
      isWithin(kv.modRevision, op.minModRevision, op.maxModRevision) &&
      isWithin(kv.createRevision, op.minCreateRevision, op.maxCreateRevision),
  );
  const hasFilter = op.minModRevision + op.maxModRevision + op.minCreateRevision + op.maxCreateRevision > 0;
  const isPartial = op.limit > 0 && op.sortOrder === "none" && !hasFilter;
  const fields = {
    key: "key",
    value: "value",
    version: "version",
    create: "createRevision",
    mod: "modRevision",
  } as const;
  const field = fields[op.sortTarget];
  const sign = op.sortOrder === "descend" ? -1 : 1;
  const sorted = (isPartial ? passing.slice(0, op.limit + 1) : passing).toSorted((a, b) =>
    a[field] === b[field] ? 0 : a[field] < b[field] ? -sign : sign,
  );
  const kvs = (op.limit > 0 ? sorted.slice(0, op.limit) : sorted).map((kv) =>
    op.keysOnly ? { ...kv, value: "" } : kv,
  );
  return { type: "range", kvs, more: sorted.length > kvs.length, count: all.length };
}

/** A put or a deletion, and the way to it: places in lists of operations, and the branch after each but the last. */
type Placed = { readonly op: Exclude<StoreOp, TxnOp | RangeOp>; readonly path: readonly (number | string)[] };

function placed(ops: readonly StoreOp[], before: readonly (number | string)[]): readonly Placed[] {
  return ops.flatMap((op, at) => {
    const path = [...before, at];
    if (op.type === "range") return [];
    if (op.type !== "txn") return [{ op, path }];
    return [...placed(op.success, [...path, "success"]), ...placed(op.failure, [...path, "failure"])];
  });
}

/** Whether etcd would find two writes of a transaction to be of one key: one of them is a put. */
function hasClash(txn: TxnOp): boolean {
  return [txn.success, txn.failure].some((branch) => {
    const all = placed(branch, []);
    return all.some((a) => a.op.type === "put" && all.some((b) => a !== b && clash(a, b)));
  });
}

function clash(put: Placed, other: Placed): boolean {
  const { op } = other;
  const isOnKey = op.type === "put" ? op.key === put.op.key : op.rangeEnd !== "\0" && isIn(op, put.op.key);
  if (!isOnKey) return false;
  const parting = put.path.findIndex((step, at) => step !== other.path[at]);
  const [a, b] = [put.path[parting], other.path[parting]];
  // They part in the branches of one transaction, of which only one is taken.
  if (typeof a !== "number" || typeof b !== "number") return false;
  const areBothNested = put.path.length > parting + 1 && other.path.length > parting + 1;
  // etcd does not see a nested deletion after a nested put.
  return op.type === "put" || !areBothNested || b < a;
}
