/** The meaning of `model`, in the plainest words: whole states, nothing remembered from one call to the next. */

import type { Plain } from "@quorate/core";
import type { Domains, FullState, Model, ModelState, PlainSet, Update, Variables } from "../model/model.ts";
import { encode } from "../values/encode.ts";
import type { NaiveSystem, NaiveTransition } from "./explore.ts";

type ModelVariables = Model["variables"];
type State = { readonly [variable: string]: Plain };

export function naiveModel({ variables, actions, options }: Model): NaiveSystem<State, ModelState<Variables>> {
  return {
    initial: () =>
      [...(options.initial?.() ?? [defaultInitial(variables)])].map((state) => normalise(variables, state)),
    successors: (state) =>
      Object.entries(actions).flatMap(([name, action]) =>
        choices(action.exists).flatMap((choice): NaiveTransition<State>[] => {
          const next = action.next(viewOf(variables, state), choice);
          const updates =
            next === undefined
              ? []
              : Array.isArray(next)
                ? (next as readonly Update<Variables>[])
                : [next as Update<Variables>];
          return updates.map((update) => ({ action: name, state: updated(variables, state, update) }));
        }),
      ),
    view: (state) => viewOf(variables, state),
    properties: options,
    constraint: options.constraint ?? (() => true),
    deadlock: options.deadlock ?? "forbidden",
  };
}

function defaultInitial(variables: ModelVariables): FullState<Variables> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      switch (variable.kind) {
        case "value":
        case "set":
          return [name, variable.initial as Plain];
        case "function":
          return [name, Object.fromEntries(variable.keys.map((key) => [key, variable.initial(key) as Plain]))];
      }
    }),
  );
}

/** Sets as sorted lists without repetition, so that equal states have equal encodings. */
function normalise(variables: ModelVariables, state: FullState<Variables>): State {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const content: unknown = state[name];
      return [name, variable.kind === "set" ? sortedSet(content as readonly Plain[]) : (content as Plain)];
    }),
  );
}

function sortedSet(items: readonly Plain[]): readonly Plain[] {
  const byEncoding = new Map(items.map((item) => [encode(item), item]));
  return [...byEncoding].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function choices(domains: Domains): readonly { readonly [parameter: string]: Plain }[] {
  return Object.entries(domains).reduce<readonly { readonly [parameter: string]: Plain }[]>(
    (partial, [parameter, domain]) =>
      partial.flatMap((choice) => domain.map((item) => ({ ...choice, [parameter]: item }))),
    [{}],
  );
}

function viewOf(variables: ModelVariables, state: State): ModelState<Variables> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      variable.kind === "set" ? plainSet(state[name] as readonly Plain[]) : state[name],
    ]),
  );
}

function plainSet(items: readonly Plain[]): PlainSet<Plain> {
  const has = (item: Plain): boolean => items.some((other) => encode(other) === encode(item));
  return Object.assign([...items], { has, size: items.length });
}

function updated(variables: ModelVariables, state: State, update: Update<Variables>): State {
  const next: { [variable: string]: Plain } = { ...state };
  for (const [name, change] of Object.entries(update)) {
    const variable = variables[name];
    if (variable === undefined) throw new Error(`There is no variable ${name}.`);
    next[name] = variable.kind === "value" ? (change as Plain) : changed(variable.kind, state[name] as Plain, change);
  }
  return next;
}

function changed(kind: "function" | "set", content: Plain, change: unknown): Plain {
  if (kind === "function") return { ...(content as { [key: string]: Plain }), ...(change as { [key: string]: Plain }) };
  const { add = [], remove = [] } = change as { add?: readonly Plain[]; remove?: readonly Plain[] };
  const removed = new Set(remove.map(encode));
  return sortedSet([...(content as readonly Plain[]).filter((item) => !removed.has(encode(item))), ...add]);
}
