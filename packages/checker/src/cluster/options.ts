/** What a node can do of its own, in some local state: everything but receive messages and requests. */

import type { ClusterActions } from "./actions.ts";
import type { BudgetLine, ConditionsTable } from "./budgets.ts";
import type { Happening, Local } from "./local.ts";
import type { Outcomes } from "./outcomes.ts";

/** One thing that a node can do. */
export interface Option {
  readonly happening: number;
  readonly action: number;
  /** What it costs, if it costs anything. */
  readonly budget: BudgetLine | null;
}

/** Remembers the options of each node in each local state. */
export class NodeOptions {
  readonly #outcomes: Outcomes;
  readonly #actions: ClusterActions;
  readonly #conditions: ConditionsTable;
  /** By node and local state. */
  readonly #known: (readonly Option[])[][];

  constructor(outcomes: Outcomes, actions: ClusterActions, conditions: ConditionsTable) {
    this.#outcomes = outcomes;
    this.#actions = actions;
    this.#conditions = conditions;
    this.#known = outcomes.locals.map(() => []);
  }

  of(node: number, local: number): readonly Option[] {
    return (this.#known[node] as (readonly Option[])[])[local] ?? this.#find(node, local);
  }

  #find(node: number, local: number): readonly Option[] {
    const found = this.#optionsIn(this.#outcomes.locals[node]?.value(local) as Local);
    (this.#known[node] as (readonly Option[])[])[local] = found;
    return found;
  }

  #optionsIn(local: Local): readonly Option[] {
    switch (local.status) {
      case "stopped":
        return [];
      case "down":
        return [this.#option({ type: "start" }, "restart", null)];
      case "up":
        return [
          ...local.timers.flatMap((timer) =>
            this.#ifEver(this.#conditions.timeoutLine(timer), { type: "timeout", timer }, `timeout ${timer}`),
          ),
          ...(local.behind === null ? [] : [this.#option({ type: "persist" }, "persist", null)]),
          ...this.#ifEver(this.#conditions.line("crashStop"), { type: "stop" }, "stop"),
          ...this.#ifEver(this.#conditions.line("crashRecovery"), { type: "crash" }, "crash"),
        ];
    }
  }

  #option(happening: Happening, action: string, budget: BudgetLine | null): Option {
    return { happening: this.#outcomes.happenings.intern(happening), action: this.#actions.named(action), budget };
  }

  #ifEver(budget: BudgetLine, happening: Happening, action: string): readonly Option[] {
    return budget.budget === 0 ? [] : [this.#option(happening, action, budget)];
  }
}
