/** A Raft cluster to which things happen, under the eyes of the properties. */

import { commonThrough, lastIndex } from "../log/index.ts";
import type { NodeId, Protocol } from "../protocol.ts";
import type { Raft, RaftDurable, RaftInput, RaftState, RaftStep, RaftTimer } from "../raft/types.ts";
import { Cluster } from "./cluster.ts";
import type { Calls, Member } from "./cluster.ts";
import { RaftClients } from "./raft-clients.ts";
import type { Asked, Happening } from "./raft-happenings.ts";
import { RaftProperties } from "./raft-properties.ts";
import { choose, perform } from "./schedule.ts";

/** One in so many election timers fires where a leader can be heard: were there more, little would be committed. */
const IMPATIENCE = 12;

export class RaftSimulation {
  readonly properties: RaftProperties;
  /** How often each message has arrived, and each thing been seen that runs should get to. */
  readonly sights: Map<string, number> = new Map<string, number>();
  readonly #clients: RaftClients;
  readonly #cluster: Cluster<Raft>;
  readonly #protocol: Protocol<Raft>;
  /** One side of the partition; nobody while there is none. */
  #side: readonly NodeId[] = [];

  constructor(protocol: Protocol<Raft>, members: readonly Member<Raft>[]) {
    this.#protocol = protocol;
    this.properties = new RaftProperties(() => this.#cluster.nodes);
    this.#clients = new RaftClients(this.properties);
    this.#cluster = new Cluster(this.#watched(), members);
  }

  /** @throws Error that begins with the name of a property, if one does not hold */
  act(happening: Happening): void {
    switch (happening.type) {
      case "flow":
        this.#flow(happening.count, happening.shuffle, happening.bounce);
        break;
      case "fire":
        this.#fire(happening.timer, happening.which, happening.count);
        break;
      case "partition":
        this.#side = happening.side;
        break;
      case "heal":
        this.#side = [];
        break;
      case "ask":
        this.#ask(happening.which, happening.request);
        break;
      case "deliver":
      case "persist":
      case "flush":
      case "start":
      case "duplicate":
      case "lose":
      case "crash":
        perform(this.#cluster, happening);
    }
    this.#cut();
    this.#clients.hear(this.#cluster.outputs);
  }

  /** Leaders are heard from before election timers fire, so their heartbeats come first. */
  #flow(count: number, shuffle: number, bounce: number): void {
    for (const { id, life } of this.#cluster.nodes) {
      if (life?.timers.includes("heartbeat")) this.#cluster.input(id, { type: "timeout", timer: "heartbeat" });
    }
    for (let delivered = 0; delivered < count; delivered++) {
      for (const { id, life } of this.#cluster.nodes) {
        if (life !== null && life.unwritten.length > 0) this.#cluster.persist(id, life.unwritten.length);
      }
      this.#cut();
      const next = choose(this.#cluster.inFlight, shuffle * (delivered + 1));
      if (next === undefined) return;
      this.#cluster.remove(next);
      this.#cluster.deliver(next);
      if (bounce > 0 && delivered % bounce === bounce - 1) this.#bounce(next.to);
    }
  }

  #fire(timer: RaftTimer, which: number, count: number): void {
    const running = this.#cluster.nodes.filter(({ life }) => life?.timers.includes(timer));
    const isPatient = timer === "election" && which % IMPATIENCE !== 0;
    const candidates = isPatient ? running.filter((node) => !this.#hasLeader(node)) : running;
    const first = candidates.length === 0 ? 0 : which % candidates.length;
    const firing = timer === "tick" ? running : candidates.slice(first, first + count);
    for (const { id } of firing) this.#cluster.input(id, { type: "timeout", timer });
  }

  /** Whether a leader can be heard. */
  #hasLeader({ id }: { readonly id: NodeId }): boolean {
    return this.#leaders.some((leader) => !this.#isCut(leader.id, id));
  }

  /** Leaders crash too, but by other means: where they came and went that often, little would be committed. */
  #bounce(id: NodeId): void {
    if (this.#leaders.some((leader) => leader.id === id)) return;
    this.#cluster.persist(id, Infinity);
    this.#cluster.crash(id);
    this.#cluster.start(id);
  }

  get #leaders(): Cluster<Raft>["nodes"] {
    return this.#cluster.nodes.filter(({ life }) => life?.memory.volatile.role.type === "leader");
  }

  /** Messages that cross a partition are lost. */
  #cut(): void {
    const crossing = this.#cluster.inFlight.filter(({ from, to }) => this.#isCut(from, to));
    for (const envelope of crossing) this.#cluster.remove(envelope);
  }

  #isCut(a: NodeId, b: NodeId): boolean {
    return this.#side.includes(a) !== this.#side.includes(b);
  }

  #ask(which: number, request: Asked): void {
    const running = this.#cluster.nodes.filter(({ life }) => life !== null);
    const leaders = this.#leaders;
    const node = choose(which % 4 === 0 || leaders.length === 0 ? running : leaders, which);
    if (node === undefined) return;
    this.#cluster.input(node.id, { type: "request", request: this.#clients.fillIn(node.id, request) });
  }

  #watched(): Calls<Raft> {
    return {
      initial: (config) => this.#protocol.initial(config),
      start: (config, durable) => {
        this.#count("starts");
        return this.#protocol.start(config, durable);
      },
      step: (config, state, input) => {
        const step = this.#protocol.step(config, state, input);
        this.#see(state, input, step);
        this.properties.step(config, state, step.state);
        return step;
      },
    };
  }

  #see(before: RaftState, input: RaftInput, { state, effects }: RaftStep): void {
    if (input.type === "receive") this.#count(input.message.type);
    const [from, to] = [before.volatile.role, state.volatile.role];
    if (from.type !== "leader" && to.type === "leader") this.#count("elections");
    if (isTruncated(before.durable, state.durable)) this.#count("truncations");
    if (from.type === "leader" && to.type !== "leader") this.#count("leaders that stepped down");
    if (to.type === "leader" && to.lease !== null && to.lease.left > 0) this.#count("steps of a leader with a lease");
    if (state.volatile.commitIndex > before.volatile.commitIndex) {
      const isRestored = state.durable.log.before > before.volatile.commitIndex;
      this.#count(isRestored ? "snapshots installed" : "commits");
    }
    for (const { index, configuration } of state.volatile.configurations) {
      const isCommitted = index > before.volatile.commitIndex && index <= state.volatile.commitIndex;
      if (isCommitted) this.#count(configuration.outgoing.length > 0 ? "joint configurations" : "configurations");
    }
    for (const effect of effects) if (effect.type === "output") this.#count(effect.output.type);
  }

  #count(sight: string): void {
    this.sights.set(sight, (this.sights.get(sight) ?? 0) + 1);
  }
}

/** Whether entries that were not forgotten by compaction are gone. */
function isTruncated({ log: before }: RaftDurable, { log: after }: RaftDurable): boolean {
  if (before === after || after.before > lastIndex(before)) return false;
  return commonThrough(before, after, (x, y) => x === y) < lastIndex(before);
}
