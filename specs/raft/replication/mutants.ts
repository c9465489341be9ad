import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const append = "../../../packages/core/src/raft/append-entries.ts";
const commit = "../../../packages/core/src/raft/commit.ts";
const deliver = "../../../packages/core/src/raft/deliver.ts";
const progress = "../../../packages/core/src/raft/progress.ts";
const proposals = "../../../packages/core/src/raft/proposals.ts";
const replication = "../../../packages/core/src/raft/replication.ts";
const replies = "../../../packages/core/src/raft/replies.ts";
const logTerms = "../../../packages/core/src/raft/log-terms.ts";

export default mutants([
  {
    id: "1",
    about: "A leader commits an entry of an earlier term because a majority holds it: Figure 8.",
    source: "Ongaro and Ousterhout 2014, section 5.4.2; logcabin/logcabin#44, canonical/raft#336",
    file: commit,
    find: `if (termAt(state.durable, index) !== state.durable.term) return unchanged(state);`,
    replace: ``,
    parameters: { order: "fifo", earlier: "figure-8", commands: 0, batch: 1, announcements: "lost" },
    property: "stateMachineSafety",
    reference: { by: "SandTable", distinct: 2_360_000, depth: 14, seconds: 120 },
  },
  {
    id: "6",
    about: "Of two logs the longer one counts as more up to date, whatever its last entry's term.",
    source: "Ongaro and Ousterhout 2014, section 5.4.1; markwylde/liferaft#8",
    file: logTerms,
    find: `return a.lastLogTerm !== b.lastLogTerm ? a.lastLogTerm - b.lastLogTerm : a.lastLogIndex - b.lastLogIndex;`,
    replace: `return a.lastLogIndex !== b.lastLogIndex ? a.lastLogIndex - b.lastLogIndex : a.lastLogTerm - b.lastLogTerm;`,
    parameters: { order: "fifo", elections: 3, announcements: "lost" },
    property: "leaderCompleteness",
  },
  {
    id: "7",
    about:
      "A follower deletes what comes after the entries of a message, though nothing conflicts: the message is an old one.",
    source: "Ongaro and Ousterhout 2014, section 5.3; raftos#26",
    file: append,
    find: `const firstNew = entries.findIndex((entry, at) => !isHeld(state, prevLogIndex + 1 + at, entry));`,
    replace: `const firstNew = entries.length === 0 ? -1 : 0;`,
    parameters: { nodes: 2, candidates: 1, elections: 1, commands: 2 },
    property: "committedIsDurable",
    reference: { by: "SandTable", distinct: 19_455, depth: 9, seconds: null },
  },
  {
    id: "8",
    about: "A follower commits up to the end of its log, and not up to the last entry that the message has verified.",
    source: "Ongaro and Ousterhout 2014, Figure 2, AppendEntries RPC, receiver's fifth rule; willemt/raft#118",
    file: append,
    find: `const committed = Math.min(leaderCommit, lastVerified);`,
    replace: `const committed = Math.min(leaderCommit, Math.max(lastVerified, lastIndex(durable.log)));`,
    parameters: { heartbeats: 1, commands: 0, announcements: "lost" },
    property: "stateMachineSafety",
    reference: { by: "SandTable", distinct: 21_000_000, depth: 20, seconds: null },
  },
  {
    id: "9",
    about: "An answer that was overtaken sets the match index back.",
    source: "bakwc/PySyncObj#166; ongardie/raft.tla#18, #19",
    file: progress,
    find: `const match = Math.max(progress.match, index);`,
    replace: `const match = index;`,
    parameters: { candidates: 1, elections: 1 },
    property: "matchIndexMonotonic",
    reference: { by: "SandTable", distinct: 93_713, depth: 13, seconds: null },
  },
  {
    id: "9-commit",
    about: "A message that was overtaken sets the commit index back.",
    source: "bakwc/PySyncObj#166; ongardie/raft.tla#18, #19",
    file: append,
    find: `(next) => (committed > volatile.commitIndex ? commitTo(next, committed) : unchanged(next)),`,
    replace: `(next) => committed > volatile.commitIndex ? commitTo(next, committed)
      : { state: { ...next, volatile: { ...next.volatile, commitIndex: Math.min(leaderCommit, lastVerified) } }, effects: [] },`,
    parameters: { nodes: 2, candidates: 1, elections: 1, commands: 2 },
    property: "commitIndexMonotonic",
  },
  {
    id: "10",
    about: "A leader takes a rejection for a match.",
    source: "Ongaro and Ousterhout 2014, Figure 2, rules for leaders",
    file: replies,
    find: `return unlessSame(state, learn(config, state, leader, conflicted(state.durable, answered, result)));`,
    replace: `return learn(config, state, leader, matched(state.durable, answered, result.prevLogIndex));`,
    parameters: { commands: 2, announcements: "lost" },
    property: "stateMachineSafety",
  },
  {
    id: "unchecked-term",
    about: "A follower checks that it has an entry before the new ones, and not of which term.",
    source: "Ongaro and Ousterhout 2014, section 5.3: the consistency check",
    file: append,
    find: `if (!holds(durable, prevLogIndex, prevLogTerm)) {`,
    replace: `if (prevLogIndex > lastIndex(durable.log)) {`,
    parameters: { order: "fifo", elections: 3, commands: 0, announcements: "lost" },
    property: "logMatching",
  },
  {
    id: "tidy-leader",
    about: "A leader that takes a command first clears its log of what is not committed.",
    source: "Ongaro and Ousterhout 2014, Figure 3, Leader Append-Only",
    file: replication,
    find: `log: append(log, entries) };`,
    replace: `log: append({ ...log, entries: log.entries.slice(0, state.volatile.commitIndex - log.before) }, entries) };`,
    parameters: { candidates: 1, elections: 1 },
    property: "leaderAppendOnly",
  },
  {
    id: "delivered-noop",
    about: "The no-op that a leader begins its term with is delivered as if it were a client's command.",
    source: "Ongaro 2014, section 6.4; Hadzilacos and Toueg 1994, validity",
    file: deliver,
    find: `if (entry.type !== "command") continue;`,
    replace: `if (entry.type !== "command") {
      effects.push({ type: "output", output: { type: "deliver", index: commitIndex + 1 + at, command: null } });
      continue;
    }`,
    parameters: { candidates: 1, elections: 1 },
    property: "validity",
  },
  {
    id: "appended-twice",
    about: "A leader appends a command twice, as if it were two.",
    source: "Hadzilacos and Toueg 1994, integrity",
    file: proposals,
    find: `request.commands.map((command) => ({ type: "command", term, command })),`,
    replace: `[...request.commands, ...request.commands].map((command) => ({ type: "command", term, command })),`,
    parameters: { candidates: 1, elections: 1 },
    property: "integrity",
  },
  {
    id: "relative-index",
    about:
      "Deliveries are numbered from the first one that is committed together with them, and not by their place in the log.",
    source: "Hadzilacos and Toueg 1994, agreement",
    file: deliver,
    find: `index: commitIndex + 1 + at,`,
    replace: `index: at + 1,`,
    parameters: { candidates: 1, elections: 1, commands: 2 },
    property: "agreement",
  },
  {
    id: "first-of-several",
    about: "Of several entries that are committed together only the first is delivered.",
    source: "Hadzilacos and Toueg 1994, total order",
    file: deliver,
    find: `if (entry.type !== "command") continue;`,
    replace: `if (entry.type !== "command" || at > 0) continue;`,
    parameters: { candidates: 1, elections: 1, commands: 2, inflight: 1 },
    property: "totalOrder",
  },
  ...guardMutants,
]);
