/** Raft without one of its guards each: `npx check mutants raft/replication --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const appendEntries = "../../../packages/core/src/raft/append-entries.ts";
const election = "../../../packages/core/src/raft/election.ts";
const logTerms = "../../../packages/core/src/raft/log-terms.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "commit-goes-back",
    about: "A follower's commit index is what the last message makes it, though that may be an old one.",
    source: "Ongaro and Ousterhout 2014, Figure 2, AppendEntries RPC, receiver's fifth rule",
    file: appendEntries,
    find: `    (next) => (committed > volatile.commitIndex ? commitTo(next, committed) : unchanged(next)),`,
    replace: `    (next) => (commitTo(next, committed)),`,
    parameters: { nodes: 2, candidates: 1, elections: 1, commands: 2 },
    property: "commitIndexMonotonic",
  },
  {
    id: "nothing-new",
    about:
      "A follower to whom a message brings nothing new begins to delete, and finds that it would delete what is committed.",
    source: "Ongaro and Ousterhout 2014, Figure 2, AppendEntries RPC, receiver's third rule",
    file: appendEntries,
    find: `  if (firstNew === -1) return state;\n`,
    replace: "",
    parameters: { nodes: 2, candidates: 1, elections: 1 },
    property: "totality",
  },
  {
    id: "votes-for-short-log",
    about: "A node grants its vote to a candidate whose log is behind its own.",
    source: "Ongaro and Ousterhout 2014, section 5.4.1",
    file: election,
    find: `  if (!isFree || !isUpToDate) return unchanged(state);`,
    replace: `  if (!isFree) return unchanged(state);`,
    parameters: { order: "fifo", announcements: "lost" },
    property: "leaderCompleteness",
  },
  {
    id: "term-behind-log",
    about: "The term of each entry is taken to be that of the entry before the log.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: logTerms,
    find: `  if (index !== log.before) return entryAt(log, index).term;\n`,
    replace: "",
    parameters: { nodes: 2, candidates: 1, elections: 1 },
    property: "totality",
  },
]);
