export { InvariantViolation } from "./assert.ts";
export type { Plain } from "./plain.ts";
export { nodeId } from "./protocol.ts";
export type {
  ClearTimer,
  Effect,
  Input,
  NodeId,
  Output,
  Persisted,
  Protocol,
  Receive,
  Request,
  Send,
  SetTimer,
  Signature,
  State,
  Step,
  Timeout,
} from "./protocol.ts";
export { alwaysMeet, isQuorum, majorities, quorumSystemFault } from "./quorum/quorum.ts";
export type { Quorums, QuorumSystem } from "./quorum/quorum.ts";
export * from "./paxos/index.ts";
// Raft's messages and roles keep the names of its paper. Another protocol with the same name for something of its own is an
// error of the compiler here; then both get the protocol's name before theirs, as `isRaftQuorum` has.
export * from "./raft/index.ts";
export * from "./total-order/index.ts";
export * from "./state-machine/index.ts";
export * as log from "./log/index.ts";
export type { Log } from "./log/index.ts";
