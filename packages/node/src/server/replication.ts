/**
 * The store, replicated: a protocol in its shell, and what is on its way through it.
 *
 * The flow of a write: `propose` -> `Proposals` -> `#gather` -> the protocol's broadcast -> the disk and the peers -> output
 * `applied` -> `#onOutput` -> the promise that `propose` returned. Of a linearizable read: `linearize` -> `Barriers` ->
 * `#gather` -> the protocol's read -> output `answer` -> the promise; then the caller looks at `store`.
 *
 * `store` is what the outputs that have left add up to. The protocol's own state runs ahead of it: it may rest on what no
 * disk holds yet.
 */

import { isRecord, replicated } from "@quorate/core";
import type { Applied, NodeId, Plain, Replica, Replicated, Signature, State, TotalOrderProtocol } from "@quorate/core";
import type { Follower, ProtocolSetup, ProtocolView, Runnable } from "../protocols/index.ts";
import type { Clock } from "../shell/clock.ts";
import type { ShellObserver } from "../shell/observer.ts";
import { Shell } from "../shell/shell.ts";
import type { StoreState } from "../store/state.ts";
import type { ClientCommand, MemberId, StoreCommand, StoreResult } from "../store/types.ts";
import type { Spans } from "../telemetry/spans.ts";
import { addressed } from "./addressed.ts";
import type { Addressed, AddressedMachine } from "./addressed.ts";
import { Barriers } from "./barriers.ts";
import { Compaction } from "./compaction.ts";
import type { CompactionLimits } from "./compaction.ts";
import { addressesIn } from "./logged-members.ts";
import { once } from "./once.ts";
import type { Once } from "./once.ts";
import { isReplicatedOutput } from "./outputs.ts";
import { PastStores } from "./past-stores.ts";
import { watched } from "./slow-applies.ts";
import { Proposals } from "./proposals.ts";
import type { ForwardVerdict } from "./proposals.ts";

type AddressedStore = AddressedMachine<Once>;
export type AddressedCommand = Addressed<ClientCommand>;

const machine = addressed(once);

/** Commands that are sent to the leader, at once: well below what a frame may have. */
const LOT_BYTES = 8 * 1024 * 1024;

/** What is told as it happens, in this order within one turn. */
export type ReplicationListener = {
  /** A command was applied, and carried out if `isOk`. */
  onApplied(index: number, command: StoreCommand, isOk: boolean): void;
  /**
   * A compaction has been applied, which is told next. `before` gives the store without it, or null where a snapshot has
   * led to it; that costs as much as the commands that were applied together with it.
   */
  onCompacted(before: () => StoreState | null): void;
  /** The protocol has refused what an operator asked. */
  onRefused(request: string, reason: string): void;
  /** After each turn: `hasNews` if the store has changed or may have. */
  onTurn(view: ProtocolView, hasNews: boolean): void;
  /** A command has taken long to apply. */
  onSlowApply(command: ClientCommand, ms: number): void;
  onFlush(ms: number): void;
  onPause(ms: number): void;
  onHung(isHung: boolean): void;
  /** An entry of the order that is no command of this version's. */
  onUnknown(index: number): void;
  onFailure(error: unknown): void;
};

export type ReplicationOptions<S extends Signature> = {
  readonly runnable: Runnable<S>;
  /** The runnable's protocol, or one that does the same and tells of it. */
  readonly protocol: TotalOrderProtocol<S>;
  readonly observer: ShellObserver<Replicated<S, AddressedStore>> | null;
  readonly setup: ProtocolSetup;
  readonly origin: string;
  /** What the disk holds. */
  readonly durable: S["durable"];
  readonly write: (durable: S["durable"]) => Promise<void>;
  /** Does beforehand what writing a snapshot of these chunks would take: see `Storage`. */
  readonly prepare: (chunks: readonly Plain[]) => Promise<void>;
  readonly send: (to: NodeId, message: S["message"]) => void;
  readonly forward: (
    leader: NodeId,
    commands: readonly AddressedCommand[],
  ) => Promise<ForwardVerdict | { readonly type: "unsent" }>;
  readonly requestTimeoutMs: number;
  readonly pendingMax: number;
  readonly compaction: CompactionLimits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly listener: ReplicationListener;
  readonly spans: Spans | null;
};

/** What the rest of the node sees of it, whatever the protocol. */
export type Replication = {
  /** Before, nothing is taken and nothing is told. */
  begin(): void;
  propose(command: ClientCommand): Promise<StoreResult>;
  linearize(): Promise<void>;
  /** Commands that another member has sent, or null if they are none. */
  takeForwarded(commands: readonly Plain[]): Promise<ForwardVerdict> | null;
  /** Gives a peer's message to the protocol. False if it is none. */
  receive(from: NodeId, message: Plain): boolean;
  /** False if the protocol has no such thing. */
  transferLeadership(to: NodeId): boolean;
  changeMembership(voters: readonly NodeId[], learners: readonly NodeId[]): boolean;
  followers(): readonly Follower[] | null;
  readonly store: StoreState;
  readonly applied: number;
  /** What the log said of members' addresses at the start, as long as not all of it is applied. */
  readonly loggedAddresses: ReadonlyMap<MemberId, readonly string[]>;
  readonly view: ProtocolView;
  readonly pending: number;
  readonly isHung: boolean;
  stop(): void;
};

export class ReplicatedStore<S extends Signature> implements Replication {
  readonly #options: ReplicationOptions<S>;
  readonly #config: S["config"];
  readonly #proposals: Proposals<ClientCommand, StoreResult>;
  readonly #barriers: Barriers;
  readonly #compaction: Compaction<AddressedStore>;
  readonly #past = new PastStores();
  readonly #shell: Shell<Replicated<S, AddressedStore>>;
  /** Requests of operators and of this node itself, for the next turn. */
  #requests: Replicated<S, AddressedStore>["request"][] = [];
  readonly #logged: { readonly end: number; readonly addresses: ReadonlyMap<MemberId, readonly string[]> };
  #store: StoreState = machine.initial.machine;
  #applied = 0;
  #hasNews = false;
  #view: ProtocolView;

  constructor(options: ReplicationOptions<S>) {
    this.#options = options;
    const { runnable, setup, clock, requestTimeoutMs, pendingMax, listener } = options;
    this.#config = runnable.config(setup);
    const wake = (): void => {
      this.#shell.wake();
    };
    const retryMs = setup.heartbeatMs / 4;
    const common = { origin: options.origin, clock, timeoutMs: requestTimeoutMs, pendingMax, retryMs, wake };
    this.#proposals = new Proposals({
      ...common,
      lotBytes: LOT_BYTES,
      forward: options.forward,
      leader: () => this.#knownLeader(),
    });
    const lostMs = setup.electionMs / 2;
    this.#barriers = new Barriers({ ...common, lostMs, hasLeader: () => this.#knownLeader() !== null });
    this.#compaction = new Compaction(options.compaction);
    this.#shell = new Shell<Replicated<S, AddressedStore>>({
      protocol: replicated(
        options.protocol,
        addressed(
          watched(
            once,
            () => clock.now(),
            options.spans,
            (command, ms) => {
              listener.onSlowApply(command, ms);
            },
          ),
        ),
      ),
      config: this.#config,
      durable: options.durable,
      write: options.write,
      send: options.send,
      gather: (isWriting) => this.#gather(isWriting),
      onOutput: (output, state) => {
        this.#onOutput(output, state);
      },
      onTurn: (state) => {
        this.#onTurn(state);
      },
      onHung: (isHung) => {
        listener.onHung(isHung);
      },
      onPause: (ms) => {
        listener.onPause(ms);
      },
      onFlush: (ms) => {
        listener.onFlush(ms);
      },
      onFailure: (error) => {
        listener.onFailure(error);
      },
      timers: runnable.timers(setup),
      hungAfterMs: setup.electionMs,
      pauseMs: setup.electionMs / 2,
      clock,
      random: options.random,
      observer: options.observer,
    });
    this.#view = runnable.view(this.#config, innerState(this.#shell.state));
    const commands = runnable.logged(options.durable).flatMap(commandOf);
    this.#logged = { end: this.#view.lastIndex, addresses: addressesIn(commands) };
  }

  begin(): void {
    this.#shell.begin();
  }

  propose(command: ClientCommand): Promise<StoreResult> {
    return this.#proposals.propose(command);
  }

  linearize(): Promise<void> {
    return this.#barriers.pass();
  }

  takeForwarded(commands: readonly Plain[]): Promise<ForwardVerdict> | null {
    const read = commands.filter((command) => machine.isCommand(command));
    return read.length === commands.length ? this.#proposals.takeForwarded(read) : null;
  }

  receive(from: NodeId, message: Plain): boolean {
    const read = this.#options.runnable.readMessage(message);
    if (read === null) return false;
    this.#shell.receive(from, read);
    return true;
  }

  transferLeadership(to: NodeId): boolean {
    return this.#request(this.#options.runnable.transferLeadership?.(to));
  }

  changeMembership(voters: readonly NodeId[], learners: readonly NodeId[]): boolean {
    return this.#request(this.#options.runnable.changeMembership?.(voters, learners));
  }

  followers(): readonly Follower[] | null {
    return this.#options.runnable.followers(innerState(this.#shell.state));
  }

  get store(): StoreState {
    return this.#store;
  }

  get applied(): number {
    return this.#applied;
  }

  get loggedAddresses(): ReadonlyMap<MemberId, readonly string[]> {
    return this.#view.commitIndex < this.#logged.end ? this.#logged.addresses : NO_ADDRESSES;
  }

  get view(): ProtocolView {
    return this.#view;
  }

  get pending(): number {
    return this.#proposals.size;
  }

  get isHung(): boolean {
    return this.#shell.isHung;
  }

  stop(): void {
    this.#shell.stop();
    this.#proposals.stop();
    this.#barriers.stop();
  }

  /** A node whose disk hangs knows nobody who could help its clients: by now another may lead. */
  #knownLeader(): NodeId | null {
    return this.#shell.isHung ? null : this.#view.leader;
  }

  #request(request: RequestOf<S> | undefined): boolean {
    if (request === undefined) return false;
    this.#requests.push(request);
    this.#shell.wake();
    return true;
  }

  /**
   * While the disk writes, a leader lets commands wait: what clients are told of them waits for its disk in any case, and
   * one message to each follower with all of them costs less than many with a few each.
   */
  #gather(isWriting: boolean): readonly RequestOf<S>[] {
    const gathered = this.#requests;
    this.#requests = [];
    const isLeader = this.#view.leader === this.#options.setup.self;
    const commands = isLeader && isWriting ? [] : this.#proposals.gather(isLeader);
    if (commands.length > 0) gathered.push({ type: "broadcast", commands });
    const read = this.#barriers.gather();
    if (read !== null) gathered.push({ type: "read", id: read, query: null });
    return gathered;
  }

  #onOutput(output: Replicated<S, AddressedStore>["output"], state: State<Replicated<S, AddressedStore>>): void {
    if (!isReplicatedOutput<AddressedStore>(output)) return;
    this.#past.enter(state, this.#store);
    switch (output.type) {
      case "applied":
        this.#onApplied(output, state);
        break;
      case "unknown":
        this.#options.listener.onUnknown(output.index);
        break;
      case "restored":
        this.#past.onRestored();
        this.#see(state);
        this.#compaction.onRestored();
        break;
      case "answer":
        this.#see(state);
        this.#barriers.onAnswer(output.id);
        break;
      case "refused":
        this.#onRefused(output.request, output.reason);
        break;
    }
  }

  /** What is repeated to a session has done nothing to the store, and is no news but to who waits for it. */
  #onApplied(
    { index, command, result: { applied, result } }: Applied<AddressedStore>,
    state: State<Replicated<S, AddressedStore>>,
  ): void {
    const { listener } = this.#options;
    if (applied?.type === "compact" && result.ok) listener.onCompacted(() => this.#past.now());
    if (applied !== null) this.#past.onApplied(index, applied);
    this.#see(state);
    this.#compaction.onApplied(command);
    if (applied !== null) listener.onApplied(index, applied, result.ok);
    this.#proposals.onApplied(command, result);
  }

  #see(state: State<Replicated<S, AddressedStore>>): void {
    this.#applied = state.volatile.applied;
    const { machine: store } = state.volatile.state;
    if (store === this.#store) return;
    this.#store = store;
    this.#hasNews = true;
  }

  #onRefused(request: Plain & { readonly type: string }, reason: string): void {
    if (request.type === "broadcast" && "commands" in request) {
      const { commands } = request;
      if (Array.isArray(commands))
        this.#proposals.onRefused(
          commands.filter((of) => machine.isCommand(of)),
          reason,
        );
    } else if (request.type === "read" && "id" in request) {
      this.#barriers.onRefused(request.id);
    } else {
      this.#options.listener.onRefused(request.type, reason);
    }
  }

  /** The disk is told first what it will be asked to hold. */
  #makeSnapshot(replica: Replica<AddressedStore>): void {
    this.#options.prepare(machine.toChunks(replica.state)).then(
      () => this.#request({ type: "earlierSnapshot", replica }),
      (error: unknown) => {
        this.#options.listener.onFailure(error);
      },
    );
  }

  #onTurn(state: State<Replicated<S, AddressedStore>>): void {
    const before = this.#view;
    this.#view = this.#options.runnable.view(this.#config, innerState(state));
    if (before.leader !== this.#view.leader || before.term !== this.#view.term) {
      this.#proposals.forgetForwarded();
      if (this.#view.leader !== null) this.#shell.wake();
    }
    const { applied, state: store } = state.volatile;
    const replica = this.#compaction.next({ applied, state: store });
    if (replica !== null) this.#makeSnapshot(replica);
    this.#past.leave();
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    this.#options.listener.onTurn(this.#view, hasNews);
  }
}

const NO_ADDRESSES: ReadonlyMap<MemberId, readonly string[]> = new Map();

function commandOf(logged: Plain): readonly Plain[] {
  return isRecord(logged) && logged["command"] !== undefined ? [logged["command"]] : [];
}

type RequestOf<S extends Signature> = Replicated<S, AddressedStore>["request"];

/** The protocol's own state. */
function innerState<S extends Signature>({ durable, volatile }: State<Replicated<S, AddressedStore>>): State<S> {
  return { durable, volatile: volatile.protocol };
}
