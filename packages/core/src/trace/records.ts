/**
 * The trace of a running node: what its protocol was given and what it answered, and what became of that. A node writes it,
 * the checker holds it against the protocol. One record is one line of JSON; values in it are as `toJson` makes them.
 *
 * The steps of a life are numbered: the start is step 0. What a record says of a state or an effect is enough to tell whether
 * another one is the same, and not to build it: whoever replays the inputs has them all.
 */

import type { Effect, NodeId, Signature, State } from "../protocol.ts";
import type { Plain } from "../plain.ts";
import type { Digester } from "./digest.ts";
import type { Json } from "./json.ts";

/** The version of the format. Whatever changes its meaning changes this. */
export const TRACE_FORMAT = 1;

/** The hash behind the digests: the first 96 bits of SHA-256, in base64url. */
export const TRACE_DIGEST = "sha256/96";

/** What each file begins with. `life` counts the lives of the node, `part` the files of this life, both from 1. */
export type HeaderRecord = {
  readonly type: "header";
  readonly format: number;
  readonly digest: string;
  readonly protocol: string;
  readonly cluster: string;
  readonly node: NodeId;
  readonly config: Json;
  readonly life: number;
  readonly part: number;
};

/** The life begins. `durable` is what the disk held: null if it is what the disk of a new node holds. */
export type StartRecord = {
  readonly type: "start";
  readonly durable: { readonly value: Json } | null;
  readonly effects: readonly EffectRecord[];
  readonly changes: Changes;
  readonly digest: string;
};

/**
 * The life goes on in another file, after step `n`, with this state and these timers running. `durables` are the durable
 * states that the disk may still be said to hold, each with the step that returned it first, the oldest first; null stands
 * for the state's own. Those up to step `flushed` are on disk.
 */
export type ResumeRecord = {
  readonly type: "resume";
  readonly n: number;
  readonly state: Json;
  readonly timers: readonly string[];
  readonly durables: readonly { readonly n: number; readonly durable: { readonly value: Json } | null }[];
  readonly flushed: number;
  readonly digest: string;
};

/** Step `n` of this life. */
export type StepRecord = {
  readonly type: "step";
  readonly n: number;
  readonly input: InputRecord;
  readonly effects: readonly EffectRecord[];
  readonly changes: Changes;
  /** Of the whole state that the step led to. */
  readonly digest: string;
};

/** An input. What is persisted is the durable state that step `step` was the first to return. */
export type InputRecord =
  | { readonly type: "receive"; readonly from: NodeId; readonly message: Json }
  | { readonly type: "timeout"; readonly timer: string }
  | { readonly type: "request"; readonly request: Json }
  | { readonly type: "persisted"; readonly step: number }
  /** A durable state that no step of this life returned. */
  | { readonly type: "persisted"; readonly durable: Json };

/** An effect: what it is, in clear, and the digest of what it carries. */
export type EffectRecord =
  | {
      readonly type: "send";
      readonly to: NodeId;
      readonly message: string;
      readonly after: "now" | "durable";
      readonly digest: string;
    }
  | { readonly type: "output"; readonly output: string; readonly digest: string }
  | { readonly type: "setTimer" | "clearTimer"; readonly timer: string };

/** By name, the fields of the state that the step changed, and each one's text: see `Digester`. */
export type Changes = { readonly [field: string]: string };

/** The disk holds the durable state that step `n` was the first to return. Null if no step of this life returned it. */
export type FlushedRecord = { readonly type: "flushed"; readonly n: number | null };

/**
 * An effect of step `n` leaves: the one at `effect`, counted from 0; or, where others stand for the protocol's outputs, the
 * output number `output` of those. `n` is null if no step returned such an effect.
 */
export type LeftRecord =
  | { readonly type: "left"; readonly n: number; readonly effect: number }
  | { readonly type: "left"; readonly n: number; readonly output: number }
  | { readonly type: "left"; readonly n: null; readonly what: string };

/**
 * The file ends where it should: because the node stopped, because the file was full, or, with the reason, because it could
 * not be written any further although the node went on. A file without this record ends where its node was killed.
 */
export type EndRecord = {
  readonly type: "end";
  readonly reason: "closed" | "full" | "failed";
  readonly error: string | null;
};

export type TraceRecord =
  HeaderRecord | StartRecord | ResumeRecord | StepRecord | FlushedRecord | LeftRecord | EndRecord;

/** The record of `effect`. */
export function effectRecord<S extends Signature>({ digest }: Digester, effect: Effect<S>): EffectRecord {
  switch (effect.type) {
    case "send": {
      const { to, message, after } = effect;
      return { type: "send", to, message: message.type, after, digest: digest(message) };
    }
    case "output":
      return { type: "output", output: effect.output.type, digest: digest(effect.output) };
    case "setTimer":
    case "clearTimer":
      return { type: effect.type, timer: effect.timer };
  }
}

/** The fields in which `after` is not the same as `before`, or all of them if there is none before. */
export function changesOf<S extends Signature>({ text }: Digester, before: State<S> | null, after: State<S>): Changes {
  const changes: { [field: string]: string } = {};
  addChanges(text, "durable", before?.durable, after.durable, changes);
  addChanges(text, "volatile", before?.volatile, after.volatile, changes);
  return changes;
}

function addChanges(
  text: Digester["text"],
  name: string,
  before: Plain | undefined,
  after: Plain,
  into: { [field: string]: string },
): void {
  if (before === after) return;
  if (!isRecord(after) || (before !== undefined && !isRecord(before))) {
    into[name] = text(after);
    return;
  }
  for (const [field, value] of Object.entries(after)) {
    if (before === undefined || !Object.hasOwn(before, field) || before[field] !== value) {
      into[`${name}.${field}`] = text(value);
    }
  }
}

function isRecord(value: Plain): value is { readonly [field: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
