/**
 * `model`: any state machine over named variables with named, parameterised actions, in the style of TLA+.
 */

import type { Plain } from "@quorate/core";
import type { Collection } from "../collection.ts";
import type { Properties } from "../properties.ts";

/**
 * What a variable is to the type system: its value in a state, what changes it, and its value in an initial state. The
 * field exists in types alone.
 */
interface Typed<State, Change, Full> {
  readonly types?: { readonly state: State; readonly change: Change; readonly full: Full };
}

/** A variable that holds one plain value. */
export interface ValueVariable<T> extends Typed<T, T, T> {
  readonly kind: "value";
  readonly initial: T;
}

/** A function variable: one plain value for each of a fixed list of keys. */
export interface FunctionVariable<K extends string, T> extends Typed<
  { readonly [key in K]: T },
  { readonly [key in K]?: T },
  { readonly [key in K]: T }
> {
  readonly kind: "function";
  readonly keys: readonly K[];
  initial(key: K): T;
}

/** What changes a set. */
export interface SetChange<T> {
  readonly add?: readonly T[];
  readonly remove?: readonly T[];
}

/** A set variable. */
export interface SetVariable<T> extends Typed<PlainSet<T>, SetChange<T>, readonly T[]> {
  readonly kind: "set";
  readonly initial: readonly T[];
}

export type Variable = ValueVariable<unknown> | FunctionVariable<string, unknown> | SetVariable<unknown>;
export type Variables = { readonly [name: string]: Typed<unknown, unknown, unknown> };

/** A variable that starts as `initial`. */
export function value<T>(initial: T): ValueVariable<T> {
  return { kind: "value", initial };
}

/** A variable that maps each of `keys` to a value: `initial`, or what `initial` says of the key. */
export function functionOf<K extends string, T>(
  keys: readonly K[],
  initial: T | ((key: K) => T),
): FunctionVariable<K, T> {
  const initialOf = typeof initial === "function" ? (initial as (key: K) => T) : () => initial;
  return { kind: "function", keys, initial: initialOf };
}

/** A variable that is a set, of `initial` to begin with. */
export function setOf<T>(initial: readonly T[] = []): SetVariable<T> {
  return { kind: "set", initial };
}

/** A set inside a state. Its items come in the order of their canonical encodings. */
export interface PlainSet<T> extends Collection<T> {
  has(item: T): boolean;
  readonly size: number;
}

/** A state as actions and properties read it. */
export type ModelState<V extends Variables> = { readonly [N in keyof V]: NonNullable<V[N]["types"]>["state"] };

/** What a transition changes; the other variables stay as they are. Functions change at the given keys alone. */
export type Update<V extends Variables> = { readonly [N in keyof V]?: NonNullable<V[N]["types"]>["change"] };

/** A state in full, for `initial`. */
export type FullState<V extends Variables> = { readonly [N in keyof V]: NonNullable<V[N]["types"]>["full"] };

/** The domains of an action's parameters: `{ r: ["r1", "r2"] }` is "there is an r in r1, r2". */
export type Domains = { readonly [parameter: string]: readonly Plain[] };

/** One choice of an action's parameters. */
export type Choice<D extends Domains> = { readonly [P in keyof D]: D[P][number] };

/** What an action makes of a state: nothing where it is not enabled, or one update for each way that it can happen. */
export type Next<V extends Variables> = Update<V> | readonly Update<V>[] | undefined;

/**
 * An action. As in TLC, ways of it that lead to the same state count separately as generated, and so do choices of its
 * parameters.
 */
export interface Action<V extends Variables> {
  readonly exists: Domains;
  next(state: ModelState<V>, choice: { readonly [parameter: string]: Plain }): Next<V>;
}

/** Makes an action, with parameters or without. */
export interface ActionMaker<V extends Variables> {
  (next: (state: ModelState<V>) => Next<V>): Action<V>;
  <const D extends Domains>(exists: D, next: (state: ModelState<V>, choice: Choice<D>) => Next<V>): Action<V>;
}

export interface ModelOptions<V extends Variables> extends Properties<ModelState<V>> {
  /** The initial states; the variables' own initial values unless given. */
  readonly initial?: () => Iterable<FullState<V>>;
  readonly actions: (action: ActionMaker<V>) => { readonly [name: string]: Action<V> };
  /** States that do not satisfy it are checked, but neither counted as distinct nor explored, as TLC's CONSTRAINT. */
  readonly constraint?: (state: ModelState<V>) => boolean;
  /** Whether a state without a successor is an error. It is, unless allowed, as in TLC. */
  readonly deadlock?: "forbidden" | "allowed";
}

/** A model with its types forgotten: what the engine and the naive explorer take. */
export interface Model {
  readonly kind: "model";
  readonly variables: { readonly [name: string]: Variable };
  readonly actions: { readonly [name: string]: Action<Variables> };
  readonly options: ModelOptions<Variables>;
}

/** A state machine over named variables: the variables, then what can happen to them and what is claimed of them. */
export function model<V extends Variables>(variables: V, options: ModelOptions<V>): Model {
  const action = (...[exists, next]: readonly unknown[]): unknown =>
    next === undefined ? { exists: {}, next: exists } : { exists, next };
  return {
    kind: "model",
    variables: variables as unknown as Model["variables"],
    actions: options.actions(action as ActionMaker<V>),
    options: options as unknown as Model["options"],
  };
}
