/**
 * The acceptor: "Paxos Made Simple", section 2.2, phases 1b and 2b.
 *
 * "An acceptor can ignore any request without compromising safety"; this one answers what it refuses, so that the
 * proposer learns the ballot that it must exceed.
 */

import type { NodeId } from "../protocol.ts";
import { compareBallots } from "./ballot.ts";
import { send, sendToAll } from "./effects.ts";
import type { Accept, Config, Durable, PaxosState, PaxosStep, Prepare } from "./types.ts";

/**
 * Phase 1b. A promise is repeated when its prepare is, since the first one may have been lost; the repeated one tells
 * what was accepted since.
 */
export function onPrepare(state: PaxosState, from: NodeId, prepare: Prepare): PaxosStep {
  const { promised, accepted } = state.durable;
  if (promised !== null && compareBallots(prepare.ballot, promised) < 0) {
    return { state, effects: [send(from, { type: "rejected", ballot: prepare.ballot, promised }, "now")] };
  }
  const repeated = compareBallots(prepare.ballot, promised) === 0;
  return {
    state: repeated ? state : withDurable(state, { ...state.durable, promised: prepare.ballot }),
    effects: [send(from, { type: "promise", ballot: prepare.ballot, accepted })],
  };
}

/**
 * Phase 2b. Accepting is also a promise. Every learner is told, and told again when the accept is repeated, since the
 * first telling may have been lost.
 */
export function onAccept(config: Config, state: PaxosState, from: NodeId, accept: Accept): PaxosStep {
  const { promised, accepted } = state.durable;
  if (promised !== null && compareBallots(accept.ballot, promised) < 0) {
    return { state, effects: [send(from, { type: "rejected", ballot: accept.ballot, promised }, "now")] };
  }
  if (accepted !== null && compareBallots(accept.ballot, accepted.ballot) === 0) {
    return { state, effects: sendToAll(config.learners, { type: "accepted", ...accepted }) };
  }
  const { ballot, value } = accept;
  return {
    state: withDurable(state, { ...state.durable, promised: ballot, accepted: { ballot, value } }),
    effects: sendToAll(config.learners, { type: "accepted", ballot, value }),
  };
}

function withDurable(state: PaxosState, durable: Durable): PaxosState {
  return { ...state, durable };
}
