/** What a life's trace says: a record for each step of the protocol, and for what became of the step's effects. */

import type { Effect, Input, NodeId, Output, Plain, Send, Signature, State, Step } from "@quorate/core";
import { asPlain, changesOf, digester, effectRecord, toJson, TRACE_DIGEST, TRACE_FORMAT } from "@quorate/core/trace";
import type { Digester, HeaderRecord, InputRecord, Json, TraceRecord } from "@quorate/core/trace";
import { sha256 } from "./sha256.ts";
import type { TraceWriter } from "./writer.ts";

export type TracerOptions = {
  readonly writer: TraceWriter;
  /** Its name. */
  readonly protocol: string;
  readonly config: unknown;
  /** What the disk of a new node holds. */
  readonly initial: Plain;
  readonly node: NodeId;
  readonly cluster: string;
  readonly life: number;
  /** How many characters a file has, at the least, before another begins. */
  readonly rotateAt: number;
};

/** Which of a step's effects one is: of its own, or of the outputs that stand for its own. */
type Place = { readonly n: number } & ({ readonly effect: number } | { readonly output: number });

export class Tracer {
  readonly #options: TracerOptions;
  readonly #digester: Digester = digester(sha256);
  readonly #config: Json;
  #part = 0;
  #n = 0;
  #size = 0;
  /** How long the records are that this file begins with: the next one is as long at least, so that half of all is steps. */
  #headSize = 0;
  #flushed = 0;
  #effects: readonly Effect<Signature>[] = [];
  readonly #timers = new Set<string>();
  /** The durable states that the disk may still be said to hold, each with the step that returned it first. */
  #durables: { readonly n: number; readonly durable: Plain }[] = [];
  /** Where effects that have not left come from. One object may be returned more than once. */
  readonly #places = new WeakMap<object, Place[]>();

  /** @throws TypeError if the configuration is not plain data */
  constructor(options: TracerOptions) {
    this.#options = options;
    this.#config = toJson(asPlain(options.config));
    this.#begin();
  }

  started(durable: Plain, step: Step<Signature>): void {
    this.#guard(() => {
      const { digest } = this.#digester;
      const isNew = digest(durable) === digest(this.#options.initial);
      this.#take(0, step, durable);
      this.#write({
        type: "start",
        durable: isNew ? null : { value: toJson(durable) },
        effects: step.effects.map((effect) => effectRecord(this.#digester, effect)),
        changes: changesOf(this.#digester, null, step.state),
        digest: this.#digestOf(step.state),
      });
      this.#headSize = this.#size;
    });
  }

  stepped(before: State<Signature>, input: Input<Signature>, step: Step<Signature>): void {
    this.#guard(() => {
      const n = this.#n + 1;
      if (input.type === "timeout") this.#timers.delete(input.timer);
      const given = this.#inputRecord(input);
      this.#take(n, step, before.durable);
      this.#write({
        type: "step",
        n,
        input: given,
        effects: step.effects.map((effect) => effectRecord(this.#digester, effect)),
        changes: changesOf(this.#digester, before, step.state),
        digest: this.#digestOf(step.state),
      });
      if (this.#size >= this.#options.rotateAt && this.#size >= 2 * this.#headSize) this.#rotate(step.state);
    });
  }

  /** What the surroundings make of the latest step's effects. */
  returned(effects: readonly Effect<Signature>[]): void {
    const own = new Set<object>(this.#effects);
    let output = 0;
    for (const effect of effects) {
      if (effect.type !== "output" || own.has(effect)) continue;
      this.#place(effect, { n: this.#n, output });
      output += 1;
    }
  }

  flushed(durable: Plain): void {
    this.#guard(() => {
      const n = this.#stepOf(durable);
      this.#flushed = n ?? this.#flushed;
      this.#write({ type: "flushed", n });
    });
  }

  left(effect: Send<Signature> | Output<Signature>): void {
    this.#guard(() => {
      const place = this.#places.get(effect)?.shift();
      const what = effect.type === "send" ? `${effect.message.type} to ${effect.to}` : effect.output.type;
      this.#write(place === undefined ? { type: "left", n: null, what } : { type: "left", ...place });
    });
  }

  closed(): void {
    this.#guard(() => {
      this.#write({ type: "end", reason: "closed", error: null });
    });
  }

  #begin(): void {
    const { protocol, cluster, node, life } = this.#options;
    this.#part += 1;
    this.#size = 0;
    const header: HeaderRecord = {
      type: "header",
      format: TRACE_FORMAT,
      digest: TRACE_DIGEST,
      protocol,
      cluster,
      node,
      config: this.#config,
      life,
      part: this.#part,
    };
    this.#write(header);
  }

  #rotate(state: State<Signature>): void {
    this.#write({ type: "end", reason: "full", error: null });
    this.#options.writer.next();
    this.#begin();
    this.#write({
      type: "resume",
      n: this.#n,
      state: toJson({ durable: state.durable, volatile: state.volatile }),
      timers: [...this.#timers],
      durables: this.#durables.map(({ n, durable }) => {
        return { n, durable: durable === state.durable ? null : { value: toJson(durable) } };
      }),
      flushed: this.#flushed,
      digest: this.#digestOf(state),
    });
    this.#headSize = this.#size;
  }

  #take(n: number, { state, effects }: Step<Signature>, durableBefore: Plain): void {
    this.#n = n;
    this.#effects = effects;
    if (n === 0 || state.durable !== durableBefore) this.#durables.push({ n, durable: state.durable });
    for (const [at, effect] of effects.entries()) {
      switch (effect.type) {
        case "setTimer":
          this.#timers.add(effect.timer);
          break;
        case "clearTimer":
          this.#timers.delete(effect.timer);
          break;
        case "send":
        case "output":
          this.#place(effect, { n, effect: at });
          break;
      }
    }
  }

  #place(effect: object, place: Place): void {
    const places = this.#places.get(effect);
    if (places === undefined) this.#places.set(effect, [place]);
    else places.push(place);
  }

  #inputRecord(input: Input<Signature>): InputRecord {
    switch (input.type) {
      case "receive":
        return { type: "receive", from: input.from, message: toJson(input.message) };
      case "timeout":
        return { type: "timeout", timer: input.timer };
      case "request":
        return { type: "request", request: toJson(input.request) };
      case "persisted": {
        const step = this.#stepOf(input.durable);
        return step === null ? { type: "persisted", durable: toJson(input.durable) } : { type: "persisted", step };
      }
    }
  }

  /** The step that first returned `durable`. Those before it are not asked for any more. */
  #stepOf(durable: Plain): number | null {
    let at = this.#durables.findLastIndex((of) => of.durable === durable);
    if (at === -1) {
      const digest = this.#digester.digest(durable);
      at = this.#durables.findLastIndex((of) => this.#digester.digest(of.durable) === digest);
    }
    const found = this.#durables[at];
    if (found === undefined) return null;
    this.#durables = this.#durables.slice(at);
    return found.n;
  }

  #digestOf({ durable, volatile }: State<Signature>): string {
    return this.#digester.digest({ durable, volatile });
  }

  #write(record: TraceRecord): void {
    const line = JSON.stringify(record);
    this.#size += line.length + 1;
    this.#options.writer.line(line);
  }

  /** A trace that can't be written is the trace's end, and not the node's. */
  #guard(act: () => void): void {
    if (!this.#options.writer.isOpen) return;
    try {
      act();
    } catch (error) {
      this.#options.writer.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
