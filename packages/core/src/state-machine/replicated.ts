/**
 * State machine replication: every node applies the commands that a total order broadcast protocol delivers, in the order
 * of delivery, to a state machine of its own. Schneider (1990), "Fault-Tolerant State Machines": every replica gets every
 * command (agreement), in the same order (order).
 *
 * What is done with a delivery is in `replica.ts`. Here the replica is put between the protocol and its surroundings: what
 * is asked goes in by `innerInput`, what the protocol says comes out by `absorb`.
 */

import type { Effect, Input, Protocol, Signature, State, Step } from "../protocol.ts";
import { isTotalOrderOutput } from "../total-order/index.ts";
import type { TotalOrderView, TotalOrderProtocol } from "../total-order/index.ts";
import type { MachineSignature, StateMachine } from "./machine.ts";
import { compactOf, onOutput, readOf } from "./replica.ts";
import type { EarlierSnapshotRequest, Query, Replica, Replicated, SnapshotRequest, Submit } from "./types.ts";

/**
 * The protocol in which every node applies to `machine` what `protocol` delivers to it.
 *
 * The replica adds the machine's state to the protocol's, and nothing else. Who waits for which command is the shell's to
 * know, and which query belongs to a read travels with the read; so nothing has to be forgotten when an answer is lost.
 */
export function replicated<S extends Signature, M extends MachineSignature>(
  protocol: TotalOrderProtocol<S>,
  machine: StateMachine<M>,
): Protocol<Replicated<S, M>> {
  return {
    name: `replicated ${protocol.name}`,

    initial(config) {
      return protocol.initial(config);
    },

    start(config, durable) {
      const { state, effects } = protocol.start(config, durable);
      const { replica, effects: absorbed } = absorb<S, M>(machine, { applied: 0, state: machine.initial }, effects);
      return {
        state: { durable: state.durable, volatile: { ...replica, protocol: state.volatile } },
        effects: absorbed,
      };
    },

    step(config, state, input) {
      const inner: State<S> = { durable: state.durable, volatile: state.volatile.protocol };
      const step = protocol.step(config, inner, innerInput<S, M>(machine, state.volatile, input));
      return settle<S, M>(state, step.state, absorb<S, M>(machine, state.volatile, step.effects));
    },
  };
}

/** What the protocol is given for `input`. */
function innerInput<S extends Signature, M extends MachineSignature>(
  machine: StateMachine<M>,
  replica: Replica<M>,
  input: Input<Replicated<S, M>>,
): Input<TotalOrderView<S>> {
  if (input.type !== "request") return input;
  const { request } = input;
  if (!isOwn<S, M>(request)) return { type: "request", request };
  switch (request.type) {
    case "broadcast":
      return { type: "request", request };
    case "read":
      return { type: "request", request: readOf(request) };
    case "snapshot":
      return { type: "request", request: compactOf(machine, replica) };
    case "earlierSnapshot":
      return { type: "request", request: compactOf(machine, request.replica) };
  }
}

function isOwn<S extends Signature, M extends MachineSignature>(
  request: Replicated<S, M>["request"],
): request is Submit<M> | Query<M> | SnapshotRequest | EarlierSnapshotRequest<M> {
  return Object.hasOwn(OWN_TYPES, request.type);
}

const OWN_TYPES = { broadcast: true, read: true, snapshot: true, earlierSnapshot: true };

type Absorbed<S extends Signature, M extends MachineSignature> = {
  readonly replica: Replica<M>;
  readonly effects: readonly Effect<Replicated<S, M>>[];
};

/** The replica after what the protocol said in `effects`, and what it says instead. All other effects stay as they are. */
function absorb<S extends Signature, M extends MachineSignature>(
  machine: StateMachine<M>,
  before: Replica<M>,
  effects: readonly Effect<TotalOrderView<S>>[],
): Absorbed<S, M> {
  let replica = before;
  const absorbed = effects.flatMap((effect): readonly Effect<Replicated<S, M>>[] => {
    if (effect.type !== "output") return [effect];
    const { output } = effect;
    if (!isTotalOrderOutput(output)) return [{ type: "output", output }];
    const after = onOutput(machine, replica, output);
    replica = after.replica;
    return after.output === null ? [] : [{ type: "output", output: after.output }];
  });
  return { replica, effects: absorbed };
}

/** `before` with what the protocol and the replica became: itself if neither changed. */
function settle<S extends Signature, M extends MachineSignature>(
  before: State<Replicated<S, M>>,
  { durable, volatile: protocol }: State<TotalOrderView<S>>,
  { replica, effects }: Absorbed<S, M>,
): Step<Replicated<S, M>> {
  const isSame = durable === before.durable && protocol === before.volatile.protocol && replica === before.volatile;
  if (isSame) return { state: before, effects };
  const { applied, state } = replica;
  return { state: { durable, volatile: { applied, state, protocol } }, effects };
}
