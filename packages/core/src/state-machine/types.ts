import type { Plain } from "../plain.ts";
import type { Signature } from "../protocol.ts";
import type { OutputBeyond, Refused, RequestBeyond } from "../total-order/index.ts";
import type { MachineSignature } from "./machine.ts";

/** Apply `commands` at every node, one after the other and in this order. They are taken all or refused all. */
export type Submit<M extends MachineSignature> = {
  readonly type: "broadcast";
  readonly commands: readonly M["command"][];
};

/**
 * Answer `query` from a state that has seen every command that any node had applied before. `id` is the client's own, and
 * new each time, as that of the protocol's `Read` is.
 */
export type Query<M extends MachineSignature> = {
  readonly type: "read";
  readonly id: Plain;
  readonly query: M["query"];
};

/** Let a snapshot of the machine's state stand for the commands applied so far, so that they can be forgotten. */
export type SnapshotRequest = { readonly type: "snapshot" };

/**
 * The same for the commands up to an earlier state, which this node had in this life and the surroundings have kept: those
 * after it stay in the log, for the nodes that lack a few, and need no snapshot then.
 */
export type EarlierSnapshotRequest<M extends MachineSignature> = {
  readonly type: "earlierSnapshot";
  readonly replica: Replica<M>;
};

/**
 * This node has applied `command`. Every node says so, once in each of its lives at most: a node that has a client waiting
 * for this command now has the answer, and one that has none can let it pass.
 */
export type Applied<M extends MachineSignature> = {
  readonly type: "applied";
  readonly index: number;
  readonly command: M["command"];
  readonly result: M["result"];
};

/** What was delivered is no command of the machine, and was passed over. */
export type UnknownCommand = { readonly type: "unknown"; readonly index: number; readonly command: Plain };

/** A snapshot took the place of the machine's state: commands up to `index` that were not applied here won't be. */
export type Restored = { readonly type: "restored"; readonly index: number };

/** The answer to the read `id`. */
export type Answer<M extends MachineSignature> = {
  readonly type: "answer";
  readonly id: Plain;
  readonly answer: M["answer"];
};

/**
 * What a node keeps of the machine. `applied` is the index of the last command that `state` has seen. After a restart both
 * are built again from the snapshot and what is delivered after it.
 */
export type Replica<M extends MachineSignature> = { readonly applied: number; readonly state: M["state"] };

/** A protocol S that replicates a state machine M. */
export interface Replicated<S extends Signature, M extends MachineSignature> extends Signature {
  readonly config: S["config"];
  readonly durable: S["durable"];
  readonly volatile: Replica<M> & { readonly protocol: S["volatile"] };
  readonly message: S["message"];
  readonly timer: S["timer"];
  readonly request: Submit<M> | Query<M> | SnapshotRequest | EarlierSnapshotRequest<M> | RequestBeyond<S>;
  readonly output: Applied<M> | UnknownCommand | Restored | Answer<M> | Refused | OutputBeyond<S>;
}
