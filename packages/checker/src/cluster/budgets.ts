/** What may still go wrong: the finite budgets left and the partition that holds, together one value of a state. */

import { ABSENT } from "../engine/pair-map.ts";
import { IdMap } from "../engine/id-map.ts";
import { Table } from "../engine/table.ts";
import { networkOf } from "./cluster.ts";
import type { Budget, Cluster } from "./cluster.ts";

/** One budget: how often what it is for may happen in a run. */
export interface BudgetLine {
  readonly name: string;
  readonly budget: Budget;
  /** By conditions: the conditions after one unit of it is spent, plus one; 0 where nothing is left. */
  readonly spent: IdMap;
}

/** The conditions of one state. */
export type Conditions = {
  /** What is left of the finite budgets. */
  readonly left: { readonly [budget: string]: number };
  /** The nodes that are on the first node's side of the cut, or null while nothing is cut. */
  readonly side: readonly string[] | null;
};

/** Interned conditions, and what can be done in them. */
export class ConditionsTable {
  readonly table: Table<Conditions> = new Table("conditions");
  readonly initial: number;
  readonly #lines: ReadonlyMap<string, BudgetLine>;
  readonly #cuts: (readonly boolean[] | null)[] = [];
  readonly #nodes: readonly string[];

  constructor(options: Cluster["options"]) {
    const { duplication, loss } = networkOf(options);
    const { crashStop = 0, crashRecovery = 0, partitions = 0 } = options.faults ?? {};
    const budgets: { readonly [name: string]: Budget } = {
      duplication,
      loss,
      ...timeoutBudgets(options.timeouts ?? "unlimited"),
      crashStop,
      crashRecovery,
      partitions,
    };
    const lines = Object.entries(budgets).map(([name, budget]): BudgetLine => ({ name, budget, spent: new IdMap() }));
    this.#lines = new Map(lines.map((line) => [line.name, line]));
    this.#nodes = Object.keys(options.nodes);
    const finite = lines.flatMap(({ name, budget }) => (budget === "unlimited" ? [] : [[name, budget] as const]));
    this.initial = this.table.intern({ left: Object.fromEntries(finite), side: null });
  }

  /** The budget for `name`. What nothing was said about never happens. */
  line(name: string): BudgetLine {
    return this.#lines.get(name) ?? { name, budget: 0, spent: new IdMap() };
  }

  /** The budget for the firing of `timer`: its own, or that of all timers. */
  timeoutLine(timer: string): BudgetLine {
    return this.#lines.get(ALL_TIMEOUTS) ?? this.line(timeoutBudget(timer));
  }

  /** The conditions after one unit of a budget is spent in `conditions`, or ABSENT if nothing is left of it. */
  spend(conditions: number, { name, budget, spent }: BudgetLine): number {
    if (budget === "unlimited") return conditions;
    if (budget === 0) return ABSENT;
    const known = spent.get(conditions);
    if (known !== ABSENT) return known === 0 ? ABSENT : known - 1;
    const { left, side } = this.table.value(conditions);
    const units = left[name] ?? 0;
    const next = units === 0 ? ABSENT : this.table.intern({ left: { ...left, [name]: units - 1 }, side });
    spent.set(conditions, next + 1);
    return next;
  }

  withSide(conditions: number, side: readonly string[] | null): number {
    return this.table.intern({ ...this.table.value(conditions), side });
  }

  /** By node, whether it is on the first node's side of the cut; or null while nothing is cut. */
  cut(conditions: number): readonly boolean[] | null {
    const known = this.#cuts[conditions];
    if (known !== undefined) return known;
    const { side } = this.table.value(conditions);
    const cut = side === null ? null : this.#nodes.map((node) => side.includes(node));
    this.#cuts[conditions] = cut;
    return cut;
  }
}

/** The budget of all timers together, where they have none of their own. */
const ALL_TIMEOUTS = "timeouts";

function timeoutBudget(timer: string): string {
  return `timeout ${timer}`;
}

function timeoutBudgets(timeouts: NonNullable<Cluster["options"]["timeouts"]>): { readonly [name: string]: Budget } {
  if (typeof timeouts !== "object") return { [ALL_TIMEOUTS]: timeouts };
  return Object.fromEntries(Object.entries(timeouts).map(([timer, budget]) => [timeoutBudget(timer), budget ?? 0]));
}

/** Every way to cut `nodes` into two sides that are not empty, each named by the side of the first node. */
export function sidesOf(nodes: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = nodes;
  if (first === undefined) return [];
  const sides: (readonly string[])[] = [];
  for (let mask = 0; mask < 2 ** rest.length - 1; mask++) {
    sides.push([first, ...rest.filter((_, index) => (mask >>> index) % 2 === 1)]);
  }
  return sides;
}
