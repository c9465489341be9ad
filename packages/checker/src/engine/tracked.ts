import { isEqual } from "../values/equal.ts";
import { ImpureError, callTwice } from "../values/purity.ts";
import { ABSENT, PairMap } from "./pair-map.ts";
import { NestedRead } from "./reads.ts";
import type { Guide, Log, Read, Recorder } from "./reads.ts";

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
  #edges = new PairMap(256);
  /** By node of the tree: its read, or null for a leaf. */
  #reads: (Read | null)[] = [null];
  /** By node of the tree: its result, if it is a leaf that an evaluation has reached. */
  #results: ({ readonly result: R } | null)[] = [null];
  #itemwise = false;

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

  evaluate(): R {
    const reads = this.#reads;
    let at = ROOT;
    for (;;) {
      const read = reads[at] as Read | null;
      if (read === null) {
        const leaf = this.#results[at] as { readonly result: R } | null;
        return leaf === null ? this.#learn() : leaf.result;
      }
      const next = this.#edges.get(at, read.key());
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
        const run = this.#recorder.record(this.#call, logs[0] === undefined ? this.#guide() : along(logs[0]));
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

  /** Walks down the tree with an evaluation; beyond the tree, it expects nothing. */
  #guide(): Guide {
    let at = ROOT;
    return {
      expected: () => this.#reads[at] ?? null,
      follow: (key) => {
        at = this.#edges.get(at, key);
      },
    };
  }

  #forget(): void {
    this.#itemwise = true;
    this.#edges = new PairMap(256);
    this.#reads = [null];
    this.#results = [null];
  }

  #insert(log: Log, result: R): void {
    let at = ROOT;
    for (const { read, key } of log) {
      const asked = this.#reads[at] ?? null;
      if ((asked !== null && !asked.asksAs(read)) || this.#results[at] !== null) this.#rejectOrder();
      if (asked === null) this.#reads[at] = read;
      let next = this.#edges.get(at, key);
      if (next === ABSENT) {
        next = this.#reads.push(null) - 1;
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

/** Expects the reads of an earlier run, one after the other. */
function along(log: Log): Guide {
  let next = 0;
  return { expected: () => log[next]?.read ?? null, follow: () => next++ };
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
