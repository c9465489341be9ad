import { mutants } from "@quorate/checker";

const start = "../../../packages/core/src/paxos/index.ts";
const acceptor = "../../../packages/core/src/paxos/acceptor.ts";
const proposer = "../../../packages/core/src/paxos/proposer.ts";
const quorum = "../../../packages/core/src/quorum/quorum.ts";

export default mutants([
  {
    id: "26",
    about: "A restart forgets the promise, as if it had not been written to disk.",
    source: "Lamport 2001, section 2.2: an acceptor must remember its promise even if it fails and restarts",
    file: start,
    find: `return { state: { durable, volatile }, effects: [] };`,
    replace: `return { state: { durable: { ...durable, promised: null }, volatile }, effects: [] };`,
    parameters: { rounds: 1, crashes: 1, learners: 0 },
    property: "agreement",
  },
  {
    id: "26-accepted",
    about: "A restart forgets the accepted proposal, as if it had not been written to disk.",
    source: "Lamport 2001, section 2.2",
    file: start,
    find: `return { state: { durable, volatile }, effects: [] };`,
    replace: `return { state: { durable: { ...durable, accepted: null }, volatile }, effects: [] };`,
    parameters: { rounds: 1, crashes: 1, learners: 0 },
    property: "agreement",
  },
  {
    id: "26-early-promise",
    about: "A promise leaves before it is on disk, so a crash takes it back.",
    source: "Lamport 2001, section 2.2: the response is recorded in stable storage before it is sent",
    file: acceptor,
    find: `effects: [send(from, { type: "promise", ballot: prepare.ballot, accepted })],`,
    replace: `effects: [send(from, { type: "promise", ballot: prepare.ballot, accepted }, "now")],`,
    parameters: { persistence: "asynchronous", crashes: 1, rounds: 1, learners: 0 },
    property: "promisesKept",
  },
  {
    id: "27",
    about: "A proposer proposes its own value though one was accepted.",
    source: "Lamport 2001, section 2.2, phase 2a",
    file: proposer,
    find: `return highest === null ? own : highest.value;`,
    replace: `return own;`,
    parameters: { rounds: 1, learners: 0 },
    property: "agreement",
  },
  {
    id: "28",
    about: "A proposer takes any accepted value, not the one of the highest ballot.",
    source: "Lamport 2001, section 2.2, P2c",
    file: proposer,
    find: `compareBallots(accepted.ballot, highest?.ballot ?? null) > 0) highest`,
    replace: `highest === null) highest`,
    parameters: { earlier: "two-ballots", proposers: 1, learners: 0 },
    property: "agreement",
  },
  {
    id: "29",
    about: "Quorums of the two phases that need not meet are let through.",
    source: "Howard, Malkhi and Spiegelman, Flexible Paxos, arXiv 1608.06696",
    file: quorum,
    find: `return first.size + second.size > nodes.length;`,
    replace: `return true;`,
    parameters: { nodes: 4, phase1: 2, phase2: 2, rounds: 1, learners: 0 },
    property: "agreement",
  },
  {
    id: "30",
    about: "A restarted proposer uses a ballot of its earlier life again.",
    source: "Lamport 2001, section 2.5: a proposer remembers the highest number it has tried",
    file: proposer,
    find: `ballotAbove(config.self, state.durable.lastTried, highestSeen)`,
    replace: `ballotAbove(config.self, null, highestSeen)`,
    parameters: { earlier: "half-a-ballot", learners: 0 },
    property: "agreement",
  },
  {
    id: "31",
    about: "A promise of an older ballot counts for the present one.",
    source: "Lamport 2001, section 2.2, phase 2a",
    file: proposer,
    find: `if (compareBallots(promise.ballot, proposer.ballot) !== 0) return unchanged(state);`,
    replace: ``,
    parameters: { rounds: 2, timeouts: 1, learners: 0 },
    property: "agreement",
  },
]);
