/** The memory of everything that nodes have done: (node, local state, happening) -> outcome, computed once. */

import { nodeId } from "@quorate/core";
import type { Effect, Signature } from "@quorate/core";
import { ABSENT, PairMap } from "../engine/pair-map.ts";
import { Table } from "../engine/table.ts";
import { encode } from "../values/encode.ts";
import { callTwice, EvaluationError } from "../values/purity.ts";
import { networkOf } from "./cluster.ts";
import type { Cluster, Envelope, NodeEvent } from "./cluster.ts";
import { change } from "./local.ts";
import type { Change, Happening, Local, NodeContext } from "./local.ts";

/** The outcome of a happening that can't happen. */
export const IMPOSSIBLE = 0;
/** The outcome that leaves every node as it is, and that nobody hears of. */
export const NOTHING_HAPPENS = 1;

/** Interned local states, happenings and messages, and the outcomes of each happening in each local state. */
export class Outcomes {
  /** By node, its local states. */
  readonly locals: readonly Table<Local>[];
  readonly happenings: Table<Happening> = new Table("happening");
  readonly envelopes: Table<Envelope<Signature>> = new Table("message");
  /** By outcome: the local state after it. */
  readonly next: number[] = [ABSENT, ABSENT];
  /** By outcome: the messages sent, in order, and by ascending id. */
  readonly sends: (readonly number[])[] = [[], []];
  readonly ascendingSends: (readonly number[])[] = [[], []];
  /** By outcome: whether it is a delivery that changes nothing and has no effect. */
  readonly isIdle: boolean[] = [false, true];
  /** By outcome: what observers hear. */
  readonly events: (NodeEvent<Signature> | null)[] = [null, null];
  /** How often a protocol's function was really called. */
  calls = 0;

  readonly #contexts: readonly NodeContext[];
  readonly #nodes: ReadonlyMap<string, number>;
  /** By node: (local state, happening) and (local state, message) to outcome. */
  readonly #happened: readonly PairMap[];
  readonly #received: readonly PairMap[];
  readonly #receipts: number[] = [];
  readonly #senders: number[] = [];
  readonly #receivers: number[] = [];
  readonly #order: "none" | "fifo";

  constructor(options: Cluster["options"]) {
    this.#order = networkOf(options).order;
    const entries = Object.entries(options.nodes);
    const persistence = options.persistence ?? "synchronous";
    this.#contexts = entries.map(([id, node]) => ({ id: nodeId(id), node, persistence }));
    this.#nodes = new Map(entries.map(([id], index) => [id, index]));
    this.locals = entries.map(([id]) => new Table(`node ${id}`));
    this.#happened = entries.map(() => new PairMap());
    this.#received = entries.map(() => new PairMap(4096));
  }

  /** The index of a node by name; ABSENT if there is none. */
  nodeIndex(id: string): number {
    return this.#nodes.get(id) ?? ABSENT;
  }

  /** The index of the node that sent a message. */
  sender(envelope: number): number {
    return this.#senders[envelope] as number;
  }

  /** The index of the node that a message goes to. */
  receiver(envelope: number): number {
    return this.#receivers[envelope] as number;
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
    const memory = this.#received[node] as PairMap;
    const known = memory.get(local, envelope);
    if (known !== ABSENT) return known;
    const outcome = this.#compute(node, local, this.happenings.value(this.#receiptOf(envelope)));
    memory.add(local, envelope, outcome);
    return outcome;
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
    this.calls++;
    const after = callTwice(
      `${context.node.protocol.name}.${happening.type === "start" ? "start" : "step"} of node ${context.id}`,
      [before, happening],
      () => change(context, before, happening),
      textOfChange,
    );
    if (after === null) return IMPOSSIBLE;
    const next = (this.locals[node] as Table<Local>).intern(after.local);
    const idle = happening.type === "receive" && next === local && hasNoEffects(after);
    // Without order such a delivery is no transition: the message may as well be delivered later. A fifo link moves on.
    if (idle && this.#order === "none") return NOTHING_HAPPENS;
    return this.#add(next, this.#sendsOf(context, after.released), after.event, idle);
  }

  #add(next: number, sends: readonly number[], event: NodeEvent<Signature>, idle: boolean): number {
    this.next.push(next);
    this.sends.push(sends);
    this.ascendingSends.push([...sends].sort((a, b) => a - b));
    this.isIdle.push(idle);
    return this.events.push(event) - 1;
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
    this.#senders[id] = this.nodeIndex(envelope.from);
    this.#receivers[id] = this.nodeIndex(envelope.to);
    return id;
  }
}

/** What happened follows from these two. */
function textOfChange(after: Change | null): string {
  return after === null ? "" : encode([after.local, after.released]);
}

/** Whether a change's step had no effects at all; those that wait for the disk would show in the local state. */
function hasNoEffects({ event }: Change): boolean {
  return event.type === "crash" || event.effects.length === 0;
}
