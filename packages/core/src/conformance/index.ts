/**
 * The conformance suite: the laws that every protocol keeps, and the cluster in memory that its random runs use.
 */

export { Cluster, NeverSettled } from "./cluster.ts";
export type { Calls, Envelope, Member, Node, NodeOutput, Persistence } from "./cluster.ts";
export { conformance } from "./conformance.ts";
export type { Check, Subject } from "./conformance.ts";
export { arbitraryAction, arbitrarySchedule, perform } from "./schedule.ts";
export type { Action } from "./schedule.ts";
