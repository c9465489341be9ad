/**
 * The proposer: "Paxos Made Simple", section 2.2, phases 1a and 2a, and section 2.4 for progress and retransmission.
 */

import type { NodeId } from "../protocol.ts";
import { isQuorum } from "../quorum/quorum.ts";
import { ballotAbove, compareBallots } from "./ballot.ts";
import { insertByAcceptor } from "./by-acceptor.ts";
import { send, sendToAll, unchanged } from "./effects.ts";
import type {
  Ballot,
  Config,
  PaxosState,
  PaxosStep,
  PromiseFrom,
  PromiseMessage,
  Proposal,
  Proposer,
  Propose,
  Rejected,
  Value,
} from "./types.ts";

/** A client's proposal. A node carries one at a time, and none once it knows the decision. */
export function onPropose(config: Config, state: PaxosState, propose: Propose): PaxosStep {
  if (state.volatile.learner.phase === "decided") return unchanged(state);
  if (state.volatile.proposer.phase !== "idle") return unchanged(state);
  return startBallot(config, state, propose.value, null);
}

/**
 * Phase 1a, at a ballot above every one that this proposer has tried, in this life or an earlier one, and above the one
 * that a rejection told it of. The ballot is on disk before anyone hears of it.
 */
function startBallot(config: Config, state: PaxosState, value: Value, highestSeen: Ballot | null): PaxosStep {
  const ballot = ballotAbove(config.self, state.durable.lastTried, highestSeen);
  return {
    state: {
      durable: { ...state.durable, lastTried: ballot },
      volatile: { ...state.volatile, proposer: { phase: "preparing", value, ballot, promises: [] } },
    },
    effects: [...sendToAll(config.nodes, { type: "prepare", ballot }), { type: "setTimer", timer: "retry" }],
  };
}

/** Phase 2a, once a quorum has promised the ballot. */
export function onPromise(config: Config, state: PaxosState, from: NodeId, promise: PromiseMessage): PaxosStep {
  const { proposer } = state.volatile;
  if (proposer.phase !== "preparing") return unchanged(state);
  if (compareBallots(promise.ballot, proposer.ballot) !== 0) return unchanged(state);
  if (proposer.promises.some(({ acceptor }) => acceptor === from)) return unchanged(state);

  const promises = insertByAcceptor(proposer.promises, { acceptor: from, accepted: promise.accepted });
  const promisers = promises.map(({ acceptor }) => acceptor);
  if (!isQuorum(config.quorums.phase1, promisers)) {
    return { state: withProposer(state, { ...proposer, promises }), effects: [] };
  }
  const proposal = { ballot: proposer.ballot, value: valueToPropose(promises, proposer.value) };
  return {
    state: withProposer(state, { phase: "accepting", value: proposer.value, proposal }),
    effects: sendToAll(config.nodes, { type: "accept", ...proposal }),
  };
}

/**
 * "The value of the highest-numbered proposal among the responses, or any value if the responses reported no
 * proposals": the rule on which agreement rests.
 */
function valueToPropose(promises: readonly PromiseFrom[], own: Value): Value {
  let highest: Proposal | null = null;
  for (const { accepted } of promises) {
    if (accepted !== null && compareBallots(accepted.ballot, highest?.ballot ?? null) > 0) highest = accepted;
  }
  return highest === null ? own : highest.value;
}

/** A higher ballot is about. The proposer gives its own up, and tries above that one when the timer fires. */
export function onRejected(state: PaxosState, rejected: Rejected): PaxosStep {
  const { proposer } = state.volatile;
  if (proposer.phase === "idle") return unchanged(state);
  const { value } = proposer;
  const highestSeen = rejected.promised;
  if (proposer.phase === "rejected") {
    if (compareBallots(highestSeen, proposer.highestSeen) <= 0) return unchanged(state);
  } else {
    if (compareBallots(rejected.ballot, ballotOf(proposer)) !== 0) return unchanged(state);
  }
  return { state: withProposer(state, { phase: "rejected", value, highestSeen }), effects: [] };
}

/** The `retry` timer: what may have been lost is sent again, and a ballot that was rejected is replaced. */
export function onRetry(config: Config, state: PaxosState): PaxosStep {
  const { proposer } = state.volatile;
  switch (proposer.phase) {
    case "idle":
      return unchanged(state);
    case "rejected":
      return startBallot(config, state, proposer.value, proposer.highestSeen);
    case "preparing": {
      const promisers = proposer.promises.map(({ acceptor }) => acceptor);
      const prepare = { type: "prepare", ballot: proposer.ballot } as const;
      return again(
        state,
        config.nodes.filter((node) => !promisers.includes(node)).map((node) => send(node, prepare)),
      );
    }
    case "accepting": {
      const accept = { type: "accept", ...proposer.proposal } as const;
      return again(
        state,
        config.nodes.map((node) => send(node, accept)),
      );
    }
  }
}

/** `state` as it is, `effects` once more, and the timer from the beginning. */
function again(state: PaxosState, effects: PaxosStep["effects"]): PaxosStep {
  return { state, effects: [...effects, { type: "setTimer", timer: "retry" }] };
}

function ballotOf(proposer: Extract<Proposer, { phase: "preparing" | "accepting" }>): Ballot {
  return proposer.phase === "preparing" ? proposer.ballot : proposer.proposal.ballot;
}

function withProposer(state: PaxosState, proposer: Proposer): PaxosState {
  return { ...state, volatile: { ...state.volatile, proposer } };
}
