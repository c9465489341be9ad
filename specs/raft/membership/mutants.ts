import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const configuration = "../../../packages/core/src/raft/configuration.ts";
const election = "../../../packages/core/src/raft/election.ts";
const membership = "../../../packages/core/src/raft/membership.ts";

export default mutants([
  {
    id: "11",
    about: "A leader changes the membership by one server before an entry of its own term is committed.",
    source: "Ongaro on raft-dev, 2015-07-10, bug in single-server membership changes; databendlabs/openraft#2051",
    file: membership,
    find: `  if (!hasCommittedInTerm(state)) return refuse(config, state, request, "termNotCommitted");\n`,
    replace: "",
    parameters: { scenario: "diverging", voters: 4, candidates: 2, elections: 2 },
    property: "leaderCompleteness",
  },
  {
    id: "12",
    about: "A quorum of a joint configuration is a majority of all its voters, and not one of either part.",
    source: "async-raft/async-raft#62; Ongaro 2014, section 4.3",
    file: configuration,
    find: `return isMajority(voters, nodes) && isMajority(outgoing, nodes);`,
    replace: `return isMajority(sortedNodes([...voters, ...outgoing]), nodes);`,
    parameters: { scenario: "replace-by-two", voters: 1 },
    property: "quorumsIntersect",
  },
  {
    id: "13",
    about: "A joint configuration is left as soon as anything is committed, though it is not committed itself.",
    source: "Ongaro 2014, section 4.3: once the joint consensus has been committed, the system transitions to C_new",
    file: membership,
    find: `  if (!isJoint(joint)) return unchanged(state);
  if (configurationIndex(state.volatile) > state.volatile.commitIndex) return unchanged(state);
`,
    replace: `  if (!isJoint(joint)) return unchanged(state);\n`,
    parameters: { scenario: "replace-by-two", voters: 2, commands: 1, batch: 2 },
    property: "quorumsIntersect",
  },
  {
    id: "14",
    about: "The membership is changed again before the last change is committed.",
    source: "etcd-io/etcd#11284 and #7625; Ongaro 2014, section 4.1",
    file: membership,
    find: `  return isUncommitted || isJoint(currentConfiguration(config, state));`,
    replace: `  return isUncommitted && isJoint(currentConfiguration(config, state));`,
    parameters: { scenario: "add-two", voters: 1 },
    property: "quorumsIntersect",
  },
  {
    id: "24",
    about: "A node that does not know yet that it has a vote refuses to give it.",
    source: "etcd-io/etcd#10998; Ongaro 2014, section 4.2.1",
    file: election,
    find: `  if (!isFree || !isUpToDate) return unchanged(state);`,
    replace: `  if (!isFree || !isUpToDate || !isVoter(currentConfiguration(config, state), config.self)) return unchanged(state);`,
    parameters: { scenario: "unaware", elections: 3 },
    property: "leaderElected",
  },
  {
    id: "learner-counted",
    about: "What a learner's disk holds counts towards a majority of the voters.",
    source: "Ongaro 2014, section 4.2.1: a non-voting member is not counted for commitment",
    file: configuration,
    find: `nodes.filter((node) => voters.includes(node)).length`,
    replace: `nodes.length`,
    parameters: { scenario: "promote" },
    property: "committedIsDurable",
  },
  {
    id: "learner-behind",
    about: "A learner gets a vote while it lacks what is committed.",
    source: "Ongaro 2014, section 4.2.1: catching up new servers",
    file: membership,
    find: `  if (!areCaughtUp(state, leader, current, next)) return refuse(config, state, request, "learnerBehind");\n`,
    replace: "",
    parameters: { scenario: "promote" },
    property: "learnerBehindRefused",
  },
  {
    id: "removed-leader-stays",
    about: "A leader that has no vote any more leads on once its removal is committed.",
    source: "Ongaro 2014, section 4.2.2: it steps down once C_new is committed",
    file: membership,
    find: `  return becomeFollower(config, state, state.durable.term, null);`,
    replace: `  return unchanged(state);`,
    parameters: { scenario: "remove-leader", voters: 3 },
    property: "removedLeaderStepsDown",
  },
  ...guardMutants,
]);
