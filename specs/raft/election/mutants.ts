import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const election = "../../../packages/core/src/raft/election.ts";
const terms = "../../../packages/core/src/raft/terms.ts";
const start = "../../../packages/core/src/raft/index.ts";

export default mutants([
  {
    id: "2",
    about: "A restart forgets the vote, as if it had not been written to disk.",
    source: "Ongaro and Ousterhout 2014, Figure 2, persistent state; bakwc/PySyncObj#202",
    file: start,
    find: `return { state: { durable, volatile }, effects };`,
    replace: `return { state: { durable: { ...durable, votedFor: null }, volatile }, effects };`,
    parameters: { crashes: 1 },
    property: "electionSafety",
  },
  {
    id: "2-term",
    about: "A restart forgets the term, and with it the vote.",
    source: "Ongaro and Ousterhout 2014, Figure 2, persistent state; bakwc/PySyncObj#202",
    file: start,
    find: `return { state: { durable, volatile }, effects };`,
    replace: `return { state: { durable: { ...durable, term: 0, votedFor: null }, volatile }, effects };`,
    parameters: { candidates: 1, elections: 1, crashes: 1 },
    property: "termMonotonic",
  },
  {
    id: "2-early-vote",
    about: "A vote leaves before it is on disk, so a crash takes it back.",
    source: "Ongaro and Ousterhout 2014, Figure 2: updated on stable storage before responding to RPCs",
    file: election,
    find: `effects: [send(config, voted, from, reply), SET_ELECTION] };`,
    replace: `effects: [send(config, voted, from, reply, "now"), SET_ELECTION] };`,
    parameters: { crashes: 1, persistence: "asynchronous" },
    property: "electionSafety",
  },
  {
    id: "3",
    about: "A node that steps down within a term forgets whom it has voted for in it.",
    source: "eliben/raft#27, redpanda-data/redpanda#19",
    file: terms,
    find: `const votedFor = term > durable.term ? null : durable.votedFor;`,
    replace: `const votedFor = null;`,
    parameters: { heartbeats: 1 },
    property: "electionSafety",
  },
  {
    id: "4",
    about: "A vote of an earlier term counts in the present one.",
    source: "xraft#33",
    file: election,
    find: `if (message.term !== state.durable.term) return unchanged(state);`,
    replace: ``,
    parameters: { elections: 3 },
    property: "electionSafety",
    reference: { by: "SandTable", distinct: 3_534, depth: 8, seconds: null },
  },
  {
    id: "5",
    about: "Votes are counted, and not those who voted: a vote that arrives twice counts twice.",
    source: "unshiftio/liferaft 1.0.0",
    file: election,
    find: `if (candidate.granted.includes(voter)) return unchanged(state);`,
    replace: ``,
    parameters: { nodes: 4, duplications: 2 },
    property: "electionSafety",
  },
  {
    id: "two-votes",
    about: "A node grants its vote to whoever asks, whether it has one left or not.",
    source: "Ongaro and Ousterhout 2014, Figure 2, RequestVote RPC, receiver's second rule",
    file: election,
    find: `const isFree = durable.votedFor === null || durable.votedFor === from;`,
    replace: `const isFree = true;`,
    parameters: {},
    property: "voteOnce",
  },
  ...guardMutants,
]);
