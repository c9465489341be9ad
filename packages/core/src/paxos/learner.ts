/**
 * The learner: "Paxos Made Simple", section 2.3, with every acceptor telling every learner.
 */

import { invariant } from "../assert.ts";
import type { NodeId } from "../protocol.ts";
import { isQuorum } from "../quorum/quorum.ts";
import { compareBallots } from "./ballot.ts";
import { insertByAcceptor } from "./by-acceptor.ts";
import { unchanged } from "./effects.ts";
import type { Accepted, Config, PaxosState, PaxosStep, Value } from "./types.ts";

/**
 * An acceptor accepted a proposal. Of each acceptor the learner keeps the report of the highest ballot; the value is
 * chosen once a quorum has accepted it at one ballot.
 */
export function onAccepted(config: Config, state: PaxosState, from: NodeId, accepted: Accepted): PaxosStep {
  const { learner } = state.volatile;
  if (learner.phase === "decided") return unchanged(state);
  const { ballot, value } = accepted;
  const known = learner.votes.find(({ acceptor }) => acceptor === from);
  if (known !== undefined && compareBallots(ballot, known.proposal.ballot) <= 0) return unchanged(state);

  const others = learner.votes.filter(({ acceptor }) => acceptor !== from);
  const votes = insertByAcceptor(others, { acceptor: from, proposal: { ballot, value } });
  const voters = votes.filter(({ proposal }) => compareBallots(proposal.ballot, ballot) === 0);
  const acceptors = voters.map(({ acceptor }) => acceptor);
  if (isQuorum(config.quorums.phase2, acceptors)) return decide(state, value);
  return { state: { ...state, volatile: { ...state.volatile, learner: { phase: "learning", votes } } }, effects: [] };
}

/** The value is chosen: the client is told, and the proposer, whose work is done, rests. */
function decide(state: PaxosState, value: Value): PaxosStep {
  invariant(state.volatile.learner.phase === "learning", "a node decides once in a life", state);
  return {
    state: { ...state, volatile: { proposer: { phase: "idle" }, learner: { phase: "decided", value } } },
    effects: [
      { type: "output", output: { type: "decide", value } },
      { type: "clearTimer", timer: "retry" },
    ],
  };
}
