import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const raft = "../../../packages/core/src/raft/index.ts";
const clock = "../../../packages/core/src/raft/clock.ts";
const config = "../../../packages/core/src/raft/config.ts";
const lease = "../../../packages/core/src/raft/lease.ts";
const reads = "../../../packages/core/src/raft/reads.ts";
const transfer = "../../../packages/core/src/raft/transfer.ts";

export default mutants([
  {
    id: "17",
    about: "A leader answers from its lease while it hands over, though the votes for its successor regard no lease.",
    source: "Ongaro 2014, section 6.4.1, end; etcd#12704",
    file: transfer,
    find: `withRole(state, { ...leader, lease: null })`,
    replace: `state`,
    parameters: { transfers: 1, elections: 0, ticks: 0 },
    property: "linearizability",
  },
  {
    id: "18",
    about: "A lease is let through that leaves no time for the drift of the clocks.",
    source: "Ongaro 2014, section 6.4.1: the bound on clock drift; tikv#964",
    file: config,
    find: `if (leaseTicks + driftTicks >= electionTicks) {`,
    replace: `if (leaseTicks >= electionTicks) {`,
    parameters: { electionTicks: 2, ticks: 5 },
    property: "linearizability",
  },
  {
    id: "18-pause",
    about: "A lease counts from when it was acknowledged, however long that took.",
    source: "Ongaro 2014, section 6.4.1: it counts from when the round was sent; tikv#964",
    file: lease,
    find: `const left = config.reads.leaseTicks - lease.measuring.age;`,
    replace: `const left = config.reads.leaseTicks;`,
    parameters: { clocks: "steady", driftTicks: 0, leaseTicks: 2, writes: 0, reads: 0 },
    property: "leaseExclusive",
  },
  {
    id: "disruptive",
    about: "A node votes though it hears from a leader, who may rest a lease on it.",
    source: "Ongaro 2014, sections 4.2.3 and 6.4.1",
    file: raft,
    find: `  if (isDisruptive(config, state, message)) return unchanged(state);\n`,
    replace: ``,
    parameters: { clocks: "steady", driftTicks: 0, electionTicks: 2, ticks: 5, writes: 0, reads: 0 },
    property: "leaseExclusive",
  },
  {
    id: "restart",
    about: "A node that restarts has forgotten that a leader rests a lease on it, and votes at once.",
    source: "Ongaro 2014, section 6.4.1; a promise that must outlive a crash, as in mutant 2",
    file: clock,
    find: `checkQuorum === null || reads.type === "lease" ? 0`,
    replace: `checkQuorum === null ? 0`,
    parameters: {
      begin: "nothing",
      clocks: "steady",
      driftTicks: 0,
      electionTicks: 2,
      elections: 2,
      ticks: 0,
      crashes: 1,
      writes: 0,
      reads: 0,
    },
    property: "leaseExclusive",
  },
  {
    id: "15-lease",
    about: "A new leader answers from its lease before an entry of its own term is committed.",
    source: "Ongaro 2014, section 6.4, step 1",
    file: reads,
    find: `if (hasLease(leader) && hasCommittedInTerm(state)) return`,
    replace: `if (hasLease(leader)) return`,
    parameters: { transfers: 1, elections: 0, ticks: 0, writeAt: "first", readAt: "second", order: "none" },
    property: "linearizability",
  },
  ...guardMutants,
]);
