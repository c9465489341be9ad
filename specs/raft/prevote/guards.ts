/** Raft without one of its guards each: `npx check mutants raft/prevote --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const appendEntries = "../../../packages/core/src/raft/append-entries.ts";
const checkQuorum = "../../../packages/core/src/raft/check-quorum.ts";
const prevote = "../../../packages/core/src/raft/prevote.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "stale-append",
    about: "A follower takes the entries of a leader of an earlier term, and what they replace is gone.",
    source: "Ongaro and Ousterhout 2014, Figure 2, AppendEntries RPC, receiver's first rule",
    file: appendEntries,
    find: `  if (message.term < state.durable.term) return answer(config, state, from, message, { type: "staleTerm" });\n`,
    replace: "",
    parameters: { preVote: false, elections: 4, links: "hub" },
    property: "committedIsDurable",
  },
  {
    id: "leads-without-quorum",
    about: "A leader leads on, whether a majority answers or not.",
    source: "Ongaro 2014, section 6.2",
    file: checkQuorum,
    find: `  if (!isQuorum(currentConfiguration(config, state), [config.self, ...active])) {
    return becomeFollower(config, state, state.durable.term, null);
  }
`,
    replace: "",
    parameters: { ticks: 1, elections: 1, candidates: 1 },
    property: "leaderStepsDown",
  },
  {
    id: "leader-grants-prevote",
    about: "A leader grants prevotes to others.",
    source: "Ongaro 2014, section 9.6",
    file: prevote,
    find: `  if (role.type === "leader") return true;\n`,
    replace: "",
    parameters: { checkQuorum: false },
    property: "undisturbed",
  },
  {
    id: "loyal-to-the-silent",
    about: "A node grants no prevote until its own timer is over: two timers have to run out, where one would do.",
    source: "Ongaro 2014, section 9.6: what counts is the least election timeout, and not the own one",
    file: prevote,
    find: `  if (config.checkQuorum !== null) return hasRecentLeader(config, state);\n`,
    replace: "",
    parameters: { order: "fifo", ticks: 2 },
    property: "silentLeaderGivenUp",
  },
  {
    id: "never-prevoted",
    about: "A node goes on counting prevotes when it has a majority of them.",
    source: "Ongaro 2014, section 9.6",
    file: prevote,
    find: `  const granted = [...role.granted, from].sort();
  if (isQuorum(configuration, granted)) return campaign(config, state, "timeout");
`,
    replace: `  const granted = [...role.granted, from].sort();\n`,
    parameters: { candidates: 1, elections: 1 },
    property: "leaderElected",
  },
]);
