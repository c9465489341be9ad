/** Random protocols: tables of rules over small integers, interpreted. They do everything that a protocol may do. */

import type { Effect, Input, NodeId, Protocol, State, Step } from "@quorate/core";
import fc from "fast-check";

type Register = { readonly n: number };
type Ping = { readonly type: "a" | "b" | "c"; readonly n: number };
export type TableSignature = {
  readonly config: { readonly peers: readonly NodeId[]; readonly self: number };
  readonly durable: Register;
  readonly volatile: { readonly n: number; readonly last: string };
  readonly message: Ping;
  readonly timer: "fast" | "slow";
  readonly request: { readonly type: "ask"; readonly n: number };
  readonly output: { readonly type: "said"; readonly n: number };
};
type S = TableSignature;

type Small = number | "durable" | "volatile" | "input";
type EffectRule =
  | {
      readonly type: "send";
      /** Which of the peers, counted from the node itself; `all` sends to every one, itself included. */
      readonly to: number | "all";
      readonly kind: Ping["type"];
      readonly n: Small;
      readonly after: "now" | "durable";
    }
  | { readonly type: "setTimer" | "clearTimer"; readonly timer: S["timer"] }
  | { readonly type: "output"; readonly n: Small };
type Rule = {
  readonly durable: Small;
  readonly volatile: Small;
  readonly effects: readonly EffectRule[];
};

/** The start's rule, and those of the steps: null leaves everything as it is. */
export type ProtocolTable = { readonly start: Rule; readonly rules: readonly (Rule | null)[]; readonly range: number };

/** What an input is, as a row of the table. */
function rowOf(input: Input<S>): { readonly row: number; readonly n: number } {
  switch (input.type) {
    case "receive":
      return { row: { a: 0, b: 3, c: 6 }[input.message.type], n: input.message.n };
    case "timeout":
      return { row: { fast: 1, slow: 4 }[input.timer], n: 0 };
    case "request":
      return { row: 2, n: input.request.n };
    case "persisted":
      return { row: 7, n: input.durable.n };
  }
}

export function tableProtocol({ start, rules, range }: ProtocolTable): Protocol<S> {
  const apply = (rule: Rule, { peers, self }: S["config"], before: State<S>, row: number, n: number): Step<S> => {
    const small = (from: Small): number => {
      if (typeof from === "number") return from % range;
      return { durable: before.durable.n, volatile: before.volatile.n + 1, input: n + row }[from] % range;
    };
    const effects = rule.effects.flatMap((effect): readonly Effect<S>[] => {
      switch (effect.type) {
        case "send": {
          const { after, kind } = effect;
          const shift = effect.to;
          const to = shift === "all" ? peers : peers.filter((_, peer) => peer === (self + shift) % peers.length);
          const message: Ping = { type: kind, n: small(effect.n) };
          return to.map((peer) => ({ type: "send", to: peer, message, after }));
        }
        case "setTimer":
        case "clearTimer":
          return [effect];
        case "output":
          return [{ type: "output", output: { type: "said", n: small(effect.n) } }];
      }
    });
    const state: State<S> = {
      durable: { n: small(rule.durable) },
      volatile: { n: small(rule.volatile), last: row === 1 ? "fast" : "other" },
    };
    return { state, effects };
  };
  return {
    name: "table",
    initial: ({ self }) => ({ n: self % range }),
    start: (config, durable) => apply(start, config, { durable, volatile: { n: 0, last: "start" } }, 0, 0),
    step: (config, state, input) => {
      const { row, n } = rowOf(input);
      const rule = rules[(row + 5 * n + 7 * state.durable.n + 11 * state.volatile.n) % rules.length] ?? null;
      if (rule === null) return { state, effects: [] };
      const step = apply(rule, config, state, row, n);
      return input.type === "persisted" ? risen(state, step) : step;
    },
  };
}

/** What a step makes durable when the disk has caught up: only more than there was, or it would go on for ever. */
function risen({ durable: before }: State<S>, { state, effects }: Step<S>): Step<S> {
  const durable = state.durable.n > before.n ? state.durable : before;
  return { state: { ...state, durable }, effects };
}

const small: fc.Arbitrary<Small> = fc.oneof(fc.nat(2), fc.constantFrom("durable", "volatile", "input"));
const timer: fc.Arbitrary<S["timer"]> = fc.constantFrom("fast", "slow");
const effect: fc.Arbitrary<EffectRule> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("send" as const),
      to: fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant("all" as const) }),
      kind: fc.constantFrom("a", "b", "c"),
      n: small,
      after: fc.constantFrom("now", "durable"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("setTimer", "clearTimer"), timer }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("output" as const), n: small }) },
);
const rule: fc.Arbitrary<Rule> = fc.record({
  durable: small,
  volatile: small,
  effects: fc.array(effect, { maxLength: 2 }),
});

export const protocolTable: fc.Arbitrary<ProtocolTable> = fc.record({
  start: fc.record({ durable: small, volatile: small, effects: fc.array(effect, { maxLength: 3 }) }),
  rules: fc.array(fc.option(rule, { freq: 3 }), { minLength: 1, maxLength: 10 }),
  range: fc.integer({ min: 1, max: 3 }),
});
