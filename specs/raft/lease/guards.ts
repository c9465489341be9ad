/** Raft without one of its guards each: `npx check mutants raft/lease --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const config = "../../../packages/core/src/raft/config.ts";
const electionTimer = "../../../packages/core/src/raft/election-timer.ts";
const main = "../../../packages/core/src/raft/index.ts";
const reads = "../../../packages/core/src/raft/reads.ts";
const transfer = "../../../packages/core/src/raft/transfer.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "long-lease",
    about: "A lease is let through that may outlast the promises that it rests on.",
    source: "Ongaro 2014, section 6.4.1",
    file: config,
    find: `  if (leaseTicks + driftTicks >= electionTicks) {
    throw new RangeError(
      \`A lease of \${leaseTicks} ticks, with a drift of \${driftTicks}, has to end before an election of \${electionTicks}.\`,
    );
  }
`,
    replace: "",
    parameters: { electionTicks: 2, ticks: 5 },
    property: "linearizability",
  },
  {
    id: "stands-despite-leader",
    about: "A node whose election timer ends stands at once, though by its ticks a leader may rest a lease on it.",
    source: "Ongaro 2014, sections 4.2.3 and 6.4.1",
    file: electionTimer,
    find: `  if (hasRecentLeader(config, state)) return { state, effects: [SET_ELECTION] };\n`,
    replace: "",
    parameters: { clocks: "steady", driftTicks: 0, electionTicks: 2, ticks: 5, writes: 0, reads: 0 },
    property: "leaseExclusive",
  },
  {
    id: "transfer-ignored",
    about: "Votes are refused to the target of a transfer as they are to a disruptive server.",
    source: "Ongaro 2014, section 4.2.3, end",
    file: main,
    find: `  if (config.checkQuorum === null || message.transfer) return false;`,
    replace: `  if (config.checkQuorum === null) return false;`,
    parameters: { transfers: 1, elections: 0, ticks: 0, writes: 0, reads: 0 },
    property: "leaseOver",
  },
  {
    id: "lease-unused",
    about: "A leader that has a lease asks a quorum all the same.",
    source: "Ongaro 2014, section 6.4.1",
    file: reads,
    find: `  if (hasLease(leader) && hasCommittedInTerm(state)) return answer(config, state, [read], state.volatile.commitIndex);\n`,
    replace: "",
    parameters: { elections: 0, ticks: 2, writes: 0 },
    property: "servedAtOnce",
  },
  {
    id: "lease-unacknowledged",
    about: "A lease is renewed whoever has acknowledged it.",
    source: "Ongaro 2014, section 6.4.1",
    file: reads,
    find: `  if (!isAcknowledged(config, state, measuring.round)) return unchanged(state);\n`,
    replace: "",
    parameters: { clocks: "steady", driftTicks: 0, electionTicks: 2, ticks: 5, writes: 0, reads: 0 },
    property: "leaseExclusive",
  },
  {
    id: "late-request",
    about: "A node campaigns at the request of a leader of old, by votes that don't regard the present one's lease.",
    source: "Ongaro 2014, sections 3.10 and 4.2.3, end",
    file: transfer,
    find: `  if (message.term !== state.durable.term) return unchanged(state);\n`,
    replace: "",
    parameters: { begin: "late-request", elections: 0, ticks: 0 },
    property: "linearizability",
  },
]);
