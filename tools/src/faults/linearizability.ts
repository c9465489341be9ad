/**
 * Whether what clients saw of one key could have happened in some order that respects time: Herlihy and Wing,
 * "Linearizability: A Correctness Condition for Concurrent Objects" (1990). The search is that of Wing and Gong (1993) with
 * Lowe's cache of what was tried (2017), which Porcupine uses as well (github anishathalye/porcupine).
 *
 * A key is a register with a revision: each write that takes place gives it a revision above all before.
 */

/** What one client did to one key. Times are of one clock, in milliseconds. */
export type Operation = {
  readonly client: number;
  readonly call: number;
  /** Infinity if no answer came: it may have taken place at any time since, or not at all. */
  readonly end: number;
  readonly action: Action;
};

export type Action =
  /** `revision` is null where no answer came. */
  | { readonly type: "put"; readonly value: string; readonly revision: number | null }
  | { readonly type: "delete"; readonly revision: number | null; readonly existed: boolean | null }
  /** Puts `value` if the key has the value `expected`. `succeeded` is null where no answer came. */
  | {
      readonly type: "cas";
      readonly expected: string | null;
      readonly value: string;
      readonly succeeded: boolean | null;
      readonly revision: number | null;
    }
  | { readonly type: "get"; readonly value: string | null; readonly revision: number | null };

export type Verdict =
  | { readonly type: "ok" }
  /** `longest` is as far as an order could be found. */
  | { readonly type: "violated"; readonly longest: readonly Operation[]; readonly stuckAt: readonly Operation[] }
  /** The search was given up after so many steps. */
  | { readonly type: "unknown"; readonly steps: number };

/**
 * The register: its value, null if the key is not there; the revision of its last change, null if nobody was told; and the
 * least that this revision can be.
 */
type Register = { readonly value: string | null; readonly revision: number | null; readonly least: number };

const ABSENT: Register = { value: null, revision: 0, least: 0 };

/** The register after `action`, or null if the action can't have had the result that it had. */
function apply(register: Register, action: Action): Register | null {
  switch (action.type) {
    case "get":
      return readOf(register, action);
    case "put":
      return changed(register, action.value, action.revision);
    case "delete": {
      const existed = register.value !== null;
      if (action.existed !== null && action.existed !== existed) return null;
      return existed ? changed(register, null, action.revision) : register;
    }
    case "cas": {
      const holds = register.value === action.expected;
      if (action.succeeded !== null && action.succeeded !== holds) return null;
      return holds ? changed(register, action.value, action.revision) : register;
    }
  }
}

/** Every change has a revision of its own, above that of the change before, whether anybody was told or not. */
function changed({ least }: Register, value: string | null, revision: number | null): Register | null {
  if (revision === null) return { value, revision: null, least: least + 1 };
  return revision > least ? { value, revision, least: revision } : null;
}

/** A read tells the revision of a change that had no answer. */
function readOf(register: Register, { value, revision }: Extract<Action, { type: "get" }>): Register | null {
  if (value !== register.value) return null;
  if (value === null || revision === register.revision) return register;
  const fits = register.revision === null && revision !== null && revision >= register.least;
  return fits ? { value, revision, least: revision } : null;
}

type Entry = { readonly at: number; readonly isCall: boolean; readonly id: number };
/** `place` is where the entry stands in time, from 0. */
type Node = {
  readonly entry: Entry;
  readonly place: number;
  before: Node | null;
  after: Node | null;
  partner: Node | null;
};

/**
 * Whether the operations on one key are linearizable.
 *
 * @param stepsMax after so many steps the verdict is `unknown`
 */
export function checkRegister(operations: readonly Operation[], stepsMax: number): Verdict {
  const head = listOf(operations);
  const seen = new Set<string>();
  /** The order so far. `last` is the greatest place in time of a call that is in it. */
  const stack: { readonly node: Node; readonly register: Register; readonly last: number }[] = [];
  let register = ABSENT;
  let longest: readonly number[] = [];
  let node = head.after;
  for (let steps = 0; hasAnswered(head, operations); steps++) {
    if (steps >= stepsMax) return { type: "unknown", steps };
    if (node !== null && node.entry.isCall) {
      const operation = operations[node.entry.id];
      const next = operation === undefined ? null : apply(register, operation.action);
      if (next === null) {
        node = node.after;
        continue;
      }
      lift(node);
      const last = Math.max(stack.at(-1)?.last ?? -1, node.place);
      if (!isNewState(seen, head, last, next)) {
        unlift(node);
        node = node.after;
        continue;
      }
      stack.push({ node, register, last });
      if (stack.length > longest.length) longest = stack.map(({ node: of }) => of.entry.id);
      register = next;
      node = head.after;
      continue;
    }
    // An answer: what has not been put in order by now can't be put after it. The last choice was wrong.
    const last = stack.pop();
    if (last === undefined) {
      return {
        type: "violated",
        longest: longest.flatMap((id) => operations[id] ?? []),
        stuckAt: operations.filter((_, id) => !longest.includes(id)).slice(0, 10),
      };
    }
    register = last.register;
    unlift(last.node);
    node = last.node.after;
  }
  return { type: "ok" };
}

/** Operations without an answer need not take place: it is enough to order the others. */
function hasAnswered(head: Node, operations: readonly Operation[]): boolean {
  for (let node = head.after; node !== null; node = node.after) {
    if (operations[node.entry.id]?.end !== Infinity) return true;
  }
  return false;
}

/**
 * Whether this set of operations has not led to this register before. All calls up to the place `last` are in it but those
 * that are still in the list: of those there are as many as run at a time, and those that were never answered.
 */
function isNewState(seen: Set<string>, head: Node, last: number, { value, revision, least }: Register): boolean {
  const left: number[] = [];
  for (let node = head.after; node !== null && node.place < last; node = node.after) {
    if (node.entry.isCall) left.push(node.place);
  }
  const key = `${last} ${left.join(",")} ${revision} ${least} ${value ?? ""}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

/** Calls and answers in the order of time. Answers that never came stand at the end. */
function listOf(operations: readonly Operation[]): Node {
  const entries: Entry[] = operations.flatMap(({ call, end }, id) => [
    { at: call, isCall: true, id },
    { at: end, isCall: false, id },
  ]);
  // At one time calls come first: what happens at the same time may have happened in either order.
  entries.sort((a, b) => (a.at === b.at ? Number(b.isCall) - Number(a.isCall) : a.at - b.at));
  const first: Entry = { at: -Infinity, isCall: false, id: -1 };
  const head: Node = { entry: first, place: -1, before: null, after: null, partner: null };
  const calls = new Map<number, Node>();
  let last = head;
  for (const [place, entry] of entries.entries()) {
    const node: Node = { entry, place, before: last, after: null, partner: null };
    last.after = node;
    last = node;
    if (entry.isCall) calls.set(entry.id, node);
    else {
      const call = calls.get(entry.id);
      if (call !== undefined) call.partner = node;
    }
  }
  return head;
}

/** Takes an operation, its call and its answer, out of the list. */
function lift(node: Node): void {
  for (const of of [node, node.partner]) {
    if (of === null) continue;
    if (of.before !== null) of.before.after = of.after;
    if (of.after !== null) of.after.before = of.before;
  }
}

/** Puts it back: the answer first, as it was taken out last. */
function unlift(node: Node): void {
  for (const of of [node.partner, node]) {
    if (of === null) continue;
    if (of.before !== null) of.before.after = of;
    if (of.after !== null) of.after.before = of;
  }
}
