/**
 * Recorded runs: every call that a run makes of a protocol, with copies of what went in and what came out, taken at once
 * so that no later call can touch them.
 */

import type { Input, NodeId, Protocol, Signature, State, Step } from "../protocol.ts";
import { Cluster, NeverSettled } from "./cluster.ts";
import type { Calls, Member, Persistence } from "./cluster.ts";
import { copy } from "./copy.ts";
import { choose, perform } from "./schedule.ts";
import type { Action } from "./schedule.ts";

/**
 * Inputs for a node that is up, in any state that the run has reached, which it forgets again: they may be impossible,
 * and what came of them must not become part of the run.
 */
export interface Probe<S extends Signature> {
  readonly type: "probe";
  readonly which: number;
  readonly inputs: readonly Input<S>[];
}

/** How a call ended. */
export type Outcome<T> =
  { readonly type: "returned"; readonly value: T } | { readonly type: "threw"; readonly error: unknown };

/** What `step` is given. */
interface Arguments<S extends Signature> {
  readonly config: S["config"];
  readonly state: State<S>;
  readonly input: Input<S>;
}

/** One call of one of the protocol's functions. */
export type Call<S extends Signature> = { readonly config: S["config"] } & (
  | { readonly function: "initial"; readonly outcome: Outcome<S["durable"]> }
  | {
      readonly function: "start";
      readonly durable: S["durable"];
      readonly outcome: Outcome<Step<S>>;
      /** Whether the very durable state came back that went in. */
      readonly sameDurable: boolean;
    }
  | {
      readonly function: "step";
      readonly state: State<S>;
      readonly input: Input<S>;
      readonly outcome: Outcome<Step<S>>;
      /** The arguments themselves, and not copies of them: what calls since have made of them. */
      readonly originals: Arguments<S>;
      /** The timers that ran, without the one that fired. */
      readonly timers: readonly S["timer"][];
      /** Whether the very state came back that went in. */
      readonly sameReference: boolean;
      /** Whether the very durable state came back that went in. */
      readonly sameDurable: boolean;
      /** Whether the input was a probe's, or one that the run brought about. */
      readonly probed: boolean;
    }
);

/** A run of `protocol` on a cluster, call by call. */
export interface Run<S extends Signature> {
  readonly protocol: Protocol<S>;
  readonly nodes: readonly NodeId[];
  readonly calls: readonly Call<S>[];
}

/**
 * Runs `members` through `schedule`. A run ends where the protocol throws, since there is no state to go on from, and
 * where a node never settles.
 */
export function record<S extends Signature>(
  protocol: Protocol<S>,
  members: readonly Member<S>[],
  schedule: readonly (Action<S> | Probe<S>)[],
  persistence: Persistence,
): Run<S> {
  const recorder = new Recorder(protocol);
  try {
    const cluster = new Cluster(recorder, members, persistence);
    for (const action of schedule) {
      if (action.type === "probe") probe(recorder, cluster, action);
      else perform(cluster, action);
    }
  } catch (error) {
    if (!recorder.hasThrown && !(error instanceof NeverSettled)) throw error;
  }
  return { protocol, nodes: members.map(({ id }) => id), calls: recorder.calls };
}

function probe<S extends Signature>(recorder: Recorder<S>, cluster: Cluster<S>, { which, inputs }: Probe<S>): void {
  const node = choose(cluster.nodes, which);
  let state = node?.life?.memory;
  if (node === undefined || state === undefined) return;
  for (const input of inputs) state = recorder.call(node.config, state, input, node.life?.timers ?? [], true).state;
}

class Recorder<S extends Signature> implements Calls<S> {
  readonly calls: Call<S>[] = [];
  hasThrown = false;
  readonly #protocol: Protocol<S>;

  constructor(protocol: Protocol<S>) {
    this.#protocol = protocol;
  }

  initial(config: S["config"]): S["durable"] {
    const before = copy({ config });
    const outcome = attempt(() => this.#protocol.initial(config));
    this.calls.push({ function: "initial", ...before, outcome: copy(outcome) });
    return this.#valueOf(outcome);
  }

  start(config: S["config"], durable: S["durable"]): Step<S> {
    const before = copy({ config, durable });
    const outcome = attempt(() => this.#protocol.start(config, durable));
    const sameDurable = outcome.type === "returned" && outcome.value.state.durable === durable;
    this.calls.push({ function: "start", ...before, outcome: copy(outcome), sameDurable });
    return this.#valueOf(outcome);
  }

  step(config: S["config"], state: State<S>, input: Input<S>, timers: readonly S["timer"][]): Step<S> {
    return this.call(config, state, input, timers, false);
  }

  call(config: S["config"], state: State<S>, input: Input<S>, timers: readonly S["timer"][], probed: boolean): Step<S> {
    const originals = { config, state, input };
    const before = copy(originals);
    const outcome = attempt(() => this.#protocol.step(config, state, input));
    const sameReference = outcome.type === "returned" && outcome.value.state === state;
    const sameDurable = outcome.type === "returned" && outcome.value.state.durable === state.durable;
    this.calls.push({
      function: "step",
      ...before,
      originals,
      timers,
      outcome: copy(outcome),
      sameReference,
      sameDurable,
      probed,
    });
    return this.#valueOf(outcome);
  }

  #valueOf<T>(outcome: Outcome<T>): T {
    if (outcome.type === "returned") return outcome.value;
    this.hasThrown = true;
    throw outcome.error;
  }
}

/** Calls `call`, and catches what it throws. */
export function attempt<T>(call: () => T): Outcome<T> {
  try {
    return { type: "returned", value: call() };
  } catch (error) {
    return { type: "threw", error };
  }
}

/** Makes the call once more, with each argument passed through `prepare`. */
export function repeat<S extends Signature>(
  protocol: Protocol<S>,
  call: Call<S>,
  prepare: <T>(argument: T) => T,
): Outcome<S["durable"] | Step<S>> {
  const config = prepare(call.config);
  switch (call.function) {
    case "initial":
      return attempt(() => protocol.initial(config));
    case "start": {
      const durable = prepare(call.durable);
      return attempt(() => protocol.start(config, durable));
    }
    case "step": {
      const [state, input] = [prepare(call.state), prepare(call.input)];
      return attempt(() => protocol.step(config, state, input));
    }
  }
}
