/**
 * When effects may leave, and when a protocol is told of its disk: rules 2 and 4 of packages/core/src/protocol.ts, and what
 * the same file says of `persisted`, held against one life of a node.
 */

import type { Effect, Output, Send, Signature } from "@quorate/core";
import type { LeftRecord } from "@quorate/core/trace";
import { Deviation } from "./deviation.ts";
import type { Place } from "./deviation.ts";

/** A step, as long as something of it may be heard of. */
type Taken = {
  readonly n: number;
  /** How many durable states of this life came before its own. */
  readonly version: number;
  readonly effects: readonly Effect<Signature>[];
  /** The sends that have not left. */
  readonly unsent: Set<number>;
  readonly outputs: number;
  /** Which outputs have left, of its own or of those that stand for them. */
  readonly said: Set<string>;
};

/** Steps without sends are forgotten when so many others have come: their outputs may leave late, but not that late. */
const KEPT_STEPS = 4096;

/** An effect that left: a send, or an output, if it is known which. */
export type Left = { readonly version: number; readonly effect: Send<Signature> | Output<Signature> | null };

export class Leaving {
  /** Steps before this one were not seen. Nothing is claimed of their effects. */
  readonly #from: number;
  readonly #steps = new Map<number, Taken>();
  /** Those with sends that wait for the disk, or have only just been allowed to leave. */
  readonly #waiting = new Map<number, Taken>();
  #latest: number;
  #flushedVersion: number;
  /** The last effect that left, of those that wait for the disk and of those that don't: step and number. */
  readonly #last = { now: [-1, -1], send: [-1, -1], output: [-1, -1], waiting: [-1, -1] };
  /** Of effects of steps that were not seen. */
  unseen = 0;

  constructor(from: number, flushedVersion: number) {
    this.#from = from;
    this.#latest = from - 1;
    this.#flushedVersion = flushedVersion;
  }

  took(n: number, version: number, effects: readonly Effect<Signature>[]): void {
    this.#latest = n;
    const unsent = new Set(effects.flatMap((effect, at) => (effect.type === "send" ? [at] : [])));
    const outputs = effects.filter(({ type }) => type === "output").length;
    if (unsent.size > 0 || outputs > 0) {
      const step: Taken = { n, version, effects, unsent, outputs, said: new Set() };
      this.#steps.set(n, step);
      if (isWaiting(step)) this.#waiting.set(n, step);
    }
    this.#forget();
  }

  /** The disk holds all durable states up to that version. */
  flushed(version: number): void {
    this.#flushedVersion = version;
  }

  /** @throws Deviation if the effect may not leave now. Null if it is of a step that was not seen. */
  left(record: LeftRecord, place: Place): Left | null {
    if (record.n === null) {
      throw new Deviation(
        "shell",
        "unknownEffect",
        place,
        `${record.what} left, which no step returned, or which has left before`,
      );
    }
    if (record.n < this.#from) {
      this.unseen += 1;
      return null;
    }
    const step = this.#steps.get(record.n);
    if (step === undefined) {
      throw new Deviation(
        "shell",
        "unknownEffect",
        place,
        record.n > this.#latest
          ? `an effect of step ${record.n} left, and there was no such step yet`
          : `an effect of step ${record.n} left, which had none, or whose effects had all left before`,
      );
    }
    return "effect" in record ? this.#own(step, record.effect, place) : this.#standIn(step, record.output, place);
  }

  /**
   * The protocol is about to be told that the disk holds that version.
   *
   * @throws Deviation if something that waited for it has not left
   */
  demandLeft(version: number, place: Place): void {
    for (const step of this.#waiting.values()) {
      if (step.version > version) return;
      for (const at of step.unsent) {
        const effect = step.effects[at];
        if (effect?.type !== "send" || effect.after === "now") continue;
        throw new Deviation(
          "shell",
          "persistedBeforeLeft",
          place,
          `the protocol was told of its disk, and ${effectText(step.n, at, effect)} had not left`,
        );
      }
    }
  }

  #own(step: Taken, at: number, place: Place): Left {
    const effect = step.effects[at];
    if (effect === undefined || effect.type === "setTimer" || effect.type === "clearTimer") {
      throw new Deviation(
        "shell",
        "unknownEffect",
        place,
        `effect ${at} of step ${step.n} left, which is none that can`,
      );
    }
    const isFirst = effect.type === "send" ? step.unsent.delete(at) : !step.said.has(`effect ${at}`);
    if (!isFirst) {
      throw new Deviation("shell", "leftTwice", place, `${effectText(step.n, at, effect)} left a second time`);
    }
    if (effect.type === "send" && effect.after === "now") {
      this.#inOrder("now", step.n, at, place);
    } else {
      this.#demandFlushed(step, effectText(step.n, at, effect), place);
      this.#inOrder(effect.type, step.n, at, place);
      this.#inOrder("waiting", step.n, -1, place);
    }
    if (effect.type === "output") step.said.add(`effect ${at}`);
    else if (!isWaiting(step)) this.#waiting.delete(step.n);
    return { version: step.version, effect };
  }

  /** An output that stands for one of the step's own: there are no more than there are of those. */
  #standIn(step: Taken, at: number, place: Place): Left {
    const what = `output ${at} of those that stand for the outputs of step ${step.n}`;
    if (at >= step.outputs) {
      throw new Deviation("shell", "unknownEffect", place, `${what} left, and the step has ${step.outputs}`);
    }
    if (step.said.has(`output ${at}`)) throw new Deviation("shell", "leftTwice", place, `${what} left a second time`);
    step.said.add(`output ${at}`);
    this.#demandFlushed(step, what, place);
    this.#inOrder("output", step.n, at, place);
    this.#inOrder("waiting", step.n, -1, place);
    return { version: step.version, effect: null };
  }

  #demandFlushed({ n, version }: Taken, what: string, place: Place): void {
    if (version <= this.#flushedVersion) return;
    throw new Deviation(
      "shell",
      "leftBeforeFlush",
      place,
      `${what} left before the disk held the durable state of step ${n}`,
    );
  }

  #inOrder(kind: "now" | "send" | "output" | "waiting", n: number, at: number, place: Place): void {
    const [step = -1, number = -1] = this.#last[kind];
    if (n < step || (n === step && at < number)) {
      const [one, other] = at === -1 ? ["one", "one"] : [`number ${at}`, `number ${number}`];
      const reason = `effects left out of order: ${one} of step ${n} after ${other} of step ${step}`;
      throw new Deviation("shell", "leftOutOfOrder", place, reason);
    }
    this.#last[kind] = [n, at];
  }

  #forget(): void {
    for (const { n, version, unsent } of this.#steps.values()) {
      if (n > this.#latest - KEPT_STEPS || unsent.size > 0 || version > this.#flushedVersion) return;
      this.#steps.delete(n);
    }
  }
}

function isWaiting({ effects, unsent }: Taken): boolean {
  return [...unsent].some((at) => {
    const effect = effects[at];
    return effect?.type === "send" && effect.after === "durable";
  });
}

function effectText(n: number, at: number, effect: Send<Signature> | Output<Signature>): string {
  const what = effect.type === "send" ? `${effect.message.type} to ${effect.to}` : `the output ${effect.output.type}`;
  return `effect ${at} of step ${n}, ${what},`;
}
