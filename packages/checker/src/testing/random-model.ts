/**
 * Random small models: a fixed set of variables of every kind, and actions and properties that are tables of terms,
 * interpreted. A term reads the state in some way that the engine must remember rightly.
 */

import fc from "fast-check";
import type {
  Action,
  Domains,
  FullState,
  FunctionVariable,
  Model,
  ModelState,
  SetVariable,
  Update,
  ValueVariable,
} from "../model/model.ts";
import { functionOf, model, setOf, value } from "../model/model.ts";

type Key = "b" | "a";
type Item = { readonly n: number };
type Trail = { readonly n: number; readonly trail: readonly number[] };
type Vars = {
  readonly x: ValueVariable<number>;
  readonly y: ValueVariable<Trail>;
  readonly f: FunctionVariable<Key, number>;
  readonly s: SetVariable<number>;
  readonly t: SetVariable<Item>;
};

const KEYS: readonly [Key, Key] = ["b", "a"];
const variables: Vars = {
  x: value(0),
  y: value<Trail>({ n: 0, trail: [] }),
  f: functionOf(KEYS, 0),
  s: setOf<number>([]),
  t: setOf<Item>([{ n: 1 }]),
};
type State = ModelState<Vars>;
type Parameters = { readonly key: Key; readonly n: number };

/** Each leaf is one way to read; `if` makes what is read depend on what was read. */
type Term =
  | { readonly read: Leaf; readonly n: number; readonly key: Key }
  | { readonly if: Term; readonly holds: Term; readonly else: Term }
  | { readonly sum: readonly [Term, Term] };

type Leaf =
  | "constant"
  | "parameter"
  | "x"
  | "y"
  | "f"
  | "fAtParameter"
  | "fAll"
  | "size"
  | "has"
  | "hasParameter"
  | "some"
  | "every"
  | "filter"
  | "find"
  | "map"
  | "first"
  | "readBefore"
  | "readInside"
  | "readInsideTwice";
type Reader = (state: State, parameters: Parameters, leaf: { readonly n: number; readonly key: Key }) => number;

const leaves: { readonly [L in Leaf]: Reader } = {
  constant: (_state, _parameters, { n }) => n,
  parameter: (_state, { n }) => n,
  x: ({ x }) => x,
  y: ({ y }) => y.n + y.trail.length,
  f: ({ f }, _parameters, { key }) => f[key],
  fAtParameter: ({ f }, { key }) => f[key],
  fAll: ({ f }) => Object.values(f).reduce((sum, part) => sum + part, 0),
  size: ({ s }) => s.size,
  has: ({ t }, _parameters, { n }) => (t.has({ n }) ? 1 : 0),
  hasParameter: ({ s }, { n }) => (s.has(n) ? 1 : 0),
  some: ({ t }, { n }) => (t.some((item) => item.n > n) ? 1 : 0),
  every: ({ s }, _parameters, { n }) => (s.every((item) => item < n) ? 1 : 0),
  filter: ({ s }, _parameters, { n }) => s.filter((item) => item >= n).length,
  find: ({ t }, _parameters, { n }) => t.find((item) => item.n >= n)?.n ?? 3,
  map: ({ s }) => s.map((item) => 2 * item).reduce((sum, item) => 3 * sum + item, 0),
  first: ({ t }) => [...t][0]?.n ?? 3,
  readBefore: ({ x, s }) => s.filter((item) => item >= x).length,
  readInside: (state) => state.s.filter((item) => item >= state.x).length,
  readInsideTwice: (state) => state.t.filter((item) => state.s.some((other) => other + state.f.a > item.n)).length,
};

function evaluate(term: Term, state: State, parameters: Parameters): number {
  if ("read" in term) return leaves[term.read](state, parameters, term);
  if ("sum" in term) return evaluate(term.sum[0], state, parameters) + evaluate(term.sum[1], state, parameters);
  const branch = evaluate(term.if, state, parameters) % 2 === 1 ? term.holds : term.else;
  return evaluate(branch, state, parameters);
}

type Assignment =
  | { readonly to: "x" | "y" | "yTrail" | "fAtParameter"; readonly term: Term }
  | { readonly to: "f"; readonly key: Key; readonly term: Term }
  | { readonly to: "s" | "t"; readonly add: Term | null; readonly remove: Term | null };

function updateOf(assignments: readonly Assignment[], state: State, parameters: Parameters): Update<Vars> {
  return assignments.reduce<Update<Vars>>((update, assignment) => {
    const number = (term: Term): number => evaluate(term, state, parameters) % 3;
    switch (assignment.to) {
      case "x":
        return { ...update, x: number(assignment.term) };
      case "y":
        return { ...update, y: { trail: [], n: number(assignment.term) } };
      case "yTrail":
        return { ...update, y: { n: state.y.n, trail: [...state.y.trail, number(assignment.term)].slice(-2) } };
      case "f":
        return { ...update, f: { [assignment.key]: number(assignment.term) } };
      case "fAtParameter":
        return { ...update, f: { [parameters.key]: number(assignment.term) } };
      case "s":
      case "t": {
        const add = assignment.add === null ? [] : [number(assignment.add)];
        const remove = assignment.remove === null ? [] : [number(assignment.remove)];
        if (assignment.to === "s") return { ...update, s: { add, remove } };
        return { ...update, t: { add: add.map((n) => ({ n })), remove: remove.map((n) => ({ n })) } };
      }
    }
  }, {});
}

type Comparison = { readonly term: Term; readonly limit: number };
type ActionTable = {
  readonly domains: "none" | "key" | "both";
  readonly guard: Comparison;
  readonly ways: readonly (readonly Assignment[])[];
};
type ModelTable = {
  readonly initial: readonly FullState<Vars>[] | null;
  readonly actions: readonly ActionTable[];
  readonly always: readonly Comparison[];
  readonly step: readonly { readonly before: Term; readonly after: Term; readonly limit: number }[];
  readonly sometimes: readonly Comparison[];
  readonly constraint: Comparison | null;
  readonly deadlock: "forbidden" | "allowed";
};

const DOMAINS: { readonly [D in ActionTable["domains"]]: Domains } = {
  none: {},
  key: { key: KEYS },
  both: { n: [0, 2], key: KEYS },
};
const NO_PARAMETERS: Parameters = { key: "a", n: 1 };

function modelOf(table: ModelTable): Model {
  const holds = ({ term, limit }: Comparison, state: State, parameters = NO_PARAMETERS): boolean =>
    evaluate(term, state, parameters) <= limit;
  const named = <T, R>(prefix: string, list: readonly T[], make: (item: T) => R): { readonly [name: string]: R } =>
    Object.fromEntries(list.map((item, index) => [`${prefix}${index}`, make(item)]));
  const { initial, constraint } = table;
  return model(variables, {
    ...(initial === null ? {} : { initial: () => initial }),
    actions: (action) =>
      named("action", table.actions, ({ domains, guard, ways }): Action<Vars> =>
        action(DOMAINS[domains], (state, choice) => {
          const parameters: Parameters = { ...NO_PARAMETERS, ...choice };
          if (!holds(guard, state, parameters)) return undefined;
          const updates = ways.map((way) => updateOf(way, state, parameters));
          return updates.length === 1 ? updates[0] : updates;
        }),
      ),
    always: named("always", table.always, (claim) => (state: State) => holds(claim, state)),
    step: named("step", table.step, ({ before, after, limit }) => (from: State, to: State) => {
      const change = evaluate(after, to, NO_PARAMETERS) - evaluate(before, from, NO_PARAMETERS);
      return change <= limit;
    }),
    sometimes: named("sometimes", table.sometimes, (claim) => (state: State) => !holds(claim, state)),
    ...(constraint === null ? {} : { constraint: (state: State) => holds(constraint, state) }),
    deadlock: table.deadlock,
  });
}

const key = fc.constantFrom(...KEYS);
const small = fc.integer({ min: 0, max: 2 });
const { term } = fc.letrec<{ leaf: Term; term: Term }>((tie) => ({
  leaf: fc.record({ read: fc.constantFrom<Leaf[]>(...(Object.keys(leaves) as Leaf[])), n: small, key }),
  term: fc.oneof(
    { maxDepth: 2 },
    { weight: 4, arbitrary: tie("leaf") },
    { weight: 1, arbitrary: fc.record({ if: tie("term"), holds: tie("term"), else: tie("term") }) },
    { weight: 1, arbitrary: fc.record({ sum: fc.tuple(tie("term"), tie("term")) }) },
  ),
}));
const assignment: fc.Arbitrary<Assignment> = fc.oneof(
  fc.record({ to: fc.constantFrom("x", "y", "yTrail", "fAtParameter"), term }),
  fc.record({ to: fc.constant("f" as const), key, term }),
  fc.record({ to: fc.constantFrom("s", "t"), add: fc.option(term), remove: fc.option(term, { freq: 1 }) }),
);
const comparison = (min: number, max: number): fc.Arbitrary<Comparison> =>
  fc.record({ term, limit: fc.integer({ min, max }) });
const numbers = fc.array(small, { maxLength: 2 });
const initialState: fc.Arbitrary<FullState<Vars>> = fc.record({
  x: small,
  y: fc.record({ n: small, trail: numbers }),
  f: fc.record({ b: small, a: small }),
  s: numbers,
  t: fc.array(fc.record({ n: small }), { maxLength: 2 }),
});

/** A model; the table that it was made of is what fast-check shows and shrinks. */
export const randomModel: fc.Arbitrary<{ readonly table: ModelTable; readonly subject: () => Model }> = fc
  .record({
    initial: fc.option(fc.array(initialState, { minLength: 1, maxLength: 3 })),
    actions: fc.array(
      fc.record({
        domains: fc.constantFrom("none", "key", "both"),
        guard: comparison(0, 3),
        ways: fc.array(fc.array(assignment, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    always: fc.array(comparison(2, 12), { maxLength: 3 }),
    step: fc.array(fc.record({ before: term, after: term, limit: fc.integer({ min: 1, max: 12 }) }), { maxLength: 2 }),
    sometimes: fc.array(comparison(1, 6), { maxLength: 2 }),
    constraint: fc.option(comparison(1, 5)),
    deadlock: fc.constantFrom("forbidden", "allowed"),
  })
  .map((table: ModelTable) => ({ table, subject: () => modelOf(table) }));
