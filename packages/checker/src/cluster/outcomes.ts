/** The memory of everything that nodes have done: (node, local state, happening) -> outcome, computed once. */

import { nodeId } from "@quorate/core";
import type { Effect, Signature, Step } from "@quorate/core";
import { BitMatrix } from "../engine/bit-matrix.ts";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import { RowMap } from "../engine/row-map.ts";
import { grown, Table } from "../engine/table.ts";
import { encode, NotPlainError } from "../values/encode.ts";
import { deepFreeze } from "../values/freeze.ts";
import { callTwice, EvaluationError, internChecked } from "../values/purity.ts";
import { networkOf } from "./cluster.ts";
import type { Cluster, Envelope, NodeEvent } from "./cluster.ts";
import { change, eventTo } from "./local.ts";
import type { Change, Happening, Local, NodeContext } from "./local.ts";

/** The outcome of a happening that can't happen. */
export const IMPOSSIBLE = 0;
/** The outcome that leaves every node as it is, and that nobody hears of. */
export const NOTHING_HAPPENS = 1;

/** The words of an outcome's record, side by side, since they are read together. The local state after it. */
export const NEXT = 0;
/** What it adds to the fingerprint, by the local state and by all messages sent. */
export const LO = 1;
export const HI = 2;
/** The part of that which is the local state's alone. */
export const LOCAL_LO = 3;
export const LOCAL_HI = 4;
/** 1 if it is a delivery that changes nothing and has no effect. */
export const IS_IDLE = 5;
/** Where its messages begin in `sends`, and where they end. */
export const SENDS_FROM = 6;
export const SENDS_TO = 7;
/** 1 if it breaks one of the properties of a node's steps. */
export const IS_BROKEN = 8;
export const RECORD = 9;

/** Says whether a step of a node from one local state to another breaks a property of such steps. */
export type StepJudge = (node: number, before: number, after: number) => boolean;

/** Interned local states, happenings and messages, and the outcomes of each happening in each local state. */
export class Outcomes {
  /** By node, its local states. */
  readonly locals: readonly Table<Local>[];
  readonly happenings: Table<Happening> = new Table("happening");
  readonly envelopes: Table<Envelope<Signature>> = new Table("message");
  /** By outcome, RECORD words each, see NEXT and what follows it. It is replaced when it grows: read it anew. */
  records: Int32Array = new Int32Array(64 * RECORD);
  /** The messages that outcomes send, in order, outcome after outcome; and by ascending id. */
  readonly sends: number[] = [];
  readonly ascendingSends: number[] = [];
  /** By outcome: what observers hear. */
  readonly events: (NodeEvent<Signature> | null)[] = [null, null];
  /** How often a protocol's function was really called. */
  calls = 0;

  readonly #contexts: readonly NodeContext[];
  readonly #nodes: ReadonlyMap<string, number>;
  /** By node: (local state, happening) and (local state, message) to outcome. */
  readonly #happened: readonly PairMap[];
  readonly #received: readonly RowMap[];
  /** The (node's local state, message) pairs whose outcome is NOTHING_HAPPENS, which most are. */
  readonly #ignored = new BitMatrix();
  readonly #receipts: number[] = [];
  readonly #outputs: Table<unknown> = new Table("output");
  /** By message: the nodes that it goes from and to. */
  senders: Int32Array = new Int32Array(64);
  receivers: Int32Array = new Int32Array(64);
  readonly #order: "none" | "fifo";

  readonly #breaks: StepJudge;

  constructor(options: Cluster["options"], breaks: StepJudge) {
    this.#breaks = breaks;
    this.#order = networkOf(options).order;
    this.records[NOTHING_HAPPENS * RECORD + IS_IDLE] = 1;
    const entries = Object.entries(options.nodes);
    for (const { config } of Object.values(options.nodes)) freezeConfig(config);
    const persistence = options.persistence ?? "synchronous";
    this.#contexts = entries.map(([id, node]) => ({
      id: nodeId(id),
      node,
      persistence,
      call: (name, inputs, call, check) =>
        this.#callProtocol(`${node.protocol.name}.${name} of node ${id}`, inputs, call, check),
    }));
    this.#nodes = new Map(entries.map(([id], index) => [id, index]));
    this.locals = entries.map(([id]) => new Table(`node ${id}`));
    this.#happened = entries.map(() => new PairMap());
    this.#received = entries.map(() => new RowMap());
  }

  /** The index of a node by name; ABSENT if there is none. */
  nodeIndex(id: string): number {
    return this.#nodes.get(id) ?? ABSENT;
  }

  /** 1 if a message is known to change nothing and to have no effect, where such a delivery is no transition; 0 if not. */
  isIgnored(node: number, local: number, envelope: number): number {
    return this.#ignored.bit(local * this.#contexts.length + node, envelope);
  }

  /** The outcome of a happening by its id in `happenings`. */
  happen(node: number, local: number, happening: number): number {
    const memory = this.#happened[node] as PairMap;
    const known = memory.get(local, happening);
    if (known !== ABSENT) return known;
    const outcome = this.#compute(node, local, this.happenings.value(happening));
    memory.add(local, happening, outcome);
    return outcome;
  }

  /** The outcome of the delivery of a message, by its id in `envelopes`. */
  receive(node: number, local: number, envelope: number): number {
    const memory = this.#received[node] as RowMap;
    const known = memory.get(local, envelope);
    if (known !== ABSENT) return known;
    const outcome = this.#compute(node, local, this.happenings.value(this.#receiptOf(envelope)));
    memory.add(local, envelope, outcome);
    if (outcome === NOTHING_HAPPENS) this.#ignored.add(local * this.#contexts.length + node, envelope);
    return outcome;
  }

  /**
   * An outcome as far as it is remembered; ABSENT if it is not.
   *
   * @param what a message by its id, or any other happening by the complement of its id
   */
  recall(node: number, local: number, what: number): number {
    return what >= 0
      ? (this.#received[node] as RowMap).get(local, what)
      : (this.#happened[node] as PairMap).get(local, ~what);
  }

  #receiptOf(envelope: number): number {
    const known = this.#receipts[envelope];
    if (known !== undefined) return known;
    const { from, message } = this.envelopes.value(envelope);
    const receipt = this.happenings.intern({ type: "receive", from, message });
    this.#receipts[envelope] = receipt;
    return receipt;
  }

  #compute(node: number, local: number, happening: Happening): number {
    const context = this.#contexts[node] as NodeContext;
    const before = (this.locals[node] as Table<Local>).value(local);
    const after = change(context, before, happening);
    if (after === null) return IMPOSSIBLE;
    const next = isSame(before, after.local) ? local : this.#internLocal(context, happening, before, after.local);
    const idle = happening.type === "receive" && next === local && hasNoEffects(after);
    // Without order such a delivery is no transition: the message may as well be delivered later. A fifo link moves on.
    if (idle && this.#order === "none") return NOTHING_HAPPENS;
    // What has been frozen once need not be looked through again.
    const known = (this.locals[node] as Table<Local>).value(next);
    const event = known === after.local ? after.event : eventTo(known, after.event);
    return this.#add(node, local, next, this.#sendsOf(context, after.released), event, idle);
  }

  /** Keeps a local state. If it can't be, it is the state in memory that is not plain, and the step that made it so is to blame. */
  #internLocal({ node, id }: NodeContext, happening: Happening, before: Local, after: Local): number {
    const table = this.locals[this.nodeIndex(id)] as Table<Local>;
    if (after.status !== "up") return table.intern(after);
    const name = `${node.protocol.name}.${happening.type === "start" ? "start" : "step"} of node ${id}`;
    const input = before.status === "up" ? before.memory : before.disk;
    return internChecked(name, [input, happening], table, after, { state: after.memory });
  }

  /** A real call. What comes back is looked through here, so that whatever is wrong with it is the protocol's error. */
  #callProtocol(
    name: string,
    inputs: readonly unknown[],
    call: () => Step<Signature>,
    check: (step: Step<Signature>) => void,
  ): Step<Signature> {
    this.calls++;
    return callTwice(name, inputs, call, (step) => {
      check(step);
      for (const effect of step.effects) if (effect.type === "output") this.#outputs.intern(effect.output);
    });
  }

  #add(
    node: number,
    before: number,
    next: number,
    sends: readonly number[],
    event: NodeEvent<Signature>,
    idle: boolean,
  ): number {
    const outcome = this.events.push(deepFreeze(event)) - 1;
    const at = outcome * RECORD;
    if (at + RECORD > this.records.length) this.records = grown(this.records);
    const { lo, hi } = this.locals[node] as Table<Local>;
    const localLo = (lo[next] as number) - (lo[before] as number);
    const localHi = (hi[next] as number) - (hi[before] as number);
    const { lo: messageLo, hi: messageHi } = this.envelopes;
    const allLo = sends.reduce((sum, send) => sum + (messageLo[send] as number), localLo);
    const allHi = sends.reduce((sum, send) => sum + (messageHi[send] as number), localHi);
    const from = this.sends.length;
    const broken = this.#breaks(node, before, next) ? 1 : 0;
    this.records.set([next, allLo, allHi, localLo, localHi, idle ? 1 : 0, from, from + sends.length, broken], at);
    this.sends.push(...sends);
    this.ascendingSends.push(...[...sends].sort((a, b) => a - b));
    return outcome;
  }

  #sendsOf({ id, node }: NodeContext, effects: readonly Effect<Signature>[]): readonly number[] {
    return effects.flatMap((effect) => {
      if (effect.type !== "send") return [];
      if (!this.#nodes.has(effect.to)) {
        const nodes = [...this.#nodes.keys()].join(", ");
        const cause = new RangeError(`it sends to ${effect.to}, which is none of the nodes ${nodes}`);
        throw new EvaluationError(`${node.protocol.name}.step of node ${id}`, cause, encode(effect.message));
      }
      return [this.#envelope({ from: id, to: effect.to, message: effect.message })];
    });
  }

  #envelope(envelope: Envelope<Signature>): number {
    const id = this.envelopes.intern(envelope);
    if (id >= this.senders.length) {
      this.senders = grown(this.senders);
      this.receivers = grown(this.receivers);
    }
    this.senders[id] = this.nodeIndex(envelope.from);
    this.receivers[id] = this.nodeIndex(envelope.to);
    return id;
  }
}

/** Freezes a configuration, if it is plain data: no call may change it either. Others are the protocol's own business. */
function freezeConfig(config: unknown): void {
  try {
    encode(config);
  } catch (error) {
    if (error instanceof NotPlainError) return;
    throw error;
  }
  deepFreeze(config);
}

/** Whether a local state is what it was, part by part, as after a step that changes nothing. */
function isSame(before: Local, after: Local): boolean {
  return (
    before.status === "up" &&
    after.status === "up" &&
    before.memory === after.memory &&
    before.timers === after.timers &&
    before.behind === after.behind
  );
}

/** Whether a change's step had no effects at all; those that wait for the disk would show in the local state. */
function hasNoEffects({ event }: Change): boolean {
  return event.type === "crash" || event.effects.length === 0;
}
