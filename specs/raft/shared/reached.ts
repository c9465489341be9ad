/** What has come about in a run, for properties that show that a model reaches what it is about. */

import { isEqual } from "@quorate/checker";
import type { Collection, NodeView } from "@quorate/checker";
import { log } from "@quorate/core";
import type { NodeId, Raft } from "@quorate/core";
import type { CommitHistory } from "./commitments.ts";
import type { LeaderHistory } from "./leaders.ts";
import { durableOf, entriesOf } from "./logs.ts";

/** The terms of which a node's log has entries. */
export type LoggedTerms = { readonly id: NodeId; readonly terms: readonly number[] };

export function loggedTermsOf(node: NodeView<Raft>): LoggedTerms {
  return { id: node.id, terms: [...new Set(entriesOf(durableOf(node).log).map(({ entry }) => entry.term))] };
}

/** Whether a node that has led a term has no entry of it any more, where logs forget nothing and disks keep up. */
export function isReplaced(leaders: LeaderHistory, logs: readonly LoggedTerms[]): boolean {
  return leaders.some(({ term, node }) => logs.some(({ id, terms }) => id === node && !terms.includes(term)));
}

/** Whether a leader sends a follower what came before its term. */
export function hasBackedUp({ state }: NodeView<Raft>): boolean {
  const role = state?.volatile.role;
  if (state === null || role?.type !== "leader") return false;
  const { term, log: held } = state.durable;
  const own = entriesOf(held).find(({ entry }) => entry.term === term);
  return own !== undefined && role.progress.some((of) => of.type === "probe" && of.next < own.index);
}

/** Whether `commands` are committed, all of them, in that order, and no others. */
export function areCommitted(history: CommitHistory, commands: readonly string[]): boolean {
  const committed = history.flatMap(({ entry }) => (entry.type === "command" ? [entry.command] : []));
  return isEqual(committed, commands);
}

/** Whether the node of that name is down. */
export function isDown(nodes: Collection<NodeView<Raft>>, name: NodeId | undefined): boolean {
  return nodes.some(({ id, up }) => id === name && !up);
}

/** Whether a leader has committed what its own disk lacks. */
export function commitsBeforeWriting({ state, disk }: NodeView<Raft>): boolean {
  return state?.volatile.role.type === "leader" && state.volatile.commitIndex > log.lastIndex(disk.log);
}
