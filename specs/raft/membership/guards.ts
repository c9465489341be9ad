/** Raft without one of its guards each: `npx check mutants raft/membership --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const appendEntries = "../../../packages/core/src/raft/append-entries.ts";
const membership = "../../../packages/core/src/raft/membership.ts";
const reads = "../../../packages/core/src/raft/reads.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "unchecked-log",
    about: "A follower says that its log matches, whatever it is like before the message's entries.",
    source: "Ongaro and Ousterhout 2014, Figure 2, AppendEntries RPC, receiver's second rule",
    file: appendEntries,
    find: `  if (!holds(durable, prevLogIndex, prevLogTerm)) {
    return answer(config, state, from, message, conflictAt(state, message));
  }
`,
    replace: "",
    parameters: { scenario: "unaware", elections: 3 },
    property: "committedIsDurable",
  },
  {
    id: "all-contradict",
    about:
      "A follower takes a message to contradict what it has committed if the terms of two different indexes differ.",
    source: "Ongaro and Ousterhout 2014, section 5.3",
    file: appendEntries,
    find: `  if (message.term < durable.term || message.prevLogIndex !== volatile.commitIndex) return false;`,
    replace: `  if (message.term < durable.term) return false;`,
    parameters: { scenario: "add-two", voters: 1 },
    property: "newcomerCommits",
  },
  {
    id: "change-during-change",
    about: "The membership is changed again before the last change is committed, or while it is joint.",
    source: "Ongaro 2014, section 4.1",
    file: membership,
    find: `  if (isChangeUnderWay(config, state)) return refuse(config, state, request, "changeUnderWay");\n`,
    replace: "",
    parameters: { scenario: "add-two", voters: 1 },
    property: "quorumsIntersect",
  },
  {
    id: "leaves-what-is-left",
    about: "A leader appends the last configuration whenever it has committed something, and never comes to rest.",
    source: "Ongaro 2014, section 4.3",
    file: membership,
    find: `  if (!isJoint(joint)) return unchanged(state);\n`,
    replace: "",
    parameters: { scenario: "add-two", voters: 1 },
    property: "totality",
  },
  {
    id: "steps-down-at-once",
    about: "A leader steps down when it has committed something, though it has a vote.",
    source: "Ongaro 2014, section 4.2.2",
    file: membership,
    find: `  if (currentConfiguration(config, state).voters.includes(config.self)) return unchanged(state);\n`,
    replace: "",
    parameters: { scenario: "add-two", voters: 1 },
    property: "changed",
  },
  {
    id: "empty-round",
    about: "A leader begins a round of heartbeats for no read, and another one when that is acknowledged.",
    source: "Ongaro 2014, section 6.4",
    file: reads,
    find: `  if (waiting.length === 0 || confirming !== null) return unchanged(state);`,
    replace: `  if (confirming !== null) return unchanged(state);`,
    parameters: { scenario: "add-two", voters: 1 },
    property: "totality",
  },
]);
