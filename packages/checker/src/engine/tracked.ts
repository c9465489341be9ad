import { isEqual } from "../values/equal.ts";
import { ImpureError, callTwice } from "../values/purity.ts";
import { ABSENT } from "./pair-map.ts";
import { NestedRead } from "./reads.ts";
import type { Guide, Log, Read, Recorder, SlotAt } from "./reads.ts";
import { RowMap } from "./row-map.ts";

/** The node of the tree at which every evaluation begins. */
const ROOT = 0;

/**
 * A function of a state, remembered by what it read.
 *
 * The evaluations so far form a tree: each inner node is a read, each edge a key that it answered, each leaf a result.
 * To evaluate is to walk from the root; only where the walk leaves the tree is the function really called. So the order
 * of reads may depend on what was read, and nothing has to be declared.
 */
export class Tracked<R> {
  readonly name: string;
  readonly #recorder: Recorder;
  readonly #call: () => R;
  #edges = new RowMap();
  /** By node of the tree: its read, or null for a leaf. */
  #reads: (Read | null)[] = [null];
  /** By node of the tree: where its read looks, if that is a slot, see `Read`. Spares the walk a call. */
  #slots: (SlotAt | null)[] = [null];
  /** By node of the tree: its result, if it is a leaf that an evaluation has reached. */
  #results: ({ readonly result: R } | null)[] = [null];
  #itemwise = false;
  #parts = 0;

  /** @param call calls the function on the view of the current state */
  constructor(name: string, recorder: Recorder, call: () => R) {
    this.name = name;
    this.#recorder = recorder;
    this.#call = call;
  }

  /** Whether collections must be read item by item, since closures given to them read the state themselves. */
  get itemwise(): boolean {
    return this.#itemwise;
  }

  /**
   * The parts of a state that any evaluation so far has read, see `changedParts`. Where the result was known of one state,
   * another that is the same in all these has the same result, since the same reads find the same.
   */
  get parts(): number {
    return this.#parts;
  }

  evaluate(): R {
    const reads = this.#reads;
    const slots = this.#slots;
    const edges = this.#edges;
    let at = ROOT;
    for (;;) {
      const slot = slots[at] as SlotAt | null;
      let key: number;
      if (slot === null) {
        const read = reads[at] as Read | null;
        if (read === null) {
          const leaf = this.#results[at] as { readonly result: R } | null;
          return leaf === null ? this.#learn() : leaf.result;
        }
        key = read.key();
      } else {
        const { cursor } = slot;
        key = cursor.words[cursor.at + slot.slot] as number;
      }
      const next = edges.get(at, key);
      if (next === ABSENT) return this.#learn();
      at = next;
    }
  }

  /**
   * Calls the function, twice, and adds the path of its reads to the tree. The second time every answer is remembered, so
   * that no closure is called again, as none will be when the tree is walked: one with an effect beside its answer shows.
   */
  #learn(): R {
    try {
      const logs: Log[] = [];
      const result = callTwice(this.name, [], () => {
        const guide = logs[0] === undefined ? new TreeGuide(this.#reads, this.#edges) : new LogGuide(logs[0]);
        const run = this.#recorder.record(this.#call, guide);
        logs.push(run.log);
        return run.result;
      });
      const [log = [], second = []] = logs;
      if (!sameReads(log, second))
        throw new ImpureError(this.name, "two calls read different things", "(the same state)");
      this.#insert(log, result);
      return result;
    } catch (error) {
      if (!(error instanceof NestedRead) || this.#itemwise) throw error;
      this.#forget();
      return this.#learn();
    }
  }

  #forget(): void {
    this.#itemwise = true;
    // What was read by the evaluations that are forgotten remains what their results depend on.
    this.#edges = new RowMap();
    this.#reads = [null];
    this.#slots = [null];
    this.#results = [null];
  }

  #insert(log: Log, result: R): void {
    let at = ROOT;
    for (const { read, key } of log) {
      this.#parts |= read.part;
      const asked = this.#reads[at] ?? null;
      if ((asked !== null && !asked.asksAs(read)) || this.#results[at] !== null) this.#rejectOrder();
      if (asked === null) {
        this.#reads[at] = read;
        this.#slots[at] = read.slot;
      }
      let next = this.#edges.get(at, key);
      if (next === ABSENT) {
        next = this.#reads.push(null) - 1;
        this.#slots.push(null);
        this.#results.push(null);
        this.#edges.add(at, key, next);
      }
      at = next;
    }
    const known = this.#results[at] ?? null;
    if (this.#reads[at] !== null || (known !== null && !isEqual(known.result, result))) this.#rejectOrder();
    this.#results[at] = { result };
  }

  #rejectOrder(): never {
    throw new ImpureError(this.name, "it does something else after the same answers", "an earlier state");
  }
}

/** Walks down the tree with an evaluation; beyond the tree, it expects nothing. */
class TreeGuide implements Guide {
  readonly #reads: readonly (Read | null)[];
  readonly #edges: RowMap;
  #at = ROOT;

  constructor(reads: readonly (Read | null)[], edges: RowMap) {
    this.#reads = reads;
    this.#edges = edges;
  }

  expected(): Read | null {
    return this.#reads[this.#at] ?? null;
  }

  follow(key: number): void {
    if (this.#at !== ABSENT) this.#at = this.#edges.get(this.#at, key);
  }
}

/** Expects the reads of an earlier run, one after the other. */
class LogGuide implements Guide {
  readonly #log: Log;
  #next = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  expected(): Read | null {
    return this.#log[this.#next]?.read ?? null;
  }

  follow(): void {
    this.#next++;
  }
}

function sameReads(first: Log, second: Log): boolean {
  return (
    first.length === second.length &&
    first.every(({ read, key }, index) => {
      const other = second[index];
      return other !== undefined && other.key === key && other.read.asksAs(read);
    })
  );
}
