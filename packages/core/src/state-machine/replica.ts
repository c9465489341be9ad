/**
 * The replica: a node's own copy of the machine, which does what the total order says. Schneider (1990), "Fault-Tolerant State Machines".
 */

import { invariant } from "../assert.ts";
import type { Plain } from "../plain.ts";
import type { Compact, Deliver, Read, Readable, Refused, Restore, TotalOrderOutput } from "../total-order/index.ts";
import type { MachineSignature, StateMachine } from "./machine.ts";
import { isRecord } from "./record.ts";
import type { Answer, Applied, Query, Replica, Restored, UnknownCommand } from "./types.ts";

/** The query is part of the read's id, and comes back with it. */
export function readOf<M extends MachineSignature>({ id, query }: Query<M>): Read {
  return { type: "read", id: { id, query } };
}

/** What `readOf` made a read's id of, or null if it is not of its making. */
function madeRead(made: Plain): { readonly id: Plain; readonly query: Plain } | null {
  if (!isRecord(made)) return null;
  const { id, query } = made;
  return id === undefined || query === undefined ? null : { id, query };
}

export function compactOf<M extends MachineSignature>(machine: StateMachine<M>, replica: Replica<M>): Compact {
  return { type: "compact", index: replica.applied, chunks: machine.toChunks(replica.state) };
}

type ReplicaStep<M extends MachineSignature> = {
  readonly replica: Replica<M>;
  readonly output: Applied<M> | UnknownCommand | Restored | Answer<M> | Refused | null;
};

/** What the replica makes of one output of the protocol, and what it says in its place. */
export function onOutput<M extends MachineSignature>(
  machine: StateMachine<M>,
  replica: Replica<M>,
  output: TotalOrderOutput,
): ReplicaStep<M> {
  switch (output.type) {
    case "deliver":
      return onDeliver(machine, replica, output);
    case "restore":
      return onRestore(machine, replica, output);
    case "readable":
      return onReadable(machine, replica, output);
    case "refused":
      return { replica, output: onRefused(output) };
  }
}

function onDeliver<M extends MachineSignature>(
  machine: StateMachine<M>,
  { applied, state }: Replica<M>,
  { index, command }: Deliver,
): ReplicaStep<M> {
  invariant(index > applied, "a node delivers in the order of the indexes", { index, applied });
  if (!machine.isCommand(command)) {
    return { replica: { applied: index, state }, output: { type: "unknown", index, command } };
  }
  const after = machine.apply(state, command, index);
  return {
    replica: { applied: index, state: after.state },
    output: { type: "applied", index, command, result: after.result },
  };
}

function onRestore<M extends MachineSignature>(
  machine: StateMachine<M>,
  { applied }: Replica<M>,
  { index, chunks }: Restore,
): ReplicaStep<M> {
  invariant(index > applied, "a snapshot takes a node forward", { index, applied });
  return { replica: { applied: index, state: machine.fromChunks(chunks) }, output: { type: "restored", index } };
}

/** All that the answer has to see has been delivered, and so applied. A read that this replica did not make is not its. */
function onReadable<M extends MachineSignature>(
  machine: StateMachine<M>,
  replica: Replica<M>,
  readable: Readable,
): ReplicaStep<M> {
  const read = madeRead(readable.id);
  if (read === null || !machine.isQuery(read.query)) return { replica, output: null };
  return { replica, output: { type: "answer", id: read.id, answer: machine.read(replica.state, read.query) } };
}

/** The client gets its own request back, where the protocol was given another in its place. */
function onRefused(refused: Refused): Refused {
  const { request } = refused;
  if (request.type === "compact") return { ...refused, request: { type: "snapshot" } };
  const read = request.type === "read" && "id" in request ? madeRead(request.id) : null;
  return read === null ? refused : { ...refused, request: { type: "read", ...read } };
}
