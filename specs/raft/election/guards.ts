/** Raft without one of its guards each: `npx check mutants raft/election --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const configuration = "../../../packages/core/src/raft/configuration.ts";
const election = "../../../packages/core/src/raft/election.ts";
const main = "../../../packages/core/src/raft/index.ts";
const state = "../../../packages/core/src/raft/state.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "no-quorum",
    about: "A majority of no outgoing voters is asked for as well, and there is none.",
    source: "Ongaro 2014, section 4.3",
    file: configuration,
    find: `  if (outgoing.length === 0) return isMajority(voters, nodes);\n`,
    replace: "",
    parameters: { candidates: 1, elections: 1 },
    property: "elected",
  },
  {
    id: "votes-twice",
    about: "A node grants its vote whether it has one left or not.",
    source: "Ongaro and Ousterhout 2014, Figure 2, RequestVote RPC, receiver's second rule",
    file: election,
    find: `  if (!isFree || !isUpToDate) return unchanged(state);`,
    replace: `  if (!isUpToDate) return unchanged(state);`,
    parameters: {},
    property: "voteOnce",
  },
  {
    id: "denial-counts",
    about: "A candidate counts whoever answers, though the answer is no.",
    source: "Ongaro and Ousterhout 2014, section 5.2",
    file: election,
    find: `  if (!message.voteGranted) return unchanged(state);\n`,
    replace: "",
    parameters: { elections: 3 },
    property: "electionSafety",
  },
  {
    id: "never-elected",
    about: "A candidate goes on counting when it has a majority.",
    source: "Ongaro and Ousterhout 2014, section 5.2",
    file: election,
    find: `  if (isQuorum(configuration, granted)) return becomeLeader(config, state);\n`,
    replace: "",
    parameters: { candidates: 1, elections: 1 },
    property: "elected",
  },
  {
    id: "older-term-adopted",
    about: "A node becomes a follower in the term of each message, be it an earlier one.",
    source: "Ongaro and Ousterhout 2014, Figure 2, all servers",
    file: main,
    find: `  if (message.type === "preVote" || message.term <= state.durable.term) return onMessage(config, state, from, message);`,
    replace: `  if (message.type === "preVote") return onMessage(config, state, from, message);`,
    parameters: {},
    property: "totality",
  },
  {
    id: "all-records-alike",
    about: "Two records are taken to be equal whatever is in them, and a role that changes stays as it is.",
    source: "Ongaro and Ousterhout 2014, section 5.2",
    file: state,
    find: `    if (part === undefined || other === undefined || !isSame(part, other)) return false;`,
    replace: `    if (part === undefined || other === undefined) return false;`,
    parameters: { candidates: 1, elections: 1 },
    property: "elected",
  },
]);
