/**
 * The properties of properties.ts for runs of running nodes, which are too long to be looked at again after each step. What
 * they mean is the same; each looks at what has changed, and remembers digests.
 */

import { isEqual } from "@quorate/checker";
import type { Monitor, TracedEvent, TracedNodes } from "@quorate/checker";
import { isQuorum, log, majorities } from "@quorate/core";
import type { NodeId, Raft, RaftConfiguration, RaftDurable, RaftState } from "@quorate/core";
import { contentDigester } from "../../shared/content.ts";
import { durableOf, entryIn, leaderLogOf } from "./logs.ts";
import type { RaftLog } from "./logs.ts";

type Digest = ReturnType<typeof contentDigester>;
type Event = TracedEvent<Raft>;

export function raftMonitors(): { readonly [name: string]: Monitor<Raft> } {
  const digest = contentDigester();
  const committed = new Committed(digest);
  return {
    electionSafety: electionSafety(),
    logMatching: logMatching(digest),
    stateMachineSafety: (event) => committed.see(event),
    leaderCompleteness: (event, nodes) => committed.missingAtLeader(event, nodes),
  };
}

/** Of a run of which everything is known: what a killed node's disk held, its trace may not have told. */
export function durabilityMonitors(): { readonly [name: string]: Monitor<Raft> } {
  return { committedIsDurable: committedIsDurable() };
}

/**
 * What a leader commits is on the disks of a quorum by then: of the configuration by which it counts, which may change from one
 * entry to the next. What others commit, a leader has committed before. What a disk's log has forgotten is in its snapshot.
 */
function committedIsDurable(): Monitor<Raft> {
  let durableThrough = 0;
  return ({ node, config, before, after }, nodes) => {
    const [earlier, later] = [before?.state ?? null, after.state];
    const commitIndex = later?.volatile.commitIndex ?? 0;
    if (later === null || commitIndex <= durableThrough) return null;
    if (earlier?.volatile.role.type !== "leader") {
      return `${node} holds the entry at ${commitIndex} to be committed, and no leader has committed more than ${durableThrough}`;
    }
    const configuration = configurationOf(config, earlier);
    for (let index = durableThrough + 1; index <= commitIndex; index++) {
      const holders = holdersOf(later.durable.log, index, nodes);
      if (isQuorumOf(configuration, holders)) continue;
      const { voters, outgoing } = configuration;
      const all = [...new Set([...voters, ...outgoing])].join(", ");
      return `${node} has committed the entry at ${index}, which is on the disks of ${holders.join(", ") || "nobody"}, of ${all}`;
    }
    durableThrough = commitIndex;
    return null;
  };
}

function holdersOf(held: RaftLog, index: number, nodes: TracedNodes<Raft>): readonly NodeId[] {
  const entry = entryIn(held, index);
  return [...nodes.values()].flatMap(({ id, disk }) => {
    return index <= disk.log.before || isEqual(entryIn(disk.log, index), entry) ? [id] : [];
  });
}

/** The latest configuration in a node's log, by which it counts. */
function configurationOf({ bootstrap }: Raft["config"], { durable, volatile }: RaftState): RaftConfiguration {
  return volatile.configurations.at(-1)?.configuration ?? durable.snapshot?.configuration ?? bootstrap;
}

function isQuorumOf({ voters, outgoing }: RaftConfiguration, nodes: readonly NodeId[]): boolean {
  const isMajority = (of: readonly NodeId[]): boolean => isQuorum(majorities(of).phase2, nodes);
  return isMajority(voters) && (outgoing.length === 0 || isMajority(outgoing));
}

/** At most one leader is elected in a term. */
function electionSafety(): Monitor<Raft> {
  const leaders = new Map<number, NodeId>();
  return ({ node, after }) => {
    const leader = leaderLogOf(after);
    if (leader === null) return null;
    const known = leaders.get(leader.term) ?? node;
    leaders.set(leader.term, known);
    return known === node ? null : `${node} leads term ${leader.term}, which ${known} has led`;
  };
}

/**
 * Two logs with an entry of one index and term are the same up to it: an index and a term stand for one entry, after an entry
 * of one term. From that it follows for the whole of both logs, index by index.
 */
function logMatching(digest: Digest): Monitor<Raft> {
  const entries = new Map<string, { readonly content: string; readonly termBefore: number | null }>();
  const seen = new Map<NodeId, RaftLog>();
  return ({ node, after }) => {
    const durable = durableOf(after);
    const before = seen.get(node) ?? log.emptyLog(durable.log.before);
    seen.set(node, durable.log);
    if (before === durable.log) return null;
    const { truncatedAfter, appended } = log.changes(before, durable.log);
    let termBefore = termAt(durable, truncatedAfter);
    for (const [at, entry] of appended.entries()) {
      const index = truncatedAfter + 1 + at;
      const key = `${index}/${entry.term}`;
      const content = digest(entry);
      const known = entries.get(key);
      if (known !== undefined && known.content !== content) {
        return `${node} has another entry of index ${index} and term ${entry.term} than another log`;
      }
      if (known !== undefined && (known.termBefore ?? termBefore) !== (termBefore ?? known.termBefore)) {
        return `before the entry of index ${index} and term ${entry.term}, ${node} has one of term ${termBefore}, and another log one of term ${known.termBefore}`;
      }
      entries.set(key, { content, termBefore: known?.termBefore ?? termBefore });
      termBefore = entry.term;
    }
    return null;
  };
}

/** The term of the entry at `index`; null if the log has forgotten it. */
function termAt({ log: held, snapshot }: RaftDurable, index: number): number | null {
  if (index === 0) return 0;
  if (index === snapshot?.index) return snapshot.term;
  return index > held.before && index <= log.lastIndex(held) ? log.entryAt(held, index).term : null;
}

/** What nodes have held to be committed: by index, the entry, and the least term of a node that held it so. */
class Committed {
  readonly #digest: Digest;
  readonly #entries = new Map<number, { readonly content: string; readonly term: number }>();
  readonly #reached = new Map<NodeId, number>();
  #highest = 0;
  /** The indexes that the latest event has added, or has lowered the term of. */
  #news: readonly number[] = [];

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  /** No two nodes apply different entries at one index. */
  see({ node, after }: Event): string | null {
    this.#news = [];
    if (after.state === null) {
      this.#reached.delete(node);
      return null;
    }
    const { durable, volatile } = after.state;
    const from = Math.max(this.#reached.get(node) ?? 0, durable.log.before) + 1;
    this.#reached.set(node, volatile.commitIndex);
    if (from > volatile.commitIndex) return null;
    const news: number[] = [];
    for (const [at, entry] of log.slice(durable.log, from, volatile.commitIndex).entries()) {
      const index = from + at;
      const content = this.#digest(entry);
      const known = this.#entries.get(index);
      if (known !== undefined && known.content !== content) {
        return `${node} has committed another entry at ${index} than was committed there before`;
      }
      if (known !== undefined && known.term <= durable.term) continue;
      this.#entries.set(index, { content, term: durable.term });
      news.push(index);
    }
    this.#highest = Math.max(this.#highest, volatile.commitIndex);
    this.#news = news;
    return null;
  }

  /** What was committed in a term is in the logs of the leaders of all later terms. */
  missingAtLeader({ node, before, after }: Event, nodes: TracedNodes<Raft>): string | null {
    const leader = leaderLogOf(after);
    const led = before === null ? null : leaderLogOf(before);
    if (leader !== null && led?.term !== leader.term) {
      for (let index = leader.log.before + 1; index <= this.#highest; index++) {
        if (this.#isMissing(index, leader.term, leader.log)) {
          return `${node} leads term ${leader.term} without the entry at ${index}, which was committed before`;
        }
      }
    }
    for (const [other, view] of this.#news.length === 0 ? [] : nodes) {
      const leading = leaderLogOf(view);
      const index =
        leading === null ? undefined : this.#news.find((of) => this.#isMissing(of, leading.term, leading.log));
      if (leading !== null && index !== undefined) {
        return `${node} has committed an entry at ${index} that ${other} lacks, which leads term ${leading.term}`;
      }
    }
    return null;
  }

  #isMissing(index: number, term: number, held: RaftLog): boolean {
    const known = this.#entries.get(index);
    if (known === undefined || known.term >= term || index <= held.before) return false;
    return index > log.lastIndex(held) || this.#digest(log.entryAt(held, index)) !== known.content;
  }
}
