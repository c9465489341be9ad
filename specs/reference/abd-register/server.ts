/**
 * A server of the register of Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems" (1995),
 * for several writers: every operation first queries a majority for the latest value, then records a value at a
 * majority. Readers record too, so that a value which was read once is not missed by a later read.
 */

import type { NodeId, Protocol } from "@quorate/core";
import { protocolOf, send } from "../register/actor.ts";
import type { Reaction } from "../register/actor.ts";
import type { Get, Put, RegisterMessage, RequestId, Value } from "../register/messages.ts";
import { broadcast, majority } from "../register/server.ts";
import type { ServerConfig, ServerSignature } from "../register/server.ts";

/** The version of a value: versions of one clock are ordered by the server that made them. */
type Sequencer = { readonly clock: number; readonly node: NodeId };

type Query = { readonly type: "query"; readonly request: RequestId };
type AckQuery = {
  readonly type: "ackQuery";
  readonly request: RequestId;
  readonly sequencer: Sequencer;
  readonly value: Value;
};
type Record = {
  readonly type: "record";
  readonly request: RequestId;
  readonly sequencer: Sequencer;
  readonly value: Value;
};
type AckRecord = { readonly type: "ackRecord"; readonly request: RequestId };

type Versioned = { readonly sequencer: Sequencer; readonly value: Value };

/** The operation that the server performs for a client. It performs one at a time and ignores requests meanwhile. */
type Phase =
  | { readonly type: "idle" }
  | {
      readonly type: "querying";
      readonly request: RequestId;
      readonly requester: NodeId;
      readonly operation: { readonly type: "write"; readonly value: string } | { readonly type: "read" };
      readonly responses: { readonly [server: string]: Versioned };
    }
  | {
      readonly type: "recording";
      readonly request: RequestId;
      readonly requester: NodeId;
      readonly operation: { readonly type: "write" } | { readonly type: "read"; readonly value: Value };
      /** The servers that have recorded, in the order of their names. */
      readonly acks: readonly NodeId[];
    };

type AbdState = Versioned & { readonly phase: Phase };

interface Abd extends ServerSignature {
  readonly volatile: AbdState;
  readonly message: RegisterMessage | Query | AckQuery | Record | AckRecord;
}

export const abdServer: Protocol<Abd> = protocolOf<Abd>({
  name: "ABD register",

  start: ({ self }) => ({
    state: { sequencer: { clock: 0, node: self }, value: null, phase: { type: "idle" } },
    sends: [],
  }),

  receive(config, state, from, message) {
    switch (message.type) {
      case "put":
      case "get":
        return onRequest(config, state, from, message);
      case "query":
        return onQuery(state, from, message);
      case "ackQuery":
        return onAckQuery(config, state, from, message);
      case "record":
        return onRecord(state, from, message);
      case "ackRecord":
        return onAckRecord(config, state, from, message);
      case "putOk":
      case "getOk":
        return { state, sends: [] };
    }
  },
});

function onRequest(config: ServerConfig, state: AbdState, from: NodeId, message: Put | Get): Reaction<Abd> {
  if (state.phase.type !== "idle") return { state, sends: [] };
  const { request } = message;
  const { sequencer, value } = state;
  const phase: Phase = {
    type: "querying",
    request,
    requester: from,
    operation: message.type === "put" ? { type: "write", value: message.value } : { type: "read" },
    responses: { [config.self]: { sequencer, value } },
  };
  return { state: { ...state, phase }, sends: broadcast<Abd>(config, { type: "query", request }) };
}

function onQuery(state: AbdState, from: NodeId, { request }: Query): Reaction<Abd> {
  const { sequencer, value } = state;
  return { state, sends: [send(from, { type: "ackQuery", request, sequencer, value })] };
}

/** With answers from a majority, a write makes a version above all of them, and a read takes the latest. */
function onAckQuery(config: ServerConfig, state: AbdState, from: NodeId, message: AckQuery): Reaction<Abd> {
  const { phase } = state;
  if (phase.type !== "querying" || phase.request !== message.request) return { state, sends: [] };
  const { request, requester, operation } = phase;
  const responses = { ...phase.responses, [from]: { sequencer: message.sequencer, value: message.value } };
  if (Object.keys(responses).length !== majority(config)) {
    return { state: { ...state, phase: { ...phase, responses } }, sends: [] };
  }
  const latest = Object.values(responses).reduce(later);
  const chosen: Versioned =
    operation.type === "write"
      ? { sequencer: { clock: latest.sequencer.clock + 1, node: config.self }, value: operation.value }
      : latest;
  const recording: Phase = {
    type: "recording",
    request,
    requester,
    operation: operation.type === "write" ? { type: "write" } : { type: "read", value: latest.value },
    acks: [config.self],
  };
  return {
    state: { ...later(state, chosen), phase: recording },
    sends: broadcast<Abd>(config, { type: "record", request, ...chosen }),
  };
}

function onRecord(state: AbdState, from: NodeId, { request, sequencer, value }: Record): Reaction<Abd> {
  const sends = [send<Abd>(from, { type: "ackRecord", request })];
  if (compareSequencers(sequencer, state.sequencer) <= 0) return { state, sends };
  return { state: { ...state, sequencer, value }, sends };
}

function onAckRecord(config: ServerConfig, state: AbdState, from: NodeId, message: AckRecord): Reaction<Abd> {
  const { phase } = state;
  if (phase.type !== "recording" || phase.request !== message.request) return { state, sends: [] };
  if (phase.acks.includes(from)) return { state, sends: [] };
  const { request, requester, operation } = phase;
  const acks = [...phase.acks, from].sort();
  if (acks.length !== majority(config)) return { state: { ...state, phase: { ...phase, acks } }, sends: [] };
  const answer: RegisterMessage =
    operation.type === "read" ? { type: "getOk", request, value: operation.value } : { type: "putOk", request };
  return { state: { ...state, phase: { type: "idle" } }, sends: [send(requester, answer)] };
}

/** The later of two versions. */
function later(a: Versioned, b: Versioned): Versioned {
  return compareSequencers(a.sequencer, b.sequencer) < 0 ? b : a;
}

function compareSequencers(a: Sequencer, b: Sequencer): number {
  if (a.clock !== b.clock) return a.clock - b.clock;
  if (a.node === b.node) return 0;
  return a.node < b.node ? -1 : 1;
}
