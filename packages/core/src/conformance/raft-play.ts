/**
 * Plays scripted scenarios of Raft: each command is something that happens to a cluster in memory, and leaves a trace of
 * the steps that came of it. `testdata/README.md` of Raft lists the commands.
 */

import { append, emptyLog } from "../log/index.ts";
import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";
import { raft } from "../raft/index.ts";
import type { Raft, RaftDurable, RaftEntry, RaftRequest, RaftTimer } from "../raft/index.ts";
import { Cluster } from "./cluster.ts";
import type { Calls, Envelope } from "./cluster.ts";
import { clusterOptions, number, request, sections, timer } from "./raft-commands.ts";
import { durableText, effectText, messageText } from "./raft-text.ts";
import { startLines, stateLine, stepLines } from "./raft-trace.ts";
import { entriesOf } from "./raft-scenario.ts";

/** One scenario, from its first command to its last. */
export class RaftPlay {
  readonly #disks = new Map<NodeId, RaftDurable>();
  #cluster: Cluster<Raft> | null = null;
  /** Whose disks write when they are told to. All others write each step before anything else happens. */
  #lagging: readonly NodeId[] = [];
  /** The sides of a partition. A node that is in none of them is cut off from all. */
  #sides: readonly (readonly NodeId[])[] | null = null;
  #lines: string[] = [];

  /**
   * Makes `command` happen.
   *
   * @returns its trace
   * @throws Error if there is no such command, or nothing that it could be done to
   */
  play(command: string): readonly string[] {
    this.#lines = [];
    const [verb = "", ...words] = command.split(/\s+/);
    if (verb !== "quietly") {
      this.#perform(verb, words);
      return this.#lines;
    }
    const [quiet = "", ...rest] = words;
    this.#perform(quiet, rest);
    return [`(${this.#lines.filter((line) => !line.startsWith(" ")).length} not shown)`];
  }

  #perform(verb: string, words: readonly string[]): void {
    const [first = "", ...rest] = words;
    switch (verb) {
      case "disk":
        return this.#disk(nodeId(first), rest);
      case "start":
        return this.#start(words);
      case "timeout":
        return this.#timeout(nodeId(first), timer(rest[0] ?? ""));
      case "deliver":
      case "duplicate":
      case "lose":
        return this.#network(verb, first, rest[0] ?? "oldest");
      case "network":
        return this.#show(this.#running.inFlight.map(envelopeText), "nothing in flight");
      case "partition":
        this.#sides = words.join(" ").split("|").map(nodesOf);
        return;
      case "heal":
        this.#sides = null;
        return;
      case "settle":
        return this.#running.settle();
      case "tick":
        return this.#tick(number(first));
      case "persist":
        return this.#persist(nodeId(first), rest[0] === "all" ? Infinity : number(rest[0] ?? "1"));
      case "crash":
        return this.#crash(nodeId(first));
      case "restart":
        this.#running.start(nodeId(first));
        return this.#flush();
      case "status":
        return this.#status(words.map(nodeId));
      default:
        return this.#request(nodeId(first), request(verb, rest));
    }
  }

  get #running(): Cluster<Raft> {
    if (this.#cluster === null) throw new Error("Nothing has been started.");
    return this.#cluster;
  }

  /** What is on a disk before the node starts for the first time: entries that are nothing but their terms. */
  #disk(id: NodeId, words: readonly string[]): void {
    const { "": none = [], term = [], vote = [], log = [], ...unknown } = sections(words, ["term", "vote", "log"]);
    if (none.length > 0 || Object.keys(unknown).length > 0) throw new Error(`A disk has no ${none.join(" ")}.`);
    const entries = append(emptyLog<RaftEntry>(), entriesOf(log.map(number)));
    const votedFor = vote[0] === undefined ? null : nodeId(vote[0]);
    this.#disks.set(id, { term: number(term[0] ?? ""), votedFor, log: entries, snapshot: null });
  }

  #start(words: readonly string[]): void {
    const { members, lagging } = clusterOptions(words);
    this.#lagging = lagging;
    this.#cluster = new Cluster(this.#traced(), members);
    this.#flush();
  }

  /** Raft, with a trace of what is asked of it. That a disk is fast is no news. */
  #traced(): Calls<Raft> {
    return {
      initial: (config) => this.#disks.get(config.self) ?? raft.initial(config),
      start: (config, durable) => {
        const step = raft.start(config, durable);
        this.#lines.push(...startLines(config, step));
        return step;
      },
      step: (config, state, input) => {
        const step = raft.step(config, state, input);
        const isIdle = step.state === state && step.effects.length === 0;
        const isNoNews = input.type === "persisted" && isIdle && !this.#lagging.includes(config.self);
        if (!isNoNews) this.#lines.push(...stepLines(config, state, input, step));
        return step;
      },
    };
  }

  #timeout(id: NodeId, fired: RaftTimer): void {
    if (!this.#node(id).life?.timers.includes(fired)) throw new Error(`The ${fired} timer of ${id} does not run.`);
    this.#running.input(id, { type: "timeout", timer: fired });
    this.#flush();
  }

  /** All clocks go on by as much. */
  #tick(count: number): void {
    for (let ticks = 0; ticks < count; ticks++) {
      const ticking = this.#running.nodes.filter(({ life }) => life?.timers.includes("tick"));
      for (const { id } of ticking) this.#timeout(id, "tick");
    }
  }

  #request(id: NodeId, asked: RaftRequest): void {
    if (this.#node(id).life === null) throw new Error(`${id} is down.`);
    this.#running.input(id, { type: "request", request: asked });
    this.#flush();
  }

  /** `all` is every message until none is left; `a->b` the oldest from a to b, `a->b newest` the newest, `a->b all` all. */
  #network(verb: "deliver" | "duplicate" | "lose", link: string, which: string): void {
    if (link === "all") return this.#all(verb);
    const [from, to] = link.split("->");
    const found = this.#running.inFlight.filter((envelope) => envelope.from === from && envelope.to === to);
    const chosen = which === "all" ? found : found.slice(...(which === "newest" ? [-1] : [0, 1]));
    if (chosen.length === 0) throw new Error(`Nothing is on its way ${link}.`);
    for (const envelope of chosen) this.#move(verb, envelope);
  }

  #all(verb: "deliver" | "duplicate" | "lose"): void {
    if (verb === "duplicate") throw new Error("All messages twice would never end.");
    for (let next = this.#running.inFlight[0]; next !== undefined; next = this.#running.inFlight[0]) {
      this.#move(verb, next);
    }
  }

  #move(verb: "deliver" | "duplicate" | "lose", envelope: Envelope<Raft>): void {
    if (verb !== "duplicate") this.#running.remove(envelope);
    const isLost = verb === "lose" || this.#isCut(envelope) || this.#node(envelope.to).life === null;
    if (isLost) this.#lines.push(`lost: ${envelopeText(envelope)}`);
    else this.#running.deliver(envelope);
    this.#flush();
  }

  /** Writes what the disks that do not lag have to write, until that is nothing. */
  #flush(): void {
    const fast = this.#running.nodes.filter(({ id }) => !this.#lagging.includes(id));
    for (const { id } of fast) {
      while ((this.#node(id).life?.unwritten.length ?? 0) > 0) this.#running.persist(id);
    }
  }

  #isCut({ from, to }: Envelope<Raft>): boolean {
    return this.#sides !== null && !this.#sides.some((side) => side.includes(from) && side.includes(to));
  }

  #persist(id: NodeId, count: number): void {
    const due = this.#node(id).life?.unwritten.slice(0, count) ?? [];
    if (due.length === 0) throw new Error(`The disk of ${id} has nothing to write.`);
    const freed = due.flatMap(({ effects }) => effects).map((effect) => `    now ${effectText(effect)}`);
    this.#lines.push(`${id} writes ${due.length} of its steps`, ...freed);
    this.#running.persist(id, due.length);
  }

  #crash(id: NodeId): void {
    const { life } = this.#node(id);
    this.#running.crash(id);
    const lost = life?.unwritten.length ?? 0;
    const left = `${id} is down, on its disk: ${durableText(this.#node(id).disk)}`;
    this.#lines.push(lost === 0 ? left : `${left}, ${lost} steps lost`);
  }

  #status(ids: readonly NodeId[]): void {
    for (const { id, config, life, disk } of this.#running.nodes) {
      if (ids.length > 0 && !ids.includes(id)) continue;
      const state = life === null ? `down, on its disk: ${durableText(disk)}` : stateLine(config, life.memory);
      const lag = life !== null && life.memory.durable !== disk ? `; on its disk: ${durableText(disk)}` : "";
      this.#lines.push(`${id} ${state}${lag}`);
    }
  }

  #show(lines: readonly string[], none: string): void {
    this.#lines.push(...(lines.length === 0 ? [none] : lines));
  }

  #node(id: NodeId): Cluster<Raft>["nodes"][number] {
    const node = this.#running.nodes.find((other) => other.id === id);
    if (node === undefined) throw new Error(`There is no node ${id}.`);
    return node;
  }
}

function nodesOf(words: string): readonly NodeId[] {
  return words.trim().split(/\s+/).map(nodeId);
}

function envelopeText({ from, to, message }: Envelope<Raft>): string {
  return `${from} -> ${to} ${messageText(message)}`;
}
