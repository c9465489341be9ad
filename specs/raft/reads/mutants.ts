import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const reads = "../../../packages/core/src/raft/reads.ts";

export default mutants([
  {
    id: "15",
    about:
      "A leader answers reads before an entry of its own term is committed, and lacks what its predecessor committed.",
    source: "Ongaro 2014, section 6.4, step 1; etcd#7331",
    file: reads,
    find: `  if (!hasCommittedInTerm(state)) return unchanged(state);\n`,
    replace: ``,
    parameters: {},
    property: "linearizability",
  },
  {
    id: "16",
    about: "Each round of reads has the same number, so that an answer to an earlier round confirms a later one.",
    source: "Ongaro 2014, section 6.4, step 3; etcd#20418",
    file: reads,
    find: `  const round = leader.round + 1;
  const reads = { waiting: [], confirming: { round, index: state.volatile.commitIndex, reads: waiting } };
  return andThen(sendHeartbeats(config, withRole(state, { ...leader, round, reads })), (next) =>`,
    replace: `  const round = 1;
  const progress = leader.progress.map((of) => ({ ...of, round: 0 }));
  const reads = { waiting: [], confirming: { round, index: state.volatile.commitIndex, reads: waiting } };
  return andThen(sendHeartbeats(config, withRole(state, { ...leader, progress, round, reads })), (next) =>`,
    parameters: { reads: 2, readAt: "first", writeAt: "second" },
    property: "linearizability",
  },
  {
    id: "unconfirmed",
    about: "A leader answers reads at once, whether or not it still leads.",
    source: "Ongaro 2014, section 6.4: a leader that was replaced would return what is stale",
    file: reads,
    find: `return isQuorum(currentConfiguration(config, state), [config.self, ...nodes]);`,
    replace: `return nodes.length >= 0;`,
    parameters: { readAt: "first", writeAt: "second" },
    property: "linearizability",
  },
  {
    id: "unapplied",
    about: "A follower answers a read as soon as it knows the read index, before it has applied what lies up to it.",
    source: "Ongaro 2014, section 6.4, end",
    file: reads,
    find: `if (index <= commitIndex) return { state, effects`,
    replace: `if (index >= 0) return { state, effects`,
    parameters: { elections: 0, readAt: "others", order: "none" },
    property: "linearizability",
  },
  ...guardMutants,
]);
