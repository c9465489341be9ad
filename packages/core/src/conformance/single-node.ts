/**
 * A toy with the face of total order broadcast: one node, whose order is its log. Nothing in it is hard but to keep the
 * promises of the face, which is what those who build on the face are tested with.
 */

import { append, dropThrough, emptyLog, lastIndex, slice } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import type { NodeId, Protocol, State, Step } from "../protocol.ts";
import type { Broadcast, Compact, Deliver, Read, TotalOrder, TotalOrderRequest } from "../total-order/index.ts";

/** An entry is a command, or what each life of the node begins with and nobody is delivered. */
type Entry = { readonly type: "command"; readonly command: Plain } | { readonly type: "noop" };

export interface SingleNode extends TotalOrder {
  readonly config: { readonly self: NodeId };
  readonly durable: {
    readonly log: Log<Entry>;
    readonly snapshot: { readonly index: number; readonly chunks: readonly Plain[] } | null;
  };
  /** How much of the log the disk holds. */
  readonly volatile: { readonly persisted: number };
  /** Nobody is there to send it, and it means nothing. */
  readonly message: { readonly type: "hello" };
  readonly timer: never;
}

/** How many entries the log can hold until it has to be compacted. */
export const LENGTH_MAX = 8;

export const singleNode: Protocol<SingleNode> = {
  name: "single node",

  initial() {
    return { log: emptyLog(), snapshot: null };
  },

  /** All that is left of the life before is delivered once more, with an index left out at the end. */
  start(_config, { log, snapshot }) {
    const restores = snapshot === null ? [] : [{ type: "output", output: { type: "restore", ...snapshot } } as const];
    const durable = { log: append(log, [{ type: "noop" }]), snapshot };
    return {
      state: { durable, volatile: { persisted: lastIndex(log) } },
      effects: [...restores, ...deliveries(log, log.before)],
    };
  },

  step(_config, state, input) {
    switch (input.type) {
      case "request":
        return onRequest(state, input.request);
      case "persisted":
        return onPersisted(state, lastIndex(input.durable.log));
      case "receive":
      case "timeout":
        return { state, effects: [] };
    }
  },
};

function onRequest(state: State<SingleNode>, request: TotalOrderRequest): Step<SingleNode> {
  switch (request.type) {
    case "broadcast":
      return onBroadcast(state, request);
    case "read":
      return onRead(state, request);
    case "compact":
      return onCompact(state, request);
  }
}

function onBroadcast(state: State<SingleNode>, request: Broadcast): Step<SingleNode> {
  const { log, snapshot } = state.durable;
  const { commands } = request;
  if (commands.length === 0) return { state, effects: [] };
  if (lastIndex(log) + commands.length > log.before + LENGTH_MAX) return refused(state, request, "full");
  const entries = commands.map((command): Entry => ({ type: "command", command }));
  return { state: { ...state, durable: { log: append(log, entries), snapshot } }, effects: [] };
}

/** What nobody was delivered yet need not be seen. */
function onRead(state: State<SingleNode>, { id }: Read): Step<SingleNode> {
  const { persisted } = state.volatile;
  return { state, effects: [{ type: "output", output: { type: "readable", id, index: persisted } }] };
}

function onCompact(state: State<SingleNode>, request: Compact): Step<SingleNode> {
  const { index, chunks } = request;
  if (index > state.volatile.persisted) return refused(state, request, "notDelivered");
  if (index <= state.durable.log.before) return refused(state, request, "alreadyCompacted");
  const durable = { log: dropThrough(state.durable.log, index), snapshot: { index, chunks } };
  return { state: { ...state, durable }, effects: [] };
}

/** The order is decided once it is on disk. */
function onPersisted(state: State<SingleNode>, persisted: number): Step<SingleNode> {
  if (persisted <= state.volatile.persisted) return { state, effects: [] };
  return {
    state: { ...state, volatile: { persisted } },
    effects: deliveries(state.durable.log, state.volatile.persisted).filter(({ output }) => output.index <= persisted),
  };
}

function refused(state: State<SingleNode>, request: TotalOrderRequest, reason: string): Step<SingleNode> {
  return { state, effects: [{ type: "output", output: { type: "refused", request, reason, leader: null } }] };
}

function deliveries(log: Log<Entry>, after: number): readonly { readonly type: "output"; readonly output: Deliver }[] {
  return slice(log, after + 1, lastIndex(log)).flatMap((entry, at) =>
    entry.type === "noop"
      ? []
      : [{ type: "output", output: { type: "deliver", index: after + 1 + at, command: entry.command } } as const],
  );
}
