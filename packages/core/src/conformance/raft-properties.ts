/**
 * The properties of Raft that quantify over several nodes, looked at with every step that a node takes: Figure 3 of the
 * paper, and what committing and reading promise. Each throws an error that begins with its name.
 */

import { commonThrough, entryAt, firstIndex, lastIndex } from "../log/index.ts";
import type { NodeId } from "../protocol.ts";
import { currentConfiguration, isQuorum } from "../raft/configuration.ts";
import { holds, termAt } from "../raft/log-terms.ts";
import type { Index, RaftConfig, RaftDurable, RaftEntry, RaftState, Term } from "../raft/types.ts";
import { encode } from "./codec.ts";

/** An entry that is committed, by whom it was first seen to be. */
type Committed = { readonly entry: string; readonly term: Term; readonly committedIn: Term };

/** What is on the disk of each node at this moment. */
export type Disks = () => readonly { readonly id: NodeId; readonly disk: RaftDurable }[];

/** What has been seen of a run so far, and the properties that all of it has to keep. */
export class RaftProperties {
  readonly #disks: Disks;
  readonly #leaders = new Map<Term, NodeId>();
  /** Each entry that any log ever had, by its place: what it is, and the term of the one before. */
  readonly #entries = new Map<string, string>();
  readonly #committed: Committed[] = [];

  constructor(disks: Disks) {
    this.#disks = disks;
  }

  /** The highest index that anyone has seen committed. */
  get commitIndex(): Index {
    return this.#committed.length;
  }

  /** @throws Error */
  step(config: RaftConfig, before: RaftState, after: RaftState): void {
    monotonicity(before, after);
    leaderAppendOnly(before, after);
    if (after.durable !== before.durable) this.#logMatching(before.durable, after.durable);
    if (isElected(before, after)) {
      this.#electionSafety(config.self, after.durable.term);
      this.#leaderCompleteness(after.durable);
    }
    if (after.volatile.commitIndex > before.volatile.commitIndex) this.#commit(config, before, after);
  }

  /** "At most one leader can be elected in a given term." */
  #electionSafety(id: NodeId, term: Term): void {
    const other = this.#leaders.get(term);
    demand(other === undefined, "electionSafety", `${other ?? ""} and ${id} have led term ${term}`);
    this.#leaders.set(term, id);
  }

  /**
   * "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through the
   * given index." By induction, it is enough that they are the same entry, after one of the same term.
   */
  #logMatching(before: RaftDurable, after: RaftDurable): void {
    const { log } = after;
    const same = log.before < before.log.before ? 0 : commonThrough(before.log, log, (x, y) => x === y);
    for (let index = Math.max(same + 1, firstIndex(log)); index <= lastIndex(log); index++) {
      const entry = entryAt(log, index);
      const place = `${index}@${entry.term}`;
      const found = `${encode(entry)} after term ${termAt(after, index - 1)}`;
      const known = this.#entries.get(place) ?? found;
      demand(known === found, "logMatching", `${place} is ${known}, and ${found}`);
      this.#entries.set(place, found);
    }
  }

  /**
   * "If a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all
   * higher-numbered terms."
   */
  #leaderCompleteness(durable: RaftDurable): void {
    for (const [at, { term, committedIn }] of this.#committed.entries()) {
      const index = at + 1;
      if (index < durable.log.before || committedIn >= durable.term) continue;
      const lacks = `the leader of term ${durable.term} lacks ${index}@${term}, committed in term ${committedIn}`;
      demand(holds(durable, index, term), "leaderCompleteness", lacks);
    }
  }

  /** What becomes committed at a node is what is committed anywhere, and what nobody has committed yet is on a quorum's disks. */
  #commit(config: RaftConfig, before: RaftState, after: RaftState): void {
    const { durable, volatile } = after;
    for (let index = before.volatile.commitIndex + 1; index <= volatile.commitIndex; index++) {
      const known = this.#committed[index - 1];
      if (index < durable.log.before) continue;
      const entry = index === durable.log.before ? null : entryAt(durable.log, index);
      if (known === undefined) this.#commitFirst(config, before, after, index, entry);
      else stateMachineSafety(config.self, index, known, entry, termAt(durable, index));
    }
  }

  #commitFirst(config: RaftConfig, before: RaftState, after: RaftState, index: Index, entry: RaftEntry | null): void {
    const term = termAt(after.durable, index);
    demand(
      entry !== null,
      "committedIsDurable",
      `${config.self} has a snapshot of ${index}@${term} that nobody committed`,
    );
    // A leader commits by the configuration that it had then, and may append another one in the same step.
    const configuration = currentConfiguration(config, before.volatile.role.type === "leader" ? before : after);
    const holders = this.#disks().filter(({ disk }) => disk.log.before > index || holds(disk, index, term));
    const isHeld = isQuorum(
      configuration,
      holders.map(({ id }) => id),
    );
    const whose = holders.map(({ id }) => id).join(" ");
    demand(isHeld, "committedIsDurable", `${config.self} commits ${index}@${term}, on the disks of ${whose}`);
    demand(
      index === this.#committed.length + 1,
      "committedIsDurable",
      `${index} is committed before what comes before`,
    );
    this.#committed.push({ entry: encode(entry), term, committedIn: after.durable.term });
  }
}

/** The term never goes back, the commit index does not while a node runs, and a match index does not while a leader leads. */
function monotonicity(before: RaftState, after: RaftState): void {
  demand(after.durable.term >= before.durable.term, "monotonicity", "a term goes back");
  demand(after.volatile.commitIndex >= before.volatile.commitIndex, "monotonicity", "a commit index goes back");
  const [from, to] = [before.volatile.role, after.volatile.role];
  if (from.type !== "leader" || to.type !== "leader" || before.durable.term !== after.durable.term) return;
  for (const { node, match } of to.progress) {
    const known = from.progress.find((progress) => progress.node === node);
    demand(known === undefined || match >= known.match, "monotonicity", `the match index of ${node} goes back`);
  }
}

/** "A leader never overwrites or deletes entries in its log; it only appends new entries." */
function leaderAppendOnly(before: RaftState, after: RaftState): void {
  const [from, to] = [before.volatile.role, after.volatile.role];
  const goesOn = from.type === "leader" && to.type === "leader" && before.durable.term === after.durable.term;
  if (!goesOn || before.durable.log === after.durable.log) return;
  const kept = commonThrough(before.durable.log, after.durable.log, (x, y) => x === y);
  demand(kept === lastIndex(before.durable.log), "leaderAppendOnly", `a leader keeps its log up to ${kept} only`);
}

/** "If a server has applied a log entry at a given index to its state machine, no other server will ever apply a different log entry for the same index." */
function stateMachineSafety(id: NodeId, index: Index, known: Committed, entry: RaftEntry | null, term: Term): void {
  const other = `${id} commits ${index}@${term}, others ${index}@${known.term}`;
  demand(term === known.term, "stateMachineSafety", other);
  if (entry !== null) demand(encode(entry) === known.entry, "stateMachineSafety", other);
}

function isElected(before: RaftState, after: RaftState): boolean {
  if (after.volatile.role.type !== "leader") return false;
  return before.volatile.role.type !== "leader" || before.durable.term !== after.durable.term;
}

export function demand(condition: boolean, property: string, otherwise: string): asserts condition {
  if (!condition) throw new Error(`${property} does not hold: ${otherwise}.`);
}
