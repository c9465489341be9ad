/** A node's lives, one after the other, record by record. */

import type { Input, NodeId, Plain, Protocol, Signature } from "@quorate/core";
import { fromJson } from "@quorate/core/trace";
import type { Digester, EndRecord, HeaderRecord, StartRecord } from "@quorate/core/trace";
import type { NodeView } from "../../cluster/cluster.ts";
import { Deviation, TraceError } from "./deviation.ts";
import type { Place } from "./deviation.ts";
import { recordsOf } from "./files.ts";
import type { Located, NodeFiles } from "./files.ts";
import { Life } from "./life.ts";
import type { TracedEvent } from "./trace-spec.ts";

/** What came of a record, for those who look at all nodes. */
export type Happened =
  | { readonly type: "event"; readonly event: TracedEvent<Signature> }
  | { readonly type: "sent"; readonly to: NodeId; readonly message: Plain }
  | { readonly type: "nothing" };

export type Received = { readonly from: NodeId; readonly message: Plain };

/** What is not an error, and worth to be known: how often something could not be looked at. */
export type NodeNotes = {
  lives: number;
  steps: number;
  /** Lives whose trace ends before they did: the node was killed, still runs, or could not write any further. */
  torn: number;
  /** Lives that began with a durable state from after the end of a torn one. */
  begunAfterTear: number;
  /** The trace does not begin with the node. */
  isPartial: boolean;
  /** Effects that left, of steps from before the trace begins. */
  unseen: number;
};

export class NodeRun {
  readonly node: NodeId;
  readonly notes: NodeNotes = { lives: 0, steps: 0, torn: 0, begunAfterTear: 0, isPartial: false, unseen: 0 };
  readonly #protocol: Protocol<Signature>;
  readonly #digester: Digester;
  readonly #records: Generator<Located>;
  #next: Located | null = null;
  /** What it receives, once that was asked for. */
  #received: Received | null = null;
  #header: HeaderRecord | null = null;
  /** What `#header` has of it. */
  #config: Plain = null;
  #path = "";
  #life: Life | null = null;
  /** Whether the file has said how it ends. */
  #end: EndRecord | null = null;
  /** The life before this one, and whether its trace ended before it did. */
  #ended: Life | null = null;
  #wasTorn = false;
  readonly #hasLostLife: boolean;
  #view: NodeView<Signature> | null = null;

  constructor(files: NodeFiles, protocol: Protocol<Signature>, digester: Digester) {
    this.node = files.node;
    this.#hasLostLife = files.hasLostLife;
    this.#protocol = protocol;
    this.#digester = digester;
    this.#records = recordsIn(files);
    this.#pull();
  }

  get isDone(): boolean {
    return this.#next === null;
  }

  get view(): NodeView<Signature> | null {
    return this.#view;
  }

  /** Where the next record stands. */
  get place(): Place {
    const { path, line, record } = this.#next ?? { path: this.#path, line: 0, record: null };
    const life = this.#header?.life ?? 1;
    return {
      node: this.node,
      file: path,
      line,
      life,
      step: record?.type === "step" ? record.n : (this.#life?.n ?? null),
    };
  }

  /** The message that the next record receives, if it does so. */
  get receives(): Received | null {
    const record = this.#next?.record;
    if (record?.type !== "step" || record.input.type !== "receive") return null;
    this.#received ??= { from: record.input.from, message: fromJson(record.input.message) };
    return this.#received;
  }

  /**
   * Takes the next record.
   *
   * @throws Deviation, TraceError, EvaluationError
   */
  advance(): Happened {
    const { place, receives } = this;
    const located = this.#next;
    if (located === null) return { type: "nothing" };
    this.#pull();
    const { record, path } = located;
    switch (record.type) {
      case "header":
        return this.#begin(record, path, place);
      case "start":
        return this.#start(record, place);
      case "resume": {
        if (this.#life !== null) {
          this.#life.resume(record, place);
          return { type: "nothing" };
        }
        this.notes.lives += 1;
        this.#life = Life.resumed(this.#replayed(), record, place);
        return this.#event("resume", null);
      }
      case "step": {
        const input = this.#running(place).step(record, receives, place);
        this.notes.steps += 1;
        return this.#event("step", input);
      }
      case "flushed":
        this.#running(place).flushed(record, place);
        return this.#event("flush", null);
      case "left": {
        const left = this.#running(place).left(record, place);
        return left === null ? { type: "nothing" } : { type: "sent", ...left };
      }
      case "end":
        this.#end = record;
        return { type: "nothing" };
    }
  }

  /** What is to be done when no record is left. */
  finish(): void {
    this.#endLife();
  }

  #pull(): void {
    const { value, done } = this.#records.next();
    this.#next = done === true ? null : value;
    this.#received = null;
  }

  #begin(header: HeaderRecord, path: string, place: Place): Happened {
    const before = this.#header;
    const end = this.#end;
    this.#path = path;
    this.#header = header;
    this.#config = fromJson(header.config);
    this.#end = null;
    if (before === null) {
      this.notes.isPartial = header.life > 1 || header.part > 1;
      return { type: "nothing" };
    }
    if (header.life !== before.life) {
      this.#end = end;
      const was = this.#endLife();
      this.#end = null;
      return was;
    }
    if (end?.reason !== "full") {
      throw new TraceError(
        `${path} goes on with life ${header.life} of node ${place.node}, and the file before it is not whole.`,
      );
    }
    const [one, other] = [fromJson(before.config), this.#config].map((config) => this.#digester.digest(config));
    if (one !== other) throw new TraceError(`${path} has another configuration than the file before it.`);
    return { type: "nothing" };
  }

  #start(record: StartRecord, place: Place): Happened {
    const { protocol, config } = this.#replayed();
    const initial = protocol.initial(config);
    const durable = record.durable === null ? initial : fromJson(record.durable.value);
    const before = this.#ended;
    if (before === null && place.life > 1) this.notes.isPartial = true;
    if (before !== null && !before.disk.demandNotLost(durable, this.#wasTorn, place)) this.notes.begunAfterTear += 1;
    const earlier = before === null ? new Map() : before.disk.earlierThan(durable);
    this.notes.lives += 1;
    this.#life = Life.started(this.#replayed(), record, durable, earlier, place);
    this.#ended = null;
    return this.#event("start", null);
  }

  #endLife(): Happened {
    const life = this.#life;
    const isTorn = this.#header !== null && this.#end?.reason !== "closed";
    if (isTorn) this.notes.torn += 1;
    if (life === null) {
      // Torn before its start was told: what comes after it begins with what nobody knows.
      this.#wasTorn ||= isTorn;
      return { type: "nothing" };
    }
    // A life without a trace may have come between any two.
    this.#wasTorn = isTorn || this.#hasLostLife;
    this.notes.unseen += life.unseen;
    this.#ended = life;
    this.#life = null;
    const before = this.#view;
    this.#view = { id: this.node, up: false, state: null, disk: life.disk.durable, timers: [] };
    const { node, view: after } = this;
    if (after === null) return { type: "nothing" };
    return {
      type: "event",
      event: { type: "end", node, config: this.#config, input: null, before, after, outputs: [] },
    };
  }

  #running(place: Place): Life {
    if (this.#life !== null && this.#end === null) return this.#life;
    throw new Deviation("shell", "notRunning", place, "something happened to the node, and it does not run");
  }

  #replayed(): { readonly protocol: Protocol<Signature>; readonly config: unknown; readonly digester: Digester } {
    return { protocol: this.#protocol, config: this.#config, digester: this.#digester };
  }

  #event(type: "start" | "resume" | "step" | "flush", input: Input<Signature> | null): Happened {
    const life = this.#life;
    if (life === null) return { type: "nothing" };
    const before = this.#view;
    const { state, timers, disk } = life;
    this.#view = { id: this.node, up: true, state, disk: disk.durable, timers };
    const event = {
      type,
      node: this.node,
      config: this.#config,
      input,
      before,
      after: this.#view,
      outputs: life.said(),
    };
    return { type: "event", event };
  }
}

function* recordsIn({ files }: NodeFiles): Generator<Located> {
  for (const { path } of files) yield* recordsOf(path);
}
