/**
 * A server of a register that can be written once, by single-decree Paxos as Stateright's example has it: the server
 * that a client writes to becomes a leader, and the first value that a majority accepts is the register's for ever.
 *
 * Each server plays all the roles. What a server would send to itself it does at once.
 */

import { InvariantViolation } from "@quorate/core";
import type { NodeId, Protocol } from "@quorate/core";
import { protocolOf, send } from "../register/actor.ts";
import type { Reaction } from "../register/actor.ts";
import type { Get, Put } from "../register/messages.ts";
import { broadcast, majority } from "../register/server.ts";
import type { ServerConfig } from "../register/server.ts";
import { compareAccepted, compareBallots } from "./order.ts";
import type {
  Accept,
  Accepted,
  AcceptedProposal,
  Decided,
  PaxosServer,
  PaxosState,
  Prepare,
  Prepared,
} from "./types.ts";

export const paxosServer: Protocol<PaxosServer> = protocolOf<PaxosServer>({
  name: "paxos register",

  start: ({ self }) => ({
    state: {
      ballot: { round: 0, node: self },
      proposal: null,
      prepares: {},
      accepts: [],
      accepted: null,
      decided: false,
    },
    sends: [],
  }),

  receive(config, state, from, message) {
    if (state.decided) return message.type === "get" ? onGet(state, from, message) : unchanged(state);
    switch (message.type) {
      case "put":
        return onPut(config, state, from, message);
      case "prepare":
        return onPrepare(state, from, message);
      case "prepared":
        return onPrepared(config, state, from, message);
      case "accept":
        return onAccept(state, from, message);
      case "accepted":
        return onAccepted(config, state, from, message);
      case "decided":
        return onDecided(state, message);
      case "get":
      case "putOk":
      case "getOk":
        return unchanged(state);
    }
  },
});

/** Only a server that knows the decision answers a read: another can't know that there is none. */
function onGet(state: PaxosState, from: NodeId, { request }: Get): Reaction<PaxosServer> {
  const { accepted } = state;
  if (accepted === null) throw new InvariantViolation("a server that knows the decision has accepted it");
  return { state, sends: [send(from, { type: "getOk", request, value: accepted.proposal.value })] };
}

/** A server leads for the first client that asks it, once. */
function onPut(config: ServerConfig, state: PaxosState, from: NodeId, { request, value }: Put): Reaction<PaxosServer> {
  if (state.proposal !== null) return unchanged(state);
  const ballot = { round: state.ballot.round + 1, node: config.self };
  return {
    state: {
      ...state,
      ballot,
      proposal: { request, requester: from, value },
      prepares: { [config.self]: state.accepted },
      accepts: [],
    },
    sends: broadcast<PaxosServer>(config, { type: "prepare", ballot }),
  };
}

function onPrepare(state: PaxosState, from: NodeId, { ballot }: Prepare): Reaction<PaxosServer> {
  if (compareBallots(state.ballot, ballot) >= 0) return unchanged(state);
  return {
    state: { ...state, ballot },
    sends: [send(from, { type: "prepared", ballot, lastAccepted: state.accepted })],
  };
}

/** With a majority prepared, the leader has the latest of what they accepted to propose, or its client's value. */
function onPrepared(config: ServerConfig, state: PaxosState, from: NodeId, message: Prepared): Reaction<PaxosServer> {
  const { ballot } = message;
  if (compareBallots(ballot, state.ballot) !== 0) return unchanged(state);
  const prepares = { ...state.prepares, [from]: message.lastAccepted };
  const answers = Object.values(prepares);
  if (answers.length !== majority(config)) return { state: { ...state, prepares }, sends: [] };
  const latest = answers.reduce((a, b) => (compareAccepted(a, b) < 0 ? b : a), null);
  const proposal = latest?.proposal ?? state.proposal;
  if (proposal === null) throw new InvariantViolation("a leader has a proposal");
  const accepted: AcceptedProposal = { ballot, proposal };
  return {
    state: { ...state, prepares, proposal, accepted, accepts: withServer(state.accepts, config.self) },
    sends: broadcast<PaxosServer>(config, { type: "accept", ballot, proposal }),
  };
}

function onAccept(state: PaxosState, from: NodeId, { ballot, proposal }: Accept): Reaction<PaxosServer> {
  if (compareBallots(state.ballot, ballot) > 0) return unchanged(state);
  return {
    state: { ...state, ballot, accepted: { ballot, proposal } },
    sends: [send(from, { type: "accepted", ballot })],
  };
}

/** With a majority of accepts the proposal is decided, whether it is the leader's own client's or an earlier one. */
function onAccepted(
  config: ServerConfig,
  state: PaxosState,
  from: NodeId,
  { ballot }: Accepted,
): Reaction<PaxosServer> {
  if (compareBallots(ballot, state.ballot) !== 0) return unchanged(state);
  const { proposal } = state;
  const accepts = withServer(state.accepts, from);
  if (accepts.length !== majority(config)) return { state: { ...state, accepts }, sends: [] };
  if (proposal === null) throw new InvariantViolation("a leader has a proposal");
  return {
    state: { ...state, accepts, decided: true },
    sends: [
      ...broadcast<PaxosServer>(config, { type: "decided", ballot, proposal }),
      send(proposal.requester, { type: "putOk", request: proposal.request }),
    ],
  };
}

function onDecided(state: PaxosState, { ballot, proposal }: Decided): Reaction<PaxosServer> {
  return { state: { ...state, ballot, accepted: { ballot, proposal }, decided: true }, sends: [] };
}

function unchanged(state: PaxosState): Reaction<PaxosServer> {
  return { state, sends: [] };
}

/** `servers` with `server`, in the order of their names. */
function withServer(servers: readonly NodeId[], server: NodeId): readonly NodeId[] {
  return servers.includes(server) ? servers : [...servers, server].sort();
}
