/**
 * The laws that every protocol keeps, each a predicate on recorded runs.
 *
 * Each law is about one thing and leaves to the others what is theirs: calls that threw are `totality`'s, calls that
 * don't even agree with themselves are `determinism`'s. So a protocol with one fault fails one law.
 *
 * What is no law: what a protocol does when a timer fires that does not run, or when it is told that the disk holds what
 * it never returned (the shell does neither), that a second start leaves what the first did (a protocol may count its
 * lives), and that timers run after a start (that is liveness, and for the checker to show).
 */

import fc from "fast-check";
import type { Signature, State, Step } from "../protocol.ts";
import { ROUNDS_MAX } from "./cluster.ts";
import { decode, encode, plainFault } from "./codec.ts";
import { copy, frozenCopy } from "./copy.ts";
import { difference } from "./difference.ts";
import { attempt, repeat } from "./recording.ts";
import type { Call, Outcome, Run } from "./recording.ts";

/** A protocol broke a law. */
class LawBroken extends Error {
  override readonly name = "LawBroken";

  constructor(law: string, what: string, call: unknown) {
    super(`${law}: ${what}\n  in the call ${fc.stringify(call)}`);
  }
}

/** One law, named, and said in a sentence. */
export interface Law {
  readonly name: string;
  readonly says: string;
  /** @throws LawBroken if the run breaks the law */
  hold<S extends Signature>(run: Run<S>): void;
}

type StepCall<S extends Signature> = Extract<Call<S>, { function: "step" }>;

/** The calls of `step` that returned, each with what it returned. */
function* steps<S extends Signature>({ calls }: Run<S>): Generator<readonly [StepCall<S>, Step<S>]> {
  for (const call of calls) {
    if (call.function === "step" && call.outcome.type === "returned") yield [call, call.outcome.value];
  }
}

/** The calls of `start` and `step` that returned, each with what was durable before, and the state that it returned. */
function* durables<S extends Signature>({
  calls,
}: Run<S>): Generator<readonly [Exclude<Call<S>, { function: "initial" }>, S["durable"], State<S>]> {
  for (const call of calls) {
    if (call.function === "initial" || call.outcome.type === "threw") continue;
    yield [call, call.function === "start" ? call.durable : call.state.durable, call.outcome.value.state];
  }
}

/** Where two calls that both returned differ, or null. */
function disagreement(a: Outcome<unknown>, b: Outcome<unknown>): string | null {
  if (a.type === "threw" || b.type === "threw") return null;
  return difference(a.value, b.value);
}

const totality: Law = {
  name: "totality",
  says: "No input makes a protocol throw: no message is too late, too early, too often, or too wrong, no disk too slow.",
  hold({ calls }) {
    for (const call of calls) {
      if (call.outcome.type === "threw")
        throw new LawBroken("totality", `it throws ${String(call.outcome.error)}`, call);
    }
  },
};

const determinism: Law = {
  name: "determinism",
  says: "Equal arguments, separately built, have equal results, whatever was called before.",
  hold({ protocol, calls }) {
    const firsts = calls.map((call) => {
      const first = repeat(protocol, call, copy);
      const at = disagreement(first, repeat(protocol, call, copy));
      if (at !== null) throw new LawBroken("determinism", `two calls in a row differ at ${at}`, call);
      return copy(first);
    });
    // From the last call to the first, so that each has other calls behind it. Starts are the law restart's.
    for (const [index, call] of [...calls.entries()].reverse()) {
      const first = firsts[index];
      if (first === undefined || call.function !== "step") continue;
      const at = disagreement(first, repeat(protocol, call, copy));
      if (at !== null) throw new LawBroken("determinism", `after other calls, the result differs at ${at}`, call);
    }
  },
};

const noMutation: Law = {
  name: "noMutation",
  says: "A call leaves its arguments as they were.",
  hold({ protocol, calls }) {
    for (const call of calls) {
      const prepared: (readonly [unknown, unknown])[] = [];
      const outcome = repeat(protocol, call, (argument) => {
        const frozen = frozenCopy(argument);
        prepared.push([argument, frozen]);
        return frozen;
      });
      if (outcome.type === "threw" && call.outcome.type === "returned") {
        throw new LawBroken("noMutation", `on frozen arguments it throws ${String(outcome.error)}`, call);
      }
      // Byte strings can't be frozen, and are found out by comparison.
      for (const [before, after] of prepared) {
        const at = difference(before, after);
        if (at !== null) throw new LawBroken("noMutation", `it changes an argument at ${at}`, call);
      }
    }
  },
};

const sameReference: Law = {
  name: "sameReference",
  says: "What a step leaves equal to what it was, the state or all that is durable in it, it returns as it was given.",
  hold(run) {
    for (const [call, { state }] of steps(run)) {
      if (!call.sameReference && difference(call.state, state) === null) {
        throw new LawBroken("sameReference", "the state is equal to the one before, and not the same reference", call);
      }
    }
    for (const [call, before, { durable }] of durables(run)) {
      if (!call.sameDurable && difference(before, durable) === null) {
        const what = "what is durable is equal to what it was, and not the same reference, so it is written again";
        throw new LawBroken("sameReference", what, call);
      }
    }
  },
};

const settling: Law = {
  name: "settling",
  says: "A node that hears each time that its disk has caught up makes nothing else durable in the end.",
  hold(run) {
    for (const [call, before, after] of durables(run)) {
      let [durable, state] = [before, copy(after)];
      for (let round = 0; difference(durable, state.durable) !== null; round++) {
        if (round === ROUNDS_MAX) {
          throw new LawBroken("settling", `it does so ${ROUNDS_MAX} times in a row, and then still does`, call);
        }
        ({ durable } = state);
        const told = attempt(() => run.protocol.step(call.config, state, { type: "persisted", durable }));
        if (told.type === "threw") break;
        ({ state } = told.value);
      }
    }
  },
};

const noIdleEffects: Law = {
  name: "noIdleEffects",
  says: "A step that changes nothing has no effects: it clears no timer that does not run.",
  hold(run) {
    for (const [call, { effects }] of steps(run)) {
      if (!call.sameReference || effects.length === 0) continue;
      const idle = effects.every((effect) => effect.type === "clearTimer" && !call.timers.includes(effect.timer));
      if (idle) throw new LawBroken("noIdleEffects", "nothing changes, but there are effects", call);
    }
  },
};

const plainData: Law = {
  name: "plainData",
  says: "States and effects are plain data.",
  hold({ calls }) {
    for (const call of calls) {
      if (call.outcome.type === "threw") continue;
      const fault = plainFault(call.outcome.value);
      if (fault !== null) throw new LawBroken("plainData", `of the result, ${fault}`, call);
    }
  },
};

const addressees: Law = {
  name: "addressees",
  says: "Messages are sent to members of the cluster.",
  hold({ nodes, calls }) {
    for (const call of calls) {
      if (call.function === "initial" || call.outcome.type === "threw") continue;
      for (const effect of call.outcome.value.effects) {
        if (effect.type !== "send" || nodes.includes(effect.to)) continue;
        throw new LawBroken("addressees", `it sends to ${effect.to}, which is not a member`, call);
      }
    }
  },
};

const encoding: Law = {
  name: "encoding",
  says: "A state that was encoded and decoded behaves as the one in memory did: nothing depends on identity.",
  hold({ protocol, calls }) {
    for (const call of calls) {
      if (call.function !== "step") continue;
      const { config, state, input } = call.originals;
      if (plainFault([state, input]) !== null) continue;
      const encodings = [encode(state), encode(input)] as const;
      const behind = () => encodings.map(decode) as unknown as [typeof state, typeof input];
      const lost = difference([state, input], behind());
      if (lost !== null) throw new LawBroken("encoding", `the state and the input do not survive it at ${lost}`, call);

      const inMemory = copy(attempt(() => protocol.step(config, state, input)));
      const decoded = attempt(() => protocol.step(config, ...behind()));
      const again = attempt(() => protocol.step(config, ...behind()));
      if (disagreement(decoded, again) !== null) continue;
      const at = disagreement(inMemory, decoded);
      if (at !== null) throw new LawBroken("encoding", `on decoded arguments, the result differs at ${at}`, call);
    }
  },
};

const restartFromDurable: Law = {
  name: "restart",
  says: "A start depends on the disk alone: nothing else outlives a crash.",
  hold<S extends Signature>({ protocol, calls }: Run<S>) {
    type Restart = {
      readonly call: Call<S>;
      readonly before: Outcome<Step<S>>;
      readonly restart: () => Restart["before"];
    };
    const restarts: Restart[] = [];
    for (const call of calls) {
      if (call.function === "initial" || call.outcome.type === "threw") continue;
      const { config } = call;
      const durable = call.function === "start" ? call.durable : call.outcome.value.state.durable;
      const restart = () => attempt(() => protocol.start(copy(config), copy(durable)));
      // Right after the step, memory is full of what it did.
      if (call.function === "step") repeat(protocol, call, copy);
      restarts.push({ call, restart, before: call.function === "start" ? call.outcome : copy(restart()) });
    }
    for (const { call, before, restart } of restarts.reverse()) {
      const now = restart();
      if (disagreement(now, restart()) !== null) continue;
      const at = disagreement(before, now);
      if (at === null) continue;
      throw new LawBroken("restart", `a start from the same disk, after other calls, differs at ${at}`, call);
    }
  },
};

const strangers: Law = {
  name: "strangers",
  says: "A message from a node outside the cluster changes nothing and has no effects.",
  hold(run) {
    for (const [call, { state, effects }] of steps(run)) {
      if (call.input.type !== "receive" || run.nodes.includes(call.input.from)) continue;
      const at = difference(call.state, state);
      if (at !== null) throw new LawBroken("strangers", `a stranger's message changes the state at ${at}`, call);
      if (effects.length > 0) throw new LawBroken("strangers", "a stranger's message has effects", call);
    }
  },
};

/** Every law, in the order in which a failure is best understood. */
export const laws: readonly Law[] = [
  totality,
  determinism,
  noMutation,
  sameReference,
  settling,
  noIdleEffects,
  plainData,
  addressees,
  encoding,
  restartFromDurable,
  strangers,
];
