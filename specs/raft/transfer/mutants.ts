import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const proposals = "../../../packages/core/src/raft/proposals.ts";
const replies = "../../../packages/core/src/raft/replies.ts";
const transfer = "../../../packages/core/src/raft/transfer.ts";

export default mutants([
  {
    id: "proposals-meanwhile",
    about: "A leader that is handing over takes commands, so that its target may never catch up.",
    source: "Ongaro 2014, section 3.10, step 1: the prior leader stops accepting new client requests",
    file: proposals,
    find: `  if (leader.transfer !== null) return refuse(config, state, request, "transferring");\n`,
    replace: "",
    parameters: { voters: 2, commands: 1 },
    property: "transferringAppendsNothing",
  },
  {
    id: "lagging-target-forgotten",
    about: "A target that lacks entries when the transfer begins is never asked to campaign.",
    source: "Ongaro 2014, section 3.10, steps 2 and 3: the target is brought up to date, and then told",
    file: replies,
    find: `(isTarget ? urgeTarget(config, next) : unchanged(next))`,
    replace: `(isTarget ? unchanged(next) : unchanged(next))`,
    parameters: { voters: 2 },
    property: "laggingTargetLeads",
  },
  {
    id: "transfer-never-given-up",
    about: "A transfer whose target does not take over is never given up: the leader refuses everything for ever.",
    source: "Ongaro 2014, section 3.10: after about an election timeout the prior leader resumes accepting requests",
    file: transfer,
    find: `  return { state: withRole(state, { ...leader, transfer: null }), effects: [] };`,
    replace: `  return unchanged(state);`,
    parameters: { voters: 2, commands: 2 },
    property: "goesOnAfterwards",
  },
  {
    id: "learner-as-target",
    about: "A learner is accepted as the target of a transfer.",
    source: "etcd-io/raft, TestLeaderTransferToLearner: leadership does not go to a learner",
    file: transfer,
    find: `if (!currentConfiguration(config, state).voters.includes(request.to)) {`,
    replace: `if (progressOf(leader, request.to) === null) {`,
    parameters: { asks: "wrong", learners: 1, voters: 2 },
    property: "learnerRefused",
  },
  ...guardMutants,
]);
