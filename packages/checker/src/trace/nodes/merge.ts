/**
 * The traces of all nodes as one run: each node's records in their order, and a message arrives only after it has left.
 * Where no such order exists, the traces are of no run that could be.
 */

import { hash } from "node:crypto";
import type { NodeId, Plain, Protocol, Signature } from "@quorate/core";
import { digester } from "@quorate/core/trace";
import type { Digester } from "@quorate/core/trace";
import { fingerprintOf } from "../../engine/fingerprint.ts";
import { VisitedSet } from "../../engine/visited-set.ts";
import { Deviation } from "./deviation.ts";
import type { Place } from "./deviation.ts";
import { isClosed, recordsOf } from "./files.ts";
import type { NodeFiles } from "./files.ts";
import { NodeRun } from "./node-run.ts";
import { sendsIn } from "./sends.ts";
import type { TracedEvent } from "./trace-spec.ts";

/** How many records of one node are taken before another one's turn: what is said of one node stays together. */
const TURN = 256;

export type MergeNotes = {
  messages: number;
  /** Messages from nodes whose traces were not given. */
  fromUnknown: number;
  /** Messages that their sender's trace does not have, which ends before its life did. */
  sentAfterTear: number;
  /** Messages that were sent before their sender's trace begins. */
  sentBefore: number;
};

export class Merge {
  readonly nodes: readonly NodeRun[];
  readonly notes: MergeNotes = { messages: 0, fromUnknown: 0, sentAfterTear: 0, sentBefore: 0 };
  readonly #files: readonly NodeFiles[];
  readonly #byName: ReadonlyMap<NodeId, NodeRun>;
  readonly #digester: Digester;
  /** The messages that have left, each by its link and digest. */
  readonly #sent = new VisitedSet();
  /** Those that leave anywhere in the traces, once that had to be found out. */
  #everSent: VisitedSet | null = null;
  /** The node whose next message need not have been sent, by its sender's trace. */
  #excused: NodeRun | null = null;
  readonly #torn: ReadonlySet<NodeId>;
  readonly #isWhole: boolean;

  constructor(files: readonly NodeFiles[], protocol: Protocol<Signature>) {
    this.#files = files;
    this.#digester = digester(sha256);
    this.nodes = files.map((of) => new NodeRun(of, protocol, this.#digester));
    this.#byName = new Map(this.nodes.map((run) => [run.node, run]));
    this.#torn = new Set(files.filter(isTorn).map(({ node }) => node));
    this.#isWhole = this.#torn.size === 0 && files.every(beginsNew);
  }

  /** Whether the traces tell all that has happened: every life from its start to its end. */
  get isComplete(): boolean {
    return this.#isWhole && this.notes.fromUnknown === 0;
  }

  /**
   * Goes on for a while, and tells of each event.
   *
   * @returns whether anything is left
   * @throws Deviation, TraceError, EvaluationError
   */
  advance(onEvent: (event: TracedEvent<Signature>, place: Place) => void): boolean {
    let hasMoved = false;
    for (const run of this.nodes) {
      for (let taken = 0; taken < TURN && !run.isDone && !this.#waits(run); taken++) {
        this.#take(run, onEvent);
        hasMoved = true;
      }
    }
    if (this.nodes.every(({ isDone }) => isDone)) {
      for (const run of this.nodes) run.finish();
      return false;
    }
    if (!hasMoved) this.#unblock();
    return true;
  }

  #take(run: NodeRun, onEvent: (event: TracedEvent<Signature>, place: Place) => void): void {
    if (run.receives !== null) this.notes.messages += 1;
    const { place } = run;
    const happened = run.advance();
    if (happened.type === "event") onEvent(happened.event, place);
    if (happened.type === "sent") this.#add(this.#sent, run.node, happened.to, this.#digester.digest(happened.message));
  }

  /** Whether the node is about to receive what has not left yet. */
  #waits(run: NodeRun): boolean {
    const { receives } = run;
    if (receives === null) return false;
    const { from, message } = receives;
    if (!this.#byName.has(from)) {
      this.notes.fromUnknown += 1;
      return false;
    }
    const digest = this.#digester.digest(message);
    if (this.#has(this.#sent, from, run.node, digest)) return false;
    const isExcused = this.#excused === run;
    if (!isExcused && (this.#everSent === null || this.#has(this.#everSent, from, run.node, digest))) return true;
    this.#excused = null;
    this.#excuse(run, from, message);
    return false;
  }

  /** Nobody can go on: some of the messages that they wait for are in no trace, or they wait for each other. */
  #unblock(): void {
    if (this.#everSent === null) {
      this.#everSent = this.#allSent();
      return;
    }
    const waiting = this.nodes.filter(({ isDone }) => !isDone);
    const [first] = waiting;
    if (first === undefined) return;
    this.#excused = this.#excusable(waiting);
    if (this.#excused !== null) return;
    const circle = waiting.map(
      (run) => `${run.node} for ${typeOf(run.receives?.message)} from ${run.receives?.from ?? ""}`,
    );
    throw new Deviation(
      "network",
      "causality",
      first.place,
      `there is no order in which all this could have happened: each node waits for what is sent only later, ${circle.join(", ")}`,
    );
  }

  /**
   * Of nodes that wait for each other, one that may be waiting for what its sender's trace does not tell of: an equal message
   * was sent there, and another one later. Those whose sender's trace has had its gap already come first.
   */
  #excusable(waiting: readonly NodeRun[]): NodeRun | null {
    const senders = waiting.map((run) => ({ run, sender: this.#byName.get(run.receives?.from ?? run.node) }));
    const afterGap = senders.find(({ sender }) => sender?.notes.isPartial === true || (sender?.notes.torn ?? 0) > 0);
    const beforeGap = senders.find(({ sender }) => sender !== undefined && this.#torn.has(sender.node));
    return (afterGap ?? beforeGap)?.run ?? null;
  }

  /** A message that is in no trace: that is an error, unless its sender's does not tell all. */
  #excuse(run: NodeRun, from: NodeId, message: Plain): void {
    if (this.#byName.get(from)?.notes.isPartial === true) this.notes.sentBefore += 1;
    else if (this.#torn.has(from)) this.notes.sentAfterTear += 1;
    else {
      throw new Deviation(
        "network",
        "notSent",
        run.place,
        `it received ${typeOf(message)} from ${from}, which never sent it`,
      );
    }
  }

  /** All messages that leave, by a look at the traces from end to end. */
  #allSent(): VisitedSet {
    const all = new VisitedSet();
    for (const { node, files } of this.#files) {
      for (const { to, digest } of sendsIn(files)) this.#add(all, node, to, digest);
    }
    return all;
  }

  #add(set: VisitedSet, from: NodeId, to: NodeId, digest: string): void {
    const { lo, hi } = fingerprintOf(`${from}>${to}`, digest);
    set.add(lo, hi);
  }

  #has(set: VisitedSet, from: NodeId, to: NodeId, digest: string): boolean {
    const { lo, hi } = fingerprintOf(`${from}>${to}`, digest);
    return set.has(lo, hi);
  }
}

/** The hash that traces are written with: the first 96 bits of SHA-256, in base64url. */
function sha256(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url").slice(0, 16);
}

/** Whether some life's trace ends before the life did, or before it has begun. */
function isTorn({ files, hasLostLife }: NodeFiles): boolean {
  if (hasLostLife) return true;
  return files.some(({ path, header }, at) => {
    const next = files[at + 1]?.header;
    return next?.life !== header.life && !isClosed(path);
  });
}

/** Whether the first life of the traces is the node's first, and began with nothing. */
function beginsNew({ files: [first] }: NodeFiles): boolean {
  if (first === undefined || first.header.life > 1 || first.header.part > 1) return false;
  for (const { record } of recordsOf(first.path)) {
    if (record.type !== "header") return record.type === "start" && record.durable === null;
  }
  return true;
}

function typeOf(message: Plain | undefined): string {
  if (typeof message !== "object" || message === null || !Object.hasOwn(message, "type")) return "a message";
  const { type } = message as { readonly type?: Plain };
  return typeof type === "string" ? type : "a message";
}
