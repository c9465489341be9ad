import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const main = "../../../packages/core/src/raft/index.ts";
const checkQuorum = "../../../packages/core/src/raft/check-quorum.ts";
const electionTimer = "../../../packages/core/src/raft/election-timer.ts";
const prevote = "../../../packages/core/src/raft/prevote.ts";

export default mutants([
  {
    id: "22",
    about: "A node of a higher term does not tell so to one that asks for a prevote, so that nobody is ever elected.",
    source: "etcd-io/etcd#8243",
    file: prevote,
    find: `    return { state, effects: [send(config, state, from, { type: "preVoteReply", voteGranted: false })] };`,
    replace: `    return unchanged(state);`,
    parameters: { links: "without-n3", earlier: "higher-term-shorter-log", elections: 4 },
    property: "leaderElected",
  },
  {
    id: "23",
    about: "A node that does not hear its leader campaigns at once, and deposes it by way of one that hears both.",
    source: "Howard and Abraham, Raft does not guarantee liveness in the face of network faults, 2020-12-12",
    file: electionTimer,
    find: `return config.preVote ? askForPreVotes(config, state) : campaign(config, state, "timeout");`,
    replace: `return campaign(config, state, "timeout");`,
    parameters: { links: "hub", checkQuorum: false, elections: 3 },
    property: "undisturbed",
  },
  {
    id: "23-no-step-down",
    about: "A leader that no majority answers leads on, and keeps those that hear it from electing another one.",
    source: "Howard and Abraham, 2020-12-12; Ongaro 2014, section 6.2",
    file: checkQuorum,
    find: `    return becomeFollower(config, state, state.durable.term, null);`,
    replace: `    return unchanged(state);`,
    parameters: { ticks: 1, elections: 1, candidates: 1 },
    property: "leaderStepsDown",
  },
  {
    id: "23-disruptive-vote",
    about: "A node that has just heard from its leader takes the higher term of whoever asks for its vote.",
    source: "Ongaro 2014, section 4.2.3",
    file: main,
    find: `  return state.volatile.role.type === "leader" || hasRecentLeader(config, state);`,
    replace: `  return false;`,
    parameters: { links: "hub", preVote: false, elections: 3 },
    property: "undisturbed",
  },
  {
    id: "prevote-despite-leader",
    about: "A node grants prevotes though it has a leader.",
    source: "Ongaro 2014, section 9.6: only those grant that have not heard from a leader",
    file: prevote,
    find: `  if (hasLeader(config, state)) return unchanged(state);\n`,
    replace: "",
    parameters: { checkQuorum: false },
    property: "undisturbed",
  },
  ...guardMutants,
]);
