export { InvariantViolation } from "./assert.ts";
export type { Plain } from "./plain.ts";
export { nodeId } from "./protocol.ts";
export type {
  ClearTimer,
  Effect,
  Input,
  NodeId,
  Output,
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
