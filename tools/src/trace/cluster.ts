/**
 * Three nodes of Raft in one process, with a disk that takes many steps at once and a network that loses, repeats and
 * reorders, each of them writing its trace. One may do something that it should not: that is what traces are for.
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type {
  Input,
  NodeId,
  Protocol,
  Raft,
  RaftDurable,
  RaftMessage,
  RaftState,
  RaftTimer,
  Step,
  TotalOrderView,
} from "@quorate/core";
import { openTrace } from "@quorate/node/trace";
import type { Trace } from "@quorate/node/trace";

type TracedStep = Step<TotalOrderView<Raft>>;
type Waiting = {
  readonly effect: Extract<TracedStep["effects"][number], { type: "send" | "output" }>;
  readonly version: number;
};
type Envelope = { readonly from: NodeId; readonly to: NodeId; readonly message: RaftMessage };

/** What a shell may do wrong. */
export type Wrong =
  | "nothing"
  | "sendsBeforeFlush"
  | "reorders"
  | "tellsNothingOfItsDisk"
  | "tellsOfItsDiskTooEarly"
  | "sendsTwice"
  | "keepsASend";

export type Options = {
  /** The rules that the nodes follow. */
  readonly protocol?: Protocol<Raft>;
  readonly rotateAt?: number;
  readonly preVote?: boolean;
};

export const nodes: readonly [NodeId, NodeId, NodeId] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];

type Running = {
  readonly trace: Trace<Raft>;
  readonly observer: ReturnType<Trace<Raft>["observer"]>;
  state: RaftState;
  readonly timers: Set<RaftTimer>;
  waiting: Waiting[];
  version: number;
  flushedVersion: number;
};

export class TracedCluster {
  readonly folder: string = mkdtempSync(join(tmpdir(), "quorate-trace-"));
  readonly errors: Error[] = [];
  wrong: Wrong = "nothing";
  inFlight: Envelope[] = [];
  readonly #options: Options;
  readonly #disks = new Map<NodeId, RaftDurable>();
  readonly #running = new Map<NodeId, Running>();

  constructor(options: Options = {}) {
    this.#options = options;
  }

  get files(): readonly string[] {
    return nodes.map((node) => this.file(node));
  }

  file(node: NodeId): string {
    return join(this.folder, `${node}.ndjson`);
  }

  /** The one that is written to, or was last. */
  latestFile(node: NodeId): string {
    const parts = readdirSync(this.folder).flatMap((name) => {
      const [, part] = /^n\d\.ndjson\.(\d+)$/.exec(name) ?? [];
      return part !== undefined && name.startsWith(node) ? [Number(part)] : [];
    });
    return parts.length === 0 ? this.file(node) : `${this.file(node)}.${Math.max(...parts)}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  isUp(node: NodeId): boolean {
    return this.#running.has(node);
  }

  stateOf(node: NodeId): RaftState {
    return this.#of(node).state;
  }

  timersOf(node: NodeId): readonly RaftTimer[] {
    return [...(this.#running.get(node)?.timers ?? [])];
  }

  get leader(): NodeId | null {
    const leading = [...this.#running].filter(([, { state }]) => state.volatile.role.type === "leader");
    return leading.sort(([, a], [, b]) => b.state.durable.term - a.state.durable.term)[0]?.[0] ?? null;
  }

  /** What a restart would begin with. */
  diskOf(node: NodeId): RaftDurable {
    return this.#disks.get(node) ?? raft.initial(this.configOf(node));
  }

  async startAll(): Promise<void> {
    for (const node of nodes) await this.start(node);
  }

  async start(node: NodeId, durable: RaftDurable = this.diskOf(node)): Promise<void> {
    const config = this.configOf(node);
    this.#disks.set(node, durable);
    const trace = await openTrace<Raft>({
      file: this.file(node),
      protocol: this.#options.protocol ?? raft,
      config,
      node,
      cluster: "test",
      onError: (error) => this.errors.push(error),
      ...(this.#options.rotateAt === undefined ? {} : { rotateAt: this.#options.rotateAt }),
    });
    const step = trace.protocol.start(config, durable);
    const running: Running = {
      trace,
      observer: trace.observer(),
      state: { durable, volatile: step.state.volatile },
      timers: new Set(),
      waiting: [],
      version: 0,
      flushedVersion: 0,
    };
    this.#running.set(node, running);
    this.#take(node, running, step);
  }

  /** Stops the node: its trace ends as it should. */
  async stop(node: NodeId): Promise<void> {
    const { trace } = this.#of(node);
    this.#running.delete(node);
    await trace.close();
  }

  async stopAll(): Promise<void> {
    for (const node of nodes) if (this.isUp(node)) await this.stop(node);
  }

  input(node: NodeId, input: Input<Raft>): void {
    const running = this.#running.get(node);
    if (running === undefined) return;
    if (input.type === "timeout") running.timers.delete(input.timer);
    this.#take(node, running, running.trace.protocol.step(this.configOf(node), running.state, input));
  }

  /** Lets the message arrive that has been on its way as the number says. */
  deliver(at: number, keeps = false): void {
    const envelope = this.inFlight[at % Math.max(1, this.inFlight.length)];
    if (envelope === undefined) return;
    if (!keeps) this.inFlight = this.inFlight.filter((other) => other !== envelope);
    this.input(envelope.to, { type: "receive", from: envelope.from, message: envelope.message });
  }

  /** The disk takes all that it has not, with one flush. */
  flush(node: NodeId): void {
    const running = this.#running.get(node);
    if (running === undefined || running.version === running.flushedVersion) return;
    const { durable } = running.state;
    if (this.wrong === "tellsOfItsDiskTooEarly") this.#tell(node, running);
    this.#disks.set(node, durable);
    running.flushedVersion = running.version;
    running.observer.flushed(durable);
    const { waiting } = running;
    running.waiting = this.wrong === "keepsASend" ? waiting.slice(0, 1) : [];
    const leaving = this.wrong === "keepsASend" ? waiting.slice(1) : waiting;
    for (const { effect } of this.wrong === "reorders" ? leaving.toReversed() : leaving)
      this.#leave(node, running, effect);
    if (this.wrong !== "tellsNothingOfItsDisk" && this.wrong !== "tellsOfItsDiskTooEarly") this.#tell(node, running);
  }

  /** Everything arrives, and every disk keeps up. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      for (const node of nodes) this.flush(node);
      const isQuiet = [...this.#running.values()].every(({ version, flushedVersion }) => version === flushedVersion);
      if (this.inFlight.length === 0 && isQuiet) return;
      this.deliver(0);
    }
    throw new Error("The nodes still send to each other.");
  }

  /** The node becomes the leader. */
  elect(node: NodeId): void {
    this.input(node, { type: "timeout", timer: "election" });
    this.settle();
  }

  broadcast(node: NodeId, ...commands: readonly string[]): void {
    this.input(node, { type: "request", request: { type: "broadcast", commands } });
  }

  #tell(node: NodeId, running: Running): void {
    const step = running.trace.protocol.step(this.configOf(node), running.state, {
      type: "persisted",
      durable: running.state.durable,
    });
    this.#take(node, running, step);
  }

  #take(node: NodeId, running: Running, { state, effects }: TracedStep): void {
    if (state.durable !== running.state.durable) running.version += 1;
    running.state = state;
    running.observer.returned(effects);
    for (const effect of effects) {
      if (effect.type === "setTimer") running.timers.add(effect.timer);
      else if (effect.type === "clearTimer") running.timers.delete(effect.timer);
      else {
        const isNow = effect.type === "send" && (effect.after === "now" || this.wrong === "sendsBeforeFlush");
        if (isNow || running.version === running.flushedVersion) this.#leave(node, running, effect);
        else running.waiting.push({ effect, version: running.version });
      }
    }
  }

  #leave(from: NodeId, { observer }: Running, effect: Waiting["effect"]): void {
    observer.left(effect);
    if (effect.type !== "send") return;
    this.inFlight = [...this.inFlight, { from, to: effect.to, message: effect.message }];
    if (this.wrong === "sendsTwice") observer.left(effect);
  }

  #of(node: NodeId): Running {
    const running = this.#running.get(node);
    if (running === undefined) throw new Error(`${node} does not run.`);
    return running;
  }

  /** The node's configuration. */
  configOf(self: NodeId): Raft["config"] {
    const { preVote = false } = this.#options;
    return raftConfig({ self, cluster: "test", voters: nodes, preVote });
  }
}
