/** State machine replication over any total order broadcast protocol, and sessions that apply a command once. */

export type { Application, MachineSignature, StateMachine } from "./machine.ts";
export { isRecord } from "./record.ts";
export { replicated } from "./replicated.ts";
export type { Remembered, Session } from "./session.ts";
export { sessions } from "./sessions.ts";
export type { Invoke, Register, SessionResult, SessionState, WithSessions } from "./sessions.ts";
export type {
  Answer,
  Applied,
  EarlierSnapshotRequest,
  Query,
  Replica,
  Replicated,
  Restored,
  SnapshotRequest,
  Submit,
  UnknownCommand,
} from "./types.ts";
