/** What may still go wrong: the finite budgets left and the partition that holds, together one value of a state. */

import { ABSENT } from "../engine/pair-map.ts";
import { IdMap } from "../engine/id-map.ts";
import { Table } from "../engine/table.ts";
import { networkOf } from "./cluster.ts";
import type { Budget, Cluster } from "./cluster.ts";

const BUDGETS: readonly ["duplication", "loss", "timeouts", "crashStop", "crashRecovery", "partitions"] = [
  "duplication",
  "loss",
  "timeouts",
  "crashStop",
  "crashRecovery",
  "partitions",
];
export type BudgetName = (typeof BUDGETS)[number];

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
  readonly #budgets: { readonly [B in BudgetName]: Budget };
  /** By budget and conditions: the conditions after one unit of it is spent, plus one; 0 where nothing is left. */
  readonly #spent: { readonly [B in BudgetName]: IdMap };
  readonly #cuts: (readonly boolean[] | null)[] = [];
  readonly #nodes: readonly string[];

  constructor(options: Cluster["options"]) {
    const { duplication, loss } = networkOf(options);
    const { crashStop = 0, crashRecovery = 0, partitions = 0 } = options.faults ?? {};
    this.#budgets = {
      duplication,
      loss,
      timeouts: options.timeouts ?? "unlimited",
      crashStop,
      crashRecovery,
      partitions,
    };
    this.#nodes = Object.keys(options.nodes);
    this.#spent = {
      duplication: new IdMap(),
      loss: new IdMap(),
      timeouts: new IdMap(),
      crashStop: new IdMap(),
      crashRecovery: new IdMap(),
      partitions: new IdMap(),
    };
    const finite = BUDGETS.flatMap((name) => {
      const budget = this.#budgets[name];
      return budget === "unlimited" ? [] : [[name, budget] as const];
    });
    this.initial = this.table.intern({ left: Object.fromEntries(finite), side: null });
  }

  isUnlimited(budget: BudgetName): boolean {
    return this.#budgets[budget] === "unlimited";
  }

  /** The conditions after one unit of `budget` is spent in `conditions`, or ABSENT if nothing is left of it. */
  spend(conditions: number, budget: BudgetName): number {
    if (this.#budgets[budget] === "unlimited") return conditions;
    if (this.#budgets[budget] === 0) return ABSENT;
    const known = this.#spent[budget].get(conditions);
    if (known !== ABSENT) return known === 0 ? ABSENT : known - 1;
    const { left, side } = this.table.value(conditions);
    const units = left[budget] ?? 0;
    const next = units === 0 ? ABSENT : this.table.intern({ left: { ...left, [budget]: units - 1 }, side });
    this.#spent[budget].set(conditions, next + 1);
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
