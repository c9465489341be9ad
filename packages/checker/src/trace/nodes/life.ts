/** One life of a node, replayed: the same inputs, given to the protocol as core has it. */

import type { Effect, Input, NodeId, Output, Plain, Protocol, Signature, State, Step } from "@quorate/core";
import { changesOf, effectRecord, fromJson } from "@quorate/core/trace";
import type {
  Changes,
  Digester,
  EffectRecord,
  FlushedRecord,
  InputRecord,
  LeftRecord,
  ResumeRecord,
  StartRecord,
  StepRecord,
} from "@quorate/core/trace";
import { EvaluationError } from "../../values/purity.ts";
import { show } from "../show.ts";
import { Deviation, placeText } from "./deviation.ts";
import type { Place } from "./deviation.ts";
import { DiskRun } from "./disk-run.ts";
import type { Earlier } from "./disk-run.ts";
import { Leaving } from "./leaving.ts";
import type { Received } from "./node-run.ts";

export type Replayed = {
  readonly protocol: Protocol<Signature>;
  readonly config: unknown;
  readonly digester: Digester;
};

/** The outputs of a step, until the disk holds its durable state. */
type Unsaid = { readonly version: number; readonly outputs: readonly Output<Signature>["output"][] };

export class Life {
  readonly #replayed: Replayed;
  readonly #leaving: Leaving;
  readonly disk: DiskRun;
  #state: State<Signature>;
  readonly #timers: Set<string>;
  #n: number;
  #unsaid: Unsaid[] = [];

  /** A life from its start on. */
  static started(replayed: Replayed, record: StartRecord, durable: Plain, earlier: Earlier, place: Place): Life {
    const { protocol, config } = replayed;
    const step = evaluate(place, "the start", () => protocol.start(config, durable));
    const disk = new DiskRun(replayed.digester, durable, place.life, earlier);
    const life = new Life(replayed, 0, step.state, [], disk, new Leaving(0, 0));
    life.#take(0, step, durable);
    life.#compare(record, null, step, place);
    return life;
  }

  /** A life of which only what comes after some step is known. */
  static resumed(replayed: Replayed, record: ResumeRecord, place: Place): Life {
    const state = fromJson(record.state) as State<Signature>;
    const durables = record.durables.map(({ n, durable }) => {
      return { n, durable: durable === null ? state.durable : fromJson(durable.value) };
    });
    const disk = DiskRun.resumed(replayed.digester, durables, record.flushed, state.durable, place.life);
    const leaving = new Leaving(record.n + 1, disk.flushedVersion);
    const life = new Life(replayed, record.n, state, record.timers, disk, leaving);
    if (life.#digestOf(state) !== record.digest) throw differs("the state that the file begins with", place);
    return life;
  }

  private constructor(
    replayed: Replayed,
    n: number,
    state: State<Signature>,
    timers: readonly string[],
    disk: DiskRun,
    leaving: Leaving,
  ) {
    this.#replayed = replayed;
    this.#n = n;
    this.#state = state;
    this.#timers = new Set(timers);
    this.disk = disk;
    this.#leaving = leaving;
  }

  /** The number of the latest step. */
  get n(): number {
    return this.#n;
  }

  get state(): State<Signature> {
    return this.#state;
  }

  get timers(): readonly string[] {
    return [...this.#timers];
  }

  /** How many effects left whose steps were not seen. */
  get unseen(): number {
    return this.#leaving.unseen;
  }

  /** The file goes on where the one before it ended. */
  resume(record: ResumeRecord, place: Place): void {
    if (record.n !== this.#n) {
      throw new Deviation(
        "shell",
        "stepMissing",
        place,
        `step ${record.n} is followed by another file, after step ${this.#n}`,
      );
    }
    if (record.digest !== this.#digestOf(this.#state)) throw differs("the state that the file begins with", place);
  }

  /** Takes a step. A message that it receives has been read already. */
  step(record: StepRecord, received: Received | null, place: Place): Input<Signature> {
    if (record.n !== this.#n + 1) {
      throw new Deviation("shell", "stepMissing", place, `step ${record.n} comes after step ${this.#n}`);
    }
    const input = this.#input(record.input, received, place);
    const before = this.#state;
    const { protocol, config } = this.#replayed;
    const step = evaluate(place, "the step", () => protocol.step(config, before, input));
    this.#take(record.n, step, before.durable);
    this.#compare(record, before, step, place);
    return input;
  }

  flushed({ n }: FlushedRecord, place: Place): void {
    this.#leaving.flushed(this.disk.flushed(n, place));
  }

  /** The message that left, if it is known which. */
  left(record: LeftRecord, place: Place): { readonly to: NodeId; readonly message: Plain } | null {
    const left = this.#leaving.left(record, place);
    if (left === null || left.effect?.type !== "send") return null;
    return { to: left.effect.to, message: left.effect.message };
  }

  /** The outputs whose states have reached the disk since the last call. */
  said(): readonly Output<Signature>["output"][] {
    const end = this.#unsaid.findIndex(({ version }) => version > this.disk.flushedVersion);
    const said = end === -1 ? this.#unsaid : this.#unsaid.slice(0, end);
    if (said.length === 0) return [];
    this.#unsaid = end === -1 ? [] : this.#unsaid.slice(end);
    return said.flatMap(({ outputs }) => outputs);
  }

  #take(n: number, { state, effects }: Step<Signature>, durableBefore: Plain): void {
    this.#n = n;
    this.#state = state;
    if (state.durable !== durableBefore) this.disk.returned(n, state.durable);
    this.#leaving.took(n, this.disk.version, effects);
    for (const effect of effects) {
      if (effect.type === "setTimer") this.#timers.add(effect.timer);
      if (effect.type === "clearTimer") this.#timers.delete(effect.timer);
    }
    const outputs = effects.flatMap((effect) => (effect.type === "output" ? [effect.output] : []));
    if (outputs.length > 0) this.#unsaid.push({ version: this.disk.version, outputs });
  }

  #input(record: InputRecord, received: Received | null, place: Place): Input<Signature> {
    if (record.type !== "persisted") this.disk.demandTold(place);
    switch (record.type) {
      case "receive":
        return { type: "receive", from: record.from, message: tagged(received?.message ?? fromJson(record.message)) };
      case "request":
        return { type: "request", request: tagged(fromJson(record.request)) };
      case "timeout":
        if (!this.#timers.delete(record.timer)) {
          const reason = `the timer ${record.timer} fired, and it was not running: no step has set it since it last fired or was cleared`;
          throw new Deviation("shell", "timerNotSet", place, reason);
        }
        return record;
      case "persisted": {
        if (!("step" in record)) {
          throw new Deviation(
            "shell",
            "persistedUnknown",
            place,
            "the protocol was told of a durable state that no step returned",
          );
        }
        const { version, durable } = this.disk.told(record.step, place);
        this.#leaving.demandLeft(version, place);
        return { type: "persisted", durable };
      }
    }
  }

  /** Holds what the node wrote of a step against what the protocol makes of it. */
  #compare(
    record: { readonly effects: readonly EffectRecord[]; readonly changes: Changes; readonly digest: string },
    before: State<Signature> | null,
    { state, effects }: Step<Signature>,
    place: Place,
  ): void {
    const { digester } = this.#replayed;
    const expected = { ...changesOf(digester, null, state) };
    for (const [field, text] of Object.entries(record.changes)) {
      const replayed = expected[field];
      if (replayed === text) continue;
      const reason = `${field} is ${text} in the node's state, and ${replayed ?? "not there"} in the replayed one`;
      throw new Deviation("code", "state", place, `${reason}${detail(state, field)}`);
    }
    this.#compareEffects(record.effects, effects, place);
    if (record.digest === this.#digestOf(state)) return;
    const changed = Object.keys(changesOf(digester, before, state)).filter(
      (field) => !Object.hasOwn(record.changes, field),
    );
    const hint = changed.length === 0 ? "" : `; the replay has changed ${changed.join(" and ")} as well`;
    throw differs(`the state${hint}`, place);
  }

  #compareEffects(records: readonly EffectRecord[], effects: readonly Effect<Signature>[], place: Place): void {
    for (let at = 0; at < Math.max(records.length, effects.length); at++) {
      const [record, effect] = [records[at], effects[at]];
      const replayed = effect === undefined ? undefined : effectRecord(this.#replayed.digester, effect);
      if (record !== undefined && replayed !== undefined && isSameEffect(record, replayed)) continue;
      const found = record === undefined ? "nothing" : effectText(record);
      const shown = effect === undefined ? "nothing" : shortened(show(effect));
      throw new Deviation("code", "effects", place, `effect ${at} is ${found}, and in the replay ${shown}`);
    }
  }

  #digestOf({ durable, volatile }: State<Signature>): string {
    return this.#replayed.digester.digest({ durable, volatile });
  }
}

function evaluate<T>(place: Place, what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new EvaluationError(`${placeText(place)}: ${what}`, error, "");
  }
}

function differs(what: string, place: Place): Deviation {
  return new Deviation("code", "state", place, `the digest of ${what} differs from the replay's`);
}

/** A message or a request is a record with a type: the protocol that gets it looks at the rest. */
function tagged(value: Plain): Plain & { readonly type: string } {
  return value as Plain & { readonly type: string };
}

function isSameEffect(one: EffectRecord, other: EffectRecord): boolean {
  switch (one.type) {
    case "send":
      return (
        other.type === "send" &&
        one.to === other.to &&
        one.message === other.message &&
        one.after === other.after &&
        one.digest === other.digest
      );
    case "output":
      return other.type === "output" && one.output === other.output && one.digest === other.digest;
    case "setTimer":
    case "clearTimer":
      return other.type === one.type && one.timer === other.timer;
  }
}

function effectText(record: EffectRecord): string {
  switch (record.type) {
    case "send":
      return `send ${record.message} to ${record.to} after ${record.after} (${record.digest})`;
    case "output":
      return `output ${record.output} (${record.digest})`;
    case "setTimer":
    case "clearTimer":
      return `${record.type} ${record.timer}`;
  }
}

const SHOWN_MAX = 400;

function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}

/** What stands in the replayed state at a field that only a hash names. */
function detail(state: State<Signature>, field: string): string {
  const [part, name] = field.split(".");
  const record: Plain = part === "durable" ? state.durable : state.volatile;
  if (name === undefined || record === null || typeof record !== "object" || !Object.hasOwn(record, name)) return "";
  const value = (record as { readonly [field: string]: Plain })[name];
  return value === undefined || value === null || typeof value !== "object"
    ? ""
    : `, which is ${shortened(show(value))}`;
}
