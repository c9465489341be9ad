/** What a node can do of its own, in some local state: everything but receive messages and requests. */

import { ABSENT } from "../engine/pair-map.ts";
import { grown } from "../engine/table.ts";
import type { ClusterActions } from "./actions.ts";
import type { BudgetLine, ConditionsTable } from "./budgets.ts";
import type { Happening, Local } from "./local.ts";
import type { Outcomes } from "./outcomes.ts";

/** How many options the bits of half a word speak of; the other half is for what else is to be said of them. */
export const OPTION_BITS = 16;

/** One thing that a node can do in a local state, if it can be paid for. */
interface Choice {
  readonly happening: number;
  readonly action: number;
  /** What it costs, if it costs anything. */
  readonly budget: BudgetLine | null;
}

/** One thing that a node can do where it has such a choice, in conditions that it can be paid for in. */
export interface Option {
  readonly happening: number;
  readonly action: number;
  readonly detail: number;
  /** The conditions after it. */
  readonly conditions: number;
  /** Its number among the node's choices, paid for or not. */
  readonly index: number;
  /** Which it is of all nodes' options; 0 if there are too many of them for the bits. */
  readonly bit: number;
}

const NO_OPTIONS: readonly Option[] = [];

/** What choices a node has, and by conditions those that can be paid for. */
interface ChoiceList {
  readonly choices: readonly Choice[];
  readonly paidFor: (readonly Option[])[];
}

/** For how many choices of a local state the outcomes are at hand; those of more are looked up. */
const AT_HAND = 8;

/**
 * Remembers the options of one node. Thousands of its local states leave it the same few choices: what is kept for each of
 * them is no more than the number of its list, and what the choices come to.
 */
class OptionsOfNode {
  readonly #lists: ChoiceList[] = [];
  readonly #numbers = new Map<string, number>();
  /** By local state: the number of its list, and AT_HAND outcomes, each plus one, so that 0 means that nobody asked yet. */
  #listOf: Int32Array = new Int32Array(64);
  #outcomes: Int32Array = new Int32Array(64 * AT_HAND);
  /** How many local states were met. */
  size = 0;

  push(choices: readonly Choice[]): void {
    const local = this.size++;
    if (local === this.#listOf.length) {
      this.#listOf = grown(this.#listOf);
      this.#outcomes = grown(this.#outcomes);
    }
    const key = choices.map(({ happening }) => happening).join();
    const number = this.#numbers.get(key) ?? this.#lists.push({ choices, paidFor: [] }) - 1;
    this.#numbers.set(key, number);
    this.#listOf[local] = number;
  }

  listOf(local: number): ChoiceList {
    return this.#lists[this.#listOf[local] as number] as ChoiceList;
  }

  /** The outcome of a choice; ABSENT if it is not at hand. */
  outcome(local: number, index: number): number {
    return index < AT_HAND ? (this.#outcomes[local * AT_HAND + index] as number) - 1 : ABSENT;
  }

  keep(local: number, index: number, outcome: number): void {
    if (index < AT_HAND) this.#outcomes[local * AT_HAND + index] = outcome + 1;
  }
}

/** Remembers the options of each node in each local state. */
export class NodeOptions {
  readonly #outcomes: Outcomes;
  readonly #actions: ClusterActions;
  readonly #conditions: ConditionsTable;
  readonly #nodes: readonly OptionsOfNode[];
  /** How many of the bits there are for each node. */
  readonly #width: number;
  /** The nodes that have an option in any local state met so far, in ascending order; and how many outcomes that was. */
  #active: readonly number[] = [];
  #outcomesSeen = 0;

  constructor(outcomes: Outcomes, actions: ClusterActions, conditions: ConditionsTable) {
    this.#outcomes = outcomes;
    this.#actions = actions;
    this.#conditions = conditions;
    this.#nodes = outcomes.locals.map(() => new OptionsOfNode());
    this.#width = Math.floor(OPTION_BITS / this.#nodes.length);
  }

  /** The nodes that may have options in the local states that were met so far; all others have none in any of them. */
  get active(): readonly number[] {
    if (this.#outcomes.events.length !== this.#outcomesSeen) this.#look();
    return this.#active;
  }

  /** What an option of a node in a local state comes to. */
  outcomeOf({ index, happening }: Option, node: number, local: number): number {
    const of = this.#nodes[node] as OptionsOfNode;
    const known = of.outcome(local, index);
    if (known !== ABSENT) return known;
    const outcome = this.#outcomes.happen(node, local, happening);
    of.keep(local, index, outcome);
    return outcome;
  }

  /** The options of a node in a local state that `active` has met, as far as they can be paid for. */
  of(node: number, local: number, conditions: number): readonly Option[] {
    const list = (this.#nodes[node] as OptionsOfNode).listOf(local);
    return list.paidFor[conditions] ?? this.#payFor(node, list, conditions);
  }

  /** The bits of all options that a node may have. */
  bitsOf(node: number): number {
    return ((1 << this.#width) - 1) << (node * this.#width);
  }

  /** Which node's option a bit stands for. */
  nodeOf(bit: number): number {
    return Math.floor((31 - Math.clz32(bit)) / this.#width);
  }

  /** The option with a bit, if its node has it in a local state and can pay for it; null if not, or if the state was not met. */
  withBit(bit: number, node: number, local: number, conditions: number): Option | null {
    const options = local < (this.#nodes[node] as OptionsOfNode).size ? this.of(node, local, conditions) : NO_OPTIONS;
    for (let index = 0; index < options.length; index++) {
      const option = options[index] as Option;
      if (option.bit === bit) return option;
    }
    return null;
  }

  #payFor(node: number, { choices, paidFor }: ChoiceList, conditions: number): readonly Option[] {
    const options = choices.flatMap(({ happening, action, budget }, index): readonly Option[] => {
      const next = budget === null ? conditions : this.#conditions.spend(conditions, budget);
      if (next === ABSENT) return [];
      const bit = index < this.#width ? 1 << (node * this.#width + index) : 0;
      const detail = this.#actions.detailOf(happening, node);
      return [{ happening, action, detail, conditions: next, index, bit }];
    });
    paidFor[conditions] = options;
    return options;
  }

  /** Looks at the local states that are new since the last time: each comes with an outcome that is new. */
  #look(): void {
    this.#outcomesSeen = this.#outcomes.events.length;
    for (const [node, locals] of this.#outcomes.locals.entries()) {
      const known = this.#nodes[node] as OptionsOfNode;
      while (known.size < locals.size) {
        const choices = this.#choicesIn(locals.value(known.size));
        known.push(choices);
        if (choices.length > 0 && !this.#active.includes(node)) this.#active = [...this.#active, node].sort(ascending);
      }
    }
  }

  #choicesIn(local: Local): readonly Choice[] {
    switch (local.status) {
      case "stopped":
        return [];
      case "down":
        // Before its first start a node is down as well, in no state that is ever expanded.
        if (this.#conditions.line("crashRecovery").budget === 0) return [];
        return [this.#choice({ type: "start" }, "restart", null)];
      case "up":
        return [
          ...local.timers.flatMap((timer) =>
            this.#ifEver(this.#conditions.timeoutLine(timer), { type: "timeout", timer }, `timeout ${timer}`),
          ),
          ...(local.behind === null ? [] : [this.#choice({ type: "persist" }, "persist", null)]),
          ...this.#ifEver(this.#conditions.line("crashStop"), { type: "stop" }, "stop"),
          ...this.#ifEver(this.#conditions.line("crashRecovery"), { type: "crash" }, "crash"),
        ];
    }
  }

  #choice(happening: Happening, action: string, budget: BudgetLine | null): Choice {
    return { happening: this.#outcomes.happenings.intern(happening), action: this.#actions.named(action), budget };
  }

  #ifEver(budget: BudgetLine, happening: Happening, action: string): readonly Choice[] {
    return budget.budget === 0 ? [] : [this.#choice(happening, action, budget)];
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
