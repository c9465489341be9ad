/** What a node can do of its own, in some local state: everything but receive messages and requests. */

import { ABSENT } from "../engine/pair-map.ts";
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
  /** What it comes to; ABSENT until somebody asks. */
  outcome: number;
}

/** Remembers the options of each node in each local state. */
export class NodeOptions {
  readonly #outcomes: Outcomes;
  readonly #actions: ClusterActions;
  readonly #conditions: ConditionsTable;
  /** By node and local state. */
  readonly #known: (readonly Option[])[][];
  /** The nodes that have an option in any local state met so far, in ascending order; and how many outcomes that was. */
  #active: readonly number[] = [];
  #outcomesSeen = 0;

  constructor(outcomes: Outcomes, actions: ClusterActions, conditions: ConditionsTable) {
    this.#outcomes = outcomes;
    this.#actions = actions;
    this.#conditions = conditions;
    this.#known = outcomes.locals.map(() => []);
  }

  /** The nodes that may have options in the local states that were met so far; all others have none in any of them. */
  get active(): readonly number[] {
    if (this.#outcomes.events.length !== this.#outcomesSeen) this.#look();
    return this.#active;
  }

  /** What an option of a node in a local state comes to. */
  outcomeOf(option: Option, node: number, local: number): number {
    if (option.outcome === ABSENT) option.outcome = this.#outcomes.happen(node, local, option.happening);
    return option.outcome;
  }

  /** The options of an active node in a local state that was met. */
  of(node: number, local: number): readonly Option[] {
    return (this.#known[node] as (readonly Option[])[])[local] as readonly Option[];
  }

  /** Looks at the local states that are new since the last time: each comes with an outcome that is new. */
  #look(): void {
    this.#outcomesSeen = this.#outcomes.events.length;
    for (const [node, locals] of this.#outcomes.locals.entries()) {
      const known = this.#known[node] as (readonly Option[])[];
      while (known.length < locals.size) {
        const options = this.#optionsIn(locals.value(known.length));
        known.push(options);
        if (options.length > 0 && !this.#active.includes(node)) this.#active = [...this.#active, node].sort(ascending);
      }
    }
  }

  #optionsIn(local: Local): readonly Option[] {
    switch (local.status) {
      case "stopped":
        return [];
      case "down":
        // Before its first start a node is down as well, in no state that is ever expanded.
        if (this.#conditions.line("crashRecovery").budget === 0) return [];
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
    return {
      happening: this.#outcomes.happenings.intern(happening),
      action: this.#actions.named(action),
      budget,
      outcome: ABSENT,
    };
  }

  #ifEver(budget: BudgetLine, happening: Happening, action: string): readonly Option[] {
    return budget.budget === 0 ? [] : [this.#option(happening, action, budget)];
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
